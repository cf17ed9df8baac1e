"""The pages name files and folders that exist, and the README's tree every room."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page for folder in (".", "docs", "benchmarks/results", "tests/*") for page in ROOT.glob(f"{folder}/*.md")
)
NAMED = re.compile(r"(?:hub|tenants|customers|orders|products|tests|benchmarks|docs)/[\w./-]+")


def named(text: str) -> list[str]:
    """Return the paths that stand in backticks, from the root."""
    return [word for code in re.findall("`([^`\n]+)`", text) for word in code.split() if NAMED.fullmatch(word)]


def linked(text: str) -> list[str]:
    """Return where links lead that stay in the repository, from the page's own folder."""
    return [target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_what_exists(page: Path) -> None:
    text = page.read_text()
    paths = [ROOT / name for name in named(text)] + [page.parent / target for target in linked(text)]

    assert [path for path in paths if not path.exists()] == []


def test_the_tree_names_every_room() -> None:
    tree = (ROOT / "README.md").read_text().partition("## The tree")[2]
    apps = re.findall(r"^(\w+)/.*\n((?:  .*\n)*)", tree, re.MULTILINE)
    shown = {f"{app}/{room}" for app, lines in apps for room in re.findall(r"^  (\w+)/", lines, re.MULTILINE)}

    files = [file for app in ("hub", "tenants", "customers") for file in (ROOT / app).glob("*/__init__.py")]
    assert shown == {str(file.parent.relative_to(ROOT)) for file in files if file.read_text().strip()}
