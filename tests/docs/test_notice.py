"""NOTICE names what is installed under licences that ask for more than MIT, BSD and Apache do."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTICE = (ROOT / "NOTICE").read_text()
NAMES = re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
OTHERS = re.compile(r"GPL|MPL|PSF|Mozilla|EPL|CDDL|EUPL")


def licence(name: str) -> str:
    """Return what a package says of its licence, in one line."""
    try:
        said = metadata(name)
    except PackageNotFoundError:  # for another system or Python
        return ""
    classified = [text for text in said.get_all("Classifier") or [] if text.startswith("License")]
    named = [*(said.get_all("License-Expression") or []), *(text[:80] for text in said.get_all("License") or [])]
    return " ".join([*named, *classified])


@pytest.mark.parametrize("name", NAMES)
def test_packages_under_other_licences_than_mit_bsd_and_apache_are_named(name: str) -> None:
    if OTHERS.search(licence(name)):
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", NOTICE)
