"""Rows that a file's job rejected: kept, found again in their format, sent again, erased, and gone after 30 days."""

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tenants.changes.erasure import suppress
from tenants.imports import chunks, rejects, store, storing
from tenants.imports.ends import purge_imported
from tenants.imports.jobs import start
from tenants.imports.rejects import written
from tenants.imports.running import run
from tenants.models import Import, QuarantinedRecord, RejectedRow
from tests.conftest import MakeTenant, Partner, examples
from tests.customers.test_erasure import BY_ID, PERSON, erase, traces
from tests.files.jobs import imported, job_of, ndjson
from tests.orders.records import order

pytestmark = pytest.mark.django_db

GOOD = {"CustomerId": "A"}
BAD: dict[str, Any] = {"CustomerId": "B", "Language": "much too long a tag"}
TEXT = "The field Language must be a string with a maximum length of 10."


def test_a_rejected_line_comes_back_as_it_came_with_all_that_is_wrong(partner: Partner) -> None:
    line = b'{ "customerid":"B", "Email": "no",  "Language":"much too long", "Odd": 1.50 }'

    job = imported(partner, b'{"CustomerId":"A"}\n\n' + line + b"\n")

    (found,) = written(job)
    assert found.startswith(line[:-2] + b', "_rejected": {')
    said = json.loads(found)["_rejected"]
    assert (said["line"], said["codes"]) == (3, {"Email": ["email"], "Language": ["too_long"]})
    assert said["errors"] == {"Email": ["The field Email must be a valid e-mail address."], "Language": [TEXT]}


@pytest.mark.parametrize("byte", [b"\0", b"\xe4"])
def test_a_line_that_no_text_can_hold_stays_rejected_until_it_is_mended(partner: Partner, byte: bytes) -> None:
    job = imported(partner, b'{"CustomerId": "N%bx"}\n' % byte)

    (found,) = written(job)
    assert json.loads(found)["_rejected"]["text"] == rf'{{"CustomerId": "N\x{byte.hex()}x"}}'
    assert (imported(partner, found).rejected, partner.read("customers")) == (1, [])
    assert imported(partner, found.replace(rb"\\x%b" % byte.hex().encode(), b"o")).created == 1


def test_the_file_of_the_rejected_can_be_mended_and_sent_again(partner: Partner) -> None:
    first = imported(partner, ndjson([GOOD, BAD, b'{"CustomerId":', b"[5]", {**BAD, "CustomerId": "C"}, {}]))
    sent = b"".join(written(first))

    again = imported(partner, sent)

    assert (first.rejected, again.rejected, again.created) == (5, 5, 0)
    kept = [RejectedRow.objects.filter(import_id=job.pk).order_by("line") for job in (first, again)]
    assert [row.faults for row in kept[0]] == [row.faults for row in kept[1]]
    assert [json_or_text(row.sent) for row in kept[0]] == [json_or_text(row.sent) for row in kept[1]]

    mended = imported(partner, sent.replace(b"much too long a tag", b"en"))
    assert (mended.rejected, mended.created) == (3, 2)


def json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@given(
    record=st.dictionaries(
        st.one_of(st.sampled_from(["CustomerId", "Language", "_rejected"]), st.text(max_size=3)),
        st.recursive(st.one_of(st.none(), st.text(max_size=5), st.integers(), st.booleans()), st.lists, max_leaves=3),
        max_size=4,
    )
)
@examples(50)
def test_what_is_written_reads_as_it_came(partner: Partner, record: dict[str, Any]) -> None:
    job = imported(partner, ndjson([{**record, "EmailOptin": "no flag"}]))

    again = imported(partner, b"".join(written(job)))

    first, second = (RejectedRow.objects.get(import_id=each.pk) for each in (job, again))
    assert json.loads(first.sent) == json.loads(second.sent)
    assert first.faults == second.faults


def test_a_withdrawal_that_was_rejected_is_marked(partner: Partner) -> None:
    job = imported(partner, ndjson([{"CustomerId": "A", "EmailOptin": "false"}, BAD]))

    assert [json.loads(line)["_rejected"].get("withdrawal") for line in written(job)] == [True, None]


def test_the_first_thousand_wait_in_quarantine_too(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST_ITEMS", 3)
    monkeypatch.setattr(storing, "MOST_QUARANTINED", 4)

    job = imported(partner, ndjson([b"no object", *({**BAD, "CustomerId": f"B-{n}"} for n in range(8))]))

    kept = QuarantinedRecord.objects.order_by("index").values_list("source", "index", "identifiers", "trace_id")
    assert list(kept) == [("import", line, {"CustomerId": f"B-{line - 2}"}, job.trace_id) for line in (2, 3, 4)]
    assert RejectedRow.objects.count() == 9


def test_a_dry_run_keeps_what_it_rejects_until_it_starts_for_real(partner: Partner) -> None:
    job = imported(partner, ndjson([GOOD, BAD]), is_dry_run=True)
    assert (len(list(written(job))), QuarantinedRecord.objects.count()) == (1, 0)

    start(job)
    assert RejectedRow.objects.count() == 0
    run(job.pk, partner.tenant.pk)

    assert (len(list(written(job))), QuarantinedRecord.objects.count()) == (1, 1)


def test_memory_holds_some_rows_at_a_time(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejects, "AT_ONCE", 3)
    monkeypatch.setattr(rejects, "BYTES_AT_ONCE", 130)
    job = imported(partner, ndjson([{**BAD, "CustomerId": f"B-{n}"} for n in range(10)]))

    assert [json.loads(line)["CustomerId"] for line in written(job)] == [f"B-{n}" for n in range(10)]


def cells(job: Import) -> list[list[str]]:
    return list(csv.reader(StringIO(b"".join(written(job)).decode("utf-8-sig"), newline="")))


def test_a_table_gains_two_columns_and_can_be_sent_again(partner: Partner) -> None:
    header = "CustomerId,Email,Name\r\n"
    table = f"{header}A,a@shop.example,Ann\r\nB,no,=1+1\r\nC,,-Bo\r\n".encode()

    job = imported(partner, table, format="csv")

    assert (job.read, job.created, job.rejected) == (3, 2, 1)
    error = "Email: email: The field Email must be a valid e-mail address."
    assert cells(job) == [["_line", "_errors", "CustomerId", "Email", "Name"], ["3", error, "B", "no", "'=1+1"]]

    again = imported(partner, b"".join(written(job)), format="csv")
    assert cells(again) == [cells(job)[0], ["2", error, "B", "no", "'=1+1"]]

    mended = imported(partner, b"".join(written(again)).replace(b",no,", b",b@shop.example,"), format="csv")
    assert (mended.created, mended.rejected) == (1, 0)
    assert {each["CustomerId"]: each["Name"] for each in partner.read("customers")}["B"] == "=1+1"


def test_phone_numbers_stay_as_they_came(partner: Partner) -> None:
    job = imported(partner, b"CustomerId,Phone,Language\nA,+358 40 123,no such language at all\n", format="csv")

    assert cells(job)[1][3] == "+358 40 123"


def test_rows_of_an_order_come_back_together(partner: Partner) -> None:
    header = "OrderId,CustomerId,Email,OrderDate,TotalRevenue,Currency,ProductId,Sku,Quantity,Price"
    row = "O-1,C-1,{email},2025-08-22T21:00:00Z,30.5,EUR,P-1,{sku},1,10"
    rows = [row.format(email="no", sku="S-1"), row.format(email="no", sku="S-2")]

    job = imported(partner, "\n".join([header, *rows, ""]).encode(), "orders", format="csv")

    assert (job.read, job.rejected, job.position) == (1, 1, 2)
    assert [[each[0], *each[2:]] for each in cells(job)[1:]] == [["2", *rows[0].split(",")], ["", *rows[1].split(",")]]


UNREADABLE = json.dumps(PERSON, ensure_ascii=False)[:-1].encode()
IN_A_NOTE = {"CustomerId": 7, "Note": {"about": PERSON["Email"].upper()}}


@pytest.mark.parametrize(
    ("entity", "line"),
    [
        ("customers", ndjson([{**PERSON, "EmailOptin": "of course"}])),
        ("customers", ndjson([IN_A_NOTE])),
        ("customers", UNREADABLE + b"\n"),
        ("customers", b'"' + PERSON["Email"].encode() + b'"\n'),
        ("orders", ndjson([order(CustomerId=PERSON["CustomerId"], Email="no", TotalRevenue="much")])),
    ],
    ids=["a record", "a field nobody knows", "a line that is no JSON", "a line that is no object", "an order"],
)
@pytest.mark.parametrize("is_dry_run", [False, True])
def test_an_erasure_takes_what_names_the_person(partner: Partner, entity: str, line: bytes, is_dry_run: bool) -> None:
    partner.save("customers", {name: PERSON[name] for name in ("CustomerId", "Email", "Phone")})
    job = imported(
        partner, line + ndjson([BAD if entity == "customers" else order(Email="no")]), entity, is_dry_run=is_dry_run
    )
    assert job.rejected == RejectedRow.objects.count() == 2

    erase(partner, **BY_ID)

    assert RejectedRow.objects.count() == 1, "the other one stays"


def test_an_erasure_takes_rows_of_tables_by_any_cell(partner: Partner) -> None:
    partner.save("customers", PERSON)
    header, email = "OrderId,Sum,Who wrote,Shop note\n", PERSON["Email"]
    imported(
        partner, f"{header}O-1,1,{email},\nO-2,1,,{PERSON['CustomerId']}\nO-3,1,,\n".encode(), "orders", format="csv"
    )
    assert RejectedRow.objects.count() == 3

    erase(partner, **BY_ID)

    assert [row.sent for row in RejectedRow.objects.all()] == ['[["O-3","1","",""]]']


def test_nothing_of_an_erased_person_stays_with_imports(partner: Partner) -> None:
    partner.save("customers", PERSON)
    records = [{**PERSON, "Name": "Formerly"}, {**PERSON, "EmailOptin": "no flag"}, UNREADABLE, GOOD]
    named = f"about {PERSON['Email']}"
    tried = imported(partner, ndjson(records), is_dry_run=True, file_name=f"{named}.ndjson")
    job = imported(partner, ndjson(records), file_name=f"{named}.ndjson")
    Import.objects.filter(pk=job.pk).update(reason=named)
    assert len(tried.changes) == 2

    store.remove(tried)

    erase(partner, **BY_ID)

    assert traces() == []
    assert set(Import.objects.values_list("reason", "file_name")) == {("", "")}


def test_an_erasure_while_a_job_runs_takes_its_reason(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST_ITEMS", 1)
    partner.save("customers", PERSON)
    job = job_of(partner, ndjson([GOOD, {**GOOD, "Name": "Ann"}]))
    Import.objects.filter(pk=job.pk).update(reason=f"for {PERSON['Email']}")

    ended = run(job.pk, partner.tenant.pk, beat=lambda state: erase(partner, **BY_ID) if state.read == 1 else None)

    assert ended is not None
    assert (ended.state, ended.read, ended.created, ended.updated) == ("finished", 2, 1, 1)
    assert traces() == []


def test_the_forgotten_are_counted_and_not_kept(partner: Partner) -> None:
    suppress(partner.tenant, [("Email", "gone@shop.example")])
    partner.tenant.refresh_from_db()
    lines = [{**BAD, "Email": "gone@shop.example"}, b'{"Email": "gone@shop.example"', BAD]

    job = imported(partner, ndjson(lines))

    assert (job.rejected, [row.line for row in RejectedRow.objects.all()]) == (3, [3])


def test_another_tenants_erasure_takes_nothing(make_tenant: MakeTenant) -> None:
    shop, other = make_tenant(), make_tenant()
    other.save("customers", PERSON)
    job = imported(shop, ndjson([{**PERSON, "Language": "?"}, PERSON]), is_dry_run=True)

    erase(other, **BY_ID)

    job.refresh_from_db()
    assert (RejectedRow.objects.count(), len(job.changes)) == (1, 1)


def test_rejected_rows_go_after_thirty_days_and_jobs_with_the_audit(partner: Partner, settings: Any) -> None:
    old, new = imported(partner, ndjson([BAD])), imported(partner, ndjson([BAD]))
    RejectedRow.objects.filter(import_id=old.pk).update(created_at=timezone.now() - timedelta(days=30, minutes=1))
    assert purge_imported() == 1
    assert [row.import_id for row in RejectedRow.objects.all()] == [new.pk]

    Import.objects.filter(pk=old.pk).update(ended_at=timezone.now() - timedelta(days=settings.AUDIT_DAYS, minutes=1))
    assert purge_imported() == 1
    assert [job.pk for job in Import.objects.all()] == [new.pk]
