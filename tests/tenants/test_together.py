"""What a partner may ask for at once: a dry run, lenient handling, an Idempotency-Key."""

from dataclasses import replace
from typing import Any

import pytest

from tenants.keys import create_key
from tenants.models import Changeset, KeptAnswer, QuarantinedRecord
from tenants.scopes import Scope
from tests.conftest import Partner
from tests.requests_log import logged

GOOD, FAULTY = {"CustomerId": "C-1", "Name": "Ann"}, {"CustomerId": "C-2", "Language": "English, please"}
LENIENT = {"Prefer": "handling=lenient"}
ONCE = {"Idempotency-Key": "k-1"}

pytestmark = pytest.mark.django_db(transaction=True)


def post(partner: Partner, query: str, *records: dict[str, Any], **headers: str) -> Any:
    return partner.send("POST", f"/customers/{{tenant}}?{query}", list(records), **headers)


def test_a_lenient_dry_run_names_what_it_would_leave_out_and_shows_the_rest_as_it_was_sent(partner: Partner) -> None:
    tried = post(partner, "dryRun=true&results=true", FAULTY, GOOD, **LENIENT)

    data = tried.json()["data"]
    assert tried.status_code == 200
    assert [record["index"] for record in data["rejected"]] == [0]
    assert [(change["index"], change["after"]["Name"]) for change in data["changes"]] == [(1, "Ann")]
    assert [result["status"] for result in data["results"]] == ["skipped", "created"]
    assert not QuarantinedRecord.objects.exists()
    assert not Changeset.objects.exists()
    assert partner.read("customers") == []


def test_a_dry_run_shows_nothing_stored_to_a_key_that_may_not_read(partner: Partner) -> None:
    post(partner, "", {"CustomerId": "C-1", "Name": "Secret"})
    _, text = create_key(partner.tenant, label="Sends", scopes=Scope.WRITE | Scope.ERASE | Scope.READ_ORDERS)
    sender = replace(partner, key=text)

    for tried in (
        post(sender, "dryRun=true", GOOD),
        sender.delete("/customers/{tenant}", customerId="C-1", dryRun="true"),
    ):
        data = tried.json()["data"]
        assert (data["dryRun"], data["changes"]) == (True, [])
        assert data["updated"] + data["removed" if "removed" in data else "created"] == 1
        assert b"Secret" not in tried.content


def test_the_request_log_counts_nothing_of_a_dry_run(partner: Partner) -> None:
    post(partner, "dryRun=true", GOOD)

    (row,) = logged(partner)
    assert (row.status, row.received, row.created, row.changeset) == (200, 1, None, None)


def test_a_dry_run_is_not_what_its_idempotency_key_stands_for(partner: Partner) -> None:
    assert post(partner, "dryRun=true", GOOD, **ONCE).json()["data"]["dryRun"]
    assert not KeptAnswer.objects.exists()

    stored = post(partner, "", GOOD, **ONCE)

    assert stored.json()["data"]["created"] == 1
    assert "Idempotent-Replayed" not in stored


def test_the_request_log_has_what_a_lenient_batch_left_out(partner: Partner) -> None:
    post(partner, "", GOOD, FAULTY, **LENIENT)

    (row,) = logged(partner)
    assert (row.status, row.received, row.created, row.faults) == (200, 2, 1, 1)
    assert row.errors[0] == row.errors[0] | {"code": "too_long", "field": "Language", "records": [1]}


def test_a_lenient_batch_that_is_sent_again_is_quarantined_once_and_answered_as_before(partner: Partner) -> None:
    first = post(partner, "results=true", FAULTY, GOOD, **LENIENT, **ONCE)
    again = post(partner, "results=true", FAULTY, GOOD, **LENIENT, **ONCE)

    assert again["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    assert again["Preference-Applied"] == "handling=lenient"
    assert [row.times for row in QuarantinedRecord.objects.all()] == [1]
    assert Changeset.objects.count() == 1
