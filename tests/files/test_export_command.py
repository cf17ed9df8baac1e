"""`manage.py export`: the API's export as a file, which is there when it is whole."""

import gzip
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from tenants.exports import pages
from tenants.models import AuditEvent, AuditKind
from tests.conftest import Partner
from tests.files.test_exports import taken

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(partner: Partner) -> Partner:
    partner.save("customers", *({"CustomerId": f"{n:03}", "Name": "=1"} for n in range(20)))
    return partner


def run(*words: str, **options: Any) -> str:
    """Run the command, and return what it says."""
    said = StringIO()
    call_command("export", *words, stderr=said, **options)
    return said.getvalue()


def test_a_file_holds_what_the_api_answers(shop: Partner, tmp_path: Path) -> None:
    for name, query in [("a.ndjson", {}), ("a.csv", {"format": "csv"})]:
        said = run(shop.slug, "customers", str(tmp_path / name))

        assert (tmp_path / name).read_bytes() == taken(shop, "customers", **query)
        assert said.strip() == f"20 customers of {shop.tenant}; the feed goes on after number 1."
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.ndjson"]


def test_a_packed_file_holds_the_same(shop: Partner, tmp_path: Path) -> None:
    run(shop.id, "customers", str(tmp_path / "a.csv.gz"))

    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == taken(shop, "customers", format="csv")


def test_a_pipe_takes_it(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(pipe))

    run(shop.slug, "customers", "--format", "csv", "--escape-formulas")

    assert pipe.getvalue() == taken(shop, "customers", format="csv", escapeFormulas="true")


def test_what_breaks_off_leaves_the_file_that_was_there(
    shop: Partner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.ndjson"
    file.write_text("before")
    for error, ends_in in [(OperationalError("gone"), CommandError), (KeyboardInterrupt(), SystemExit)]:
        monkeypatch.setattr(pages, "WAITS", ())
        monkeypatch.setattr(pages, "_page", lambda *_, error=error: (_ for _ in ()).throw(error))

        with pytest.raises(ends_in) as raised:
            run(shop.slug, "customers", str(file))

        assert getattr(raised.value, "code", 130) == 130
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.ndjson", "before")]
    assert [event.details[-1] for event in AuditEvent.objects.filter(kind=AuditKind.EXPORTED)] == ["broken off"] * 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody", "customers"], "There is no tenant 'nobody'."),
        (["{slug}", "people"], "invalid choice: 'people'"),
        (["{slug}", "customers", "/nowhere/a.csv"], "The export was not finished:"),
    ],
)
def test_what_can_not_be_done_is_said(shop: Partner, words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*(word.format(slug=shop.slug) for word in words))
