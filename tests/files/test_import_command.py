"""`manage.py import`: a file of records is stored from the command line, and what became of it is told."""

import gzip
import json
import os
import signal
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tenants.imports import store
from tenants.imports.storing import Store
from tenants.models import Changeset, Import, ImportMapping, ImportState
from tests.conftest import Partner
from tests.files.tables import as_csv

TABLE = as_csv([["Customer ID", "E-Mail", "Email Opt-in"], ["007", "Ada@Shop.Example", "ja"], ["8", "bo@x.yz", "nein"]])
SOME_WRONG = b"CustomerId,Email,Language\n1,a@b.cd,fi\n2,no address,fi\n3,c@b.cd,far too long a tag\n"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(partner: Partner, name: str, *words: str, entity: str = "customers") -> tuple[int, str]:
    """Run the command and return its exit code and what it says."""
    out = StringIO()
    try:
        call_command("import", partner.slug, entity, name, *words, stdout=out, stderr=out)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def saved(name: str, data: bytes) -> str:
    Path(name).write_bytes(data)
    return name


def ids(partner: Partner) -> set[str]:
    return {record["CustomerId"] for record in partner.read("customers")}


def test_a_table_is_stored_and_how_it_was_read_is_said(partner: Partner) -> None:
    code, said = run(partner, saved("c.csv", TABLE), "--reason", "first load")

    assert code == 0
    assert ids(partner) == {"007", "8"}
    assert "EmailOptin" in said
    assert "2 read, 2 created" in said
    job = Import.objects.get(tenant=partner.tenant)
    assert (job.state, job.file_name, job.has_file, job.actor) == ("finished", "c.csv", False, "manage.py import")
    changesets = Changeset.objects.filter(tenant=partner.tenant, trace_id=job.trace_id)
    assert [(each.source, each.reason) for each in changesets] == [("import", "first load")]


def test_a_packed_file_of_ndjson_is_stored(partner: Partner) -> None:
    lines = b"".join(json.dumps({"CustomerId": str(n)}).encode() + b"\n" for n in range(3))

    assert run(partner, saved("c.ndjson.gz", gzip.compress(lines)))[0] == 0
    assert ids(partner) == {"0", "1", "2"}


def test_standard_input_is_read(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(TABLE)))

    assert run(partner, "-")[0] == 0
    assert ids(partner) == {"007", "8"}


def test_what_is_imported_again_is_unchanged(partner: Partner) -> None:
    name = saved("c.csv", TABLE)
    run(partner, name)

    code, said = run(partner, name)

    assert code == 0
    assert "2 read, 2 unchanged" in said


def test_a_dry_run_stores_nothing_and_leaves_no_file(partner: Partner) -> None:
    code, said = run(partner, saved("c.csv", TABLE), "--dry-run")

    assert code == 0
    assert "2 created" in said
    assert "nothing was stored" in said
    assert ids(partner) == set()
    assert not Import.objects.get(tenant=partner.tenant).has_file


def test_rejected_rows_are_told_by_the_exit_code_and_written_where_they_are_wanted(partner: Partner) -> None:
    code, said = run(partner, saved("c.csv", SOME_WRONG), "--rejected", "wrong.csv")

    assert code == 1
    assert ids(partner) == {"1"}
    assert "2 rejected" in said
    assert "are in wrong.csv" in said
    wrong = Path("wrong.csv").read_text(encoding="utf-8-sig")
    assert "no address" in wrong
    assert "_errors" in wrong

    mended = wrong.replace("no address", "b@b.cd").replace("far too long a tag", "sv")
    assert run(partner, saved("mended.csv", mended.encode()))[0] == 0
    assert ids(partner) == {"1", "2", "3"}


def test_where_rejected_rows_are_found_is_said(partner: Partner) -> None:
    code, said = run(partner, saved("c.csv", SOME_WRONG))

    job = Import.objects.get(tenant=partner.tenant)
    assert code == 1
    assert f"/imports/{partner.id}/{job.pk}/rejected" in said


AMBIGUOUS = as_csv(
    [
        ["OrderId", "CustomerId", "Email", "OrderDate", "TotalRevenue", "ProductId", "Sku", "Quantity", "Price"],
        ["1", "C", "a@b.cd", "01/02/2024", "1.234", "P", "S", "1", "5"],
    ]
)


def test_what_could_mean_two_things_or_is_missing_is_asked_before_anything_is_stored(partner: Partner) -> None:
    name = saved("o.csv", AMBIGUOUS)

    code, said = run(partner, name, entity="orders")

    assert code == 2
    for wanted in ("--dates dmy or --dates mdy", "--decimal . or --decimal ,", "Currency", "--constant FIELD=TEXT"):
        assert wanted in said
    assert not Import.objects.filter(tenant=partner.tenant).exists()

    answers = ["--dates", "dmy", "--decimal", ",", "--constant", "Currency=EUR", "--time-zone", "Europe/Helsinki"]
    assert run(partner, name, *answers, entity="orders")[0] == 0
    (order,) = partner.read("orders")
    assert (order["OrderDate"], order["TotalRevenue"], order["Currency"]) == ("2024-01-31T22:00:00.000Z", 1234, "EUR")


def test_answers_are_remembered_for_the_next_file_with_the_same_headers(partner: Partner) -> None:
    answers = ["--dates", "dmy", "--decimal", ",", "--constant", "Currency=EUR"]
    run(partner, saved("o.csv", AMBIGUOUS), *answers, entity="orders")

    code, said = run(partner, "o.csv", entity="orders")

    assert (code, "1 read, 1 unchanged" in said) == (0, True)


def test_the_map_that_is_shown_is_the_map_that_is_read(partner: Partner) -> None:
    table = as_csv([["Kundennr.", "E-Mail", "Vorname", "Umsatz"], ["007", "a@b.cd", "Ada", "5"]])

    code, said = run(partner, saved("c.csv", table), "--show-map")

    assert code == 0
    shown: dict[str, Any] = json.loads(said)
    assert shown["mapping"] == {"Kundennr.": None, "E-Mail": "Email", "Vorname": None, "Umsatz": None}
    assert not Import.objects.filter(tenant=partner.tenant).exists()
    assert not ImportMapping.objects.filter(tenant=partner.tenant).exists()

    shown["mapping"] |= {"Kundennr.": "CustomerId", "Vorname": "Name"}
    Path("map.json").write_text(json.dumps(shown))
    assert run(partner, "c.csv", "--map", "map.json")[0] == 0
    (customer,) = partner.read("customers")
    assert (customer["CustomerId"], customer["Name"]) == ("007", "Ada")


WRONG = {
    "no file": (["gone.csv"], "gone.csv"),
    "a folder": (["."], "."),
    "an empty file": (["empty.csv"], "empty"),
    "no identifier": (["names.csv"], "No column of the table gives CustomerId or Email."),
    "a JSON array": (["array.json"], "NDJSON"),
    "an unknown option": (["c.csv", "--dates", "ydm"], "dates: Must be one of these"),
    "a constant without a value": (["c.csv", "--constant", "Language"], "FIELD=TEXT"),
    "a map that is no JSON": (["c.csv", "--map", "names.csv"], "not JSON"),
    "a map of an unknown field": (["c.csv", "--map", "map.json"], "There is no field 'Nonsense'"),
    "a map of another file": (["c.csv", "--map", "other.json"], "'Elsewhere'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_use_is_told_and_leaves_nothing_behind(partner: Partner, what: str) -> None:
    saved("c.csv", TABLE)
    saved("empty.csv", b"")
    saved("names.csv", b"Name,Shoe size\nAda,37\n")
    saved("array.json", b'[{"CustomerId": "1"}]')
    saved("map.json", b'{"mapping": {"E-Mail": "Nonsense"}}')
    saved("other.json", b'{"mapping": {"Elsewhere": "Email"}}')
    words, wanted = WRONG[what]

    code, said = run(partner, *words)

    assert code == 2
    assert wanted in said
    assert "Traceback" not in said
    assert not Import.objects.filter(tenant=partner.tenant).exists()


def test_a_tenant_that_there_is_not_is_told(partner: Partner) -> None:
    partner.tenant.slug = "nobody"

    assert run(partner, saved("c.csv", TABLE)) == (2, "There is no tenant 'nobody'.")


def test_a_file_that_breaks_off_is_told_with_what_was_stored(partner: Partner) -> None:
    lines = b"".join(b'{"CustomerId": "%d"}\n' % n for n in range(5000))

    code, said = run(partner, saved("c.ndjson.gz", gzip.compress(lines)[:-100]))

    assert code == 2
    assert "read" in said
    assert Import.objects.get(tenant=partner.tenant).state == ImportState.FAILED


def test_ctrl_c_ends_between_two_chunks_and_says_how_to_go_on(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = b"".join(b'{"CustomerId": "%d"}\n' % n for n in range(3000))
    name, before = saved("c.ndjson", lines), signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr("tenants.imports.running.LOOK_SECONDS", 0.05)
        patch.setattr(Store, "store", _pressing_ctrl_c())
        code, said = run(partner, name)

    assert code == 130
    assert "Stopped" in said
    job = Import.objects.get(tenant=partner.tenant)
    assert (job.state, job.has_file) == (ImportState.CANCELLED, False)
    assert 0 < len(ids(partner)) == job.created < 3000
    assert signal.getsignal(signal.SIGINT) is before

    code, said = run(partner, name)
    assert code == 0
    assert len(ids(partner)) == 3000


def _pressing_ctrl_c() -> Any:
    """Store a chunk, and press Ctrl-C then."""
    original = Store.store

    def stored(self: Store, chunk: Any) -> Any:
        found = original(self, chunk)
        os.kill(os.getpid(), signal.SIGINT)
        return found

    return stored


def test_ctrl_c_while_the_file_is_sent_leaves_nothing_behind(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "append", interrupted)

    code, said = run(partner, saved("c.csv", TABLE))

    assert code == 130
    assert said.endswith("Stopped. Nothing was stored.")
    assert not Import.objects.filter(tenant=partner.tenant).exists()
