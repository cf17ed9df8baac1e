"""The job of a file as partners see it: told in every state, listed, cancelled, started, kept from strangers."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tenants.keys import create_key
from tenants.models import Import, ImportState, Look, RejectedRow
from tenants.scopes import Scope
from tests.conftest import Partner
from tests.files.jobs import imported
from tests.files.sending import FILE, begin, cancel, deferred, patch, send, set_state, start, told

ENDED = (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED)
COUNTS = {"read": 100, "created": 50, "updated": 20, "unchanged": 10, "rejected": 15, "folded": 5}


def sent(partner: Partner, **how: Any) -> int:
    return int(send(partner, **how).json()["data"]["id"])


def holding(partner: Partner, *scopes: Scope) -> Partner:
    """Return a caller with another key of the tenant, which has these scopes alone."""
    bits = Scope(0)
    for scope in scopes:
        bits |= scope
    return Partner(partner.tenant, create_key(partner.tenant, label="narrow", scopes=bits)[1])


def calls(partner: Partner, id_: object) -> dict[str, Any]:
    """Make every call about one import, and return the answers."""
    path = f"/imports/{{tenant}}/{id_}"
    return {
        "get": partner.get(path),
        "head": partner.send("HEAD", path),
        "rejected": partner.get(f"{path}/rejected"),
        "patch": partner.send("PATCH", path, b"x", **{"Upload-Offset": "0"}),
        "start": partner.send("POST", f"{path}/start"),
        "delete": partner.send("DELETE", path),
    }


# How it is told


def test_one_that_runs_tells_its_counts_its_speed_and_what_is_left(partner: Partner) -> None:
    id_ = sent(partner)
    began = timezone.now() - timedelta(seconds=100)
    set_state(id_, ImportState.RUNNING, started_at=began, size=1000, bytes_read=250, **COUNTS)

    data = told(partner, id_)

    assert data == data | COUNTS | {"state": "running", "endedAt": None, "size": 1000}
    assert data["rowsPerSecond"] == pytest.approx(1.0, abs=0.1)
    assert data["secondsLeft"] == pytest.approx(300, abs=15)


def test_one_that_has_just_begun_knows_nothing_of_what_is_left(partner: Partner) -> None:
    id_ = sent(partner)
    set_state(id_, ImportState.RUNNING)

    assert told(partner, id_)["secondsLeft"] is None


@pytest.mark.parametrize("state", ENDED)
def test_one_that_has_ended_stays_as_it_is(partner: Partner, state: ImportState) -> None:
    id_, ended = sent(partner), timezone.now() - timedelta(days=3)
    set_state(id_, state, started_at=ended - timedelta(seconds=50), ended_at=ended, message="As it was.", **COUNTS)

    data = told(partner, id_)

    assert data == data | COUNTS | {"state": state.value, "rowsPerSecond": 2.0, "secondsLeft": None}
    assert data["message"] == "As it was."
    assert data == told(partner, id_)


@pytest.mark.within("a day")
def test_a_dry_run_tells_what_would_change_to_who_may_read_it(partner: Partner) -> None:
    changes = [{"index": 0, "status": "created", "HubId": None, "before": None, "after": {"CustomerId": "C-1"}}]
    id_ = sent(partner, dryRun="true")
    set_state(id_, ImportState.FINISHED, changes=changes)

    assert told(partner, id_)["changes"] == changes
    assert "changes" not in told(holding(partner, Scope.WRITE_CUSTOMERS), id_)
    (listed,) = partner.get("/imports/{tenant}").json()["data"]["results"]
    assert "changes" not in listed
    (look,) = Look.objects.filter(tenant=partner.tenant, entity="customers", way="api_list")
    assert (look.records, look.requests) == (1, 1)


def test_a_table_tells_which_fields_its_columns_give(partner: Partner) -> None:
    head = "Kundennr;E-Mail;Newsletter;Schuhe\r\n".encode("cp1252")
    job = imported(
        partner,
        head + "1;a@müller.example;ja;42\r\n".encode("cp1252"),
        format="csv",
        options={"mapping": {"Kundennr": "CustomerId"}},
    )

    table = partner.get(f"/imports/{{tenant}}/{job.pk}").json()["data"]["table"]

    assert (table["encoding"], table["delimiter"]) == ("windows-1252", ";")
    assert table["columns"] == {
        "Kundennr": ["CustomerId"],
        "E-Mail": ["Email"],
        "Newsletter": ["EmailOptin"],
        "Schuhe": [],
    }


def test_that_all_of_one_file_consent_is_not_said_of_the_next_one(partner: Partner) -> None:
    for number, options in enumerate([{"constants": {"EmailOptin": "yes"}}, {}]):
        imported(partner, f"CustomerId\nC-{number}\n".encode(), format="csv", options=options)

    assert {record["CustomerId"]: record["EmailOptin"] for record in partner.read("customers")} == {
        "C-0": True, "C-1": False,
    }  # fmt: skip


def test_a_file_of_which_nothing_is_stored_teaches_nothing(partner: Partner) -> None:
    for options in ({"mapping": {"Name": "Language"}}, {}):
        job = imported(partner, b"CustomerId,Name\nC-1,Maximiliane\n", format="csv", options=options)

    assert (job.created, job.rejected) == (1, 0)
    assert partner.read("customers")[0]["Name"] == "Maximiliane"


def test_the_job_of_a_file_in_parts_is_told_while_it_comes(partner: Partner) -> None:
    id_ = begin(partner, fileName="a.ndjson")
    patch(partner, id_, FILE, 0)

    assert told(partner, id_) == told(partner, id_) | {"state": "uploading", "size": len(FILE), "startedAt": None}


# The list


def test_the_last_ones_are_listed_first_page_by_page(partner: Partner, by_email: Partner) -> None:
    ids = [sent(partner) for _ in range(5)]
    sent(by_email)

    pages: list[list[int]] = []
    before: dict[str, str] = {}
    while True:
        data = partner.get("/imports/{tenant}", limit="2", **before).json()["data"]
        pages.append([item["id"] for item in data["results"]])
        if data["next"] is None:
            break
        before = {"before": str(data["next"])}

    assert pages == [ids[:2:-1], ids[2:0:-1], ids[:1]]
    assert partner.get("/imports/{tenant}", before=str(ids[0])).json()["data"] == {"results": [], "next": None}


def test_a_state_is_filtered_by(partner: Partner) -> None:
    waiting, finished = sent(partner), sent(partner)
    set_state(finished, ImportState.FINISHED)

    found = {state: partner.get("/imports/{tenant}", state=state) for state in ("waiting", "finished", "failed")}

    ids = {state: [item["id"] for item in answer.json()["data"]["results"]] for state, answer in found.items()}
    assert ids == {"waiting": [waiting], "finished": [finished], "failed": []}
    assert partner.get("/imports/{tenant}", state="done").status_code == 400


def test_the_list_has_what_the_key_may_read_or_write(partner: Partner) -> None:
    of = {entity: sent(partner, entity=entity) for entity in ("customers", "orders", "products")}
    narrow = holding(partner, Scope.READ_ORDERS, Scope.WRITE_PRODUCTS, Scope.ERASE_CUSTOMERS)

    listed = [item["id"] for item in narrow.get("/imports/{tenant}").json()["data"]["results"]]

    assert listed == [of["products"], of["orders"]]


# Cancelling


@pytest.mark.parametrize("state", [ImportState.UPLOADING, ImportState.WAITING])
def test_one_that_does_not_run_is_cancelled_at_once_with_its_file(
    files: Path | None, partner: Partner, state: ImportState
) -> None:
    id_ = sent(partner)
    set_state(id_, state, started_at=None)

    answer = cancel(partner, id_)

    data = answer.json()["data"]
    assert (answer.status_code, answer.json()["message"], data["state"]) == (200, "Import cancelled.", "cancelled")
    assert data["endedAt"]
    assert not Import.objects.get(pk=id_).has_file


def test_one_that_runs_is_asked_to_end_and_keeps_its_file_until_then(files: Path | None, partner: Partner) -> None:
    id_ = sent(partner)
    set_state(id_, ImportState.RUNNING)

    answer = cancel(partner, id_)

    job = Import.objects.get(pk=id_)
    assert (answer.status_code, answer.json()["data"]["state"]) == (200, "running")
    assert (job.is_cancelled, job.has_file) == (True, True)


@pytest.mark.parametrize("state", ENDED)
def test_one_that_has_ended_is_not_cancelled_but_gives_its_file_up(
    files: Path | None, partner: Partner, state: ImportState
) -> None:
    id_ = sent(partner, dryRun="true")
    before = set_state(id_, state, **COUNTS)

    answer = cancel(partner, id_)

    job = Import.objects.get(pk=id_)
    assert (answer.status_code, job.state, job.ended_at) == (200, state.value, before.ended_at)
    assert (job.has_file, job.is_cancelled, job.read) == (False, False, 100)
    assert cancel(partner, id_).status_code == 200


# For real, after a dry run


def test_after_a_dry_run_it_is_started_for_real_with_the_file_that_is_there(
    files: Path | None, partner: Partner
) -> None:
    id_ = sent(partner, dryRun="true")
    job = set_state(id_, ImportState.FINISHED, position=100, bytes_read=9, changes=[{"index": 0}], **COUNTS)
    RejectedRow.objects.create(tenant=job.tenant, import_id=id_, line=1, sent="{}", created_at=timezone.now())

    answer = start(partner, id_)

    data, job = answer.json()["data"], Import.objects.get(pk=id_)
    assert (answer.status_code, data["state"], data["dryRun"]) == (202, "waiting", False)
    assert data == data | dict.fromkeys(COUNTS, 0) | {"startedAt": None, "endedAt": None}
    assert (job.position, job.bytes_read, job.changes, job.has_file) == (0, 0, [], True)
    assert not RejectedRow.objects.filter(import_id=id_).exists()
    assert deferred(partner) == 2
    assert start(partner, id_).status_code == 409


@pytest.mark.parametrize("state", [state for state in ImportState if state != ImportState.UPLOADING])
def test_one_that_is_no_upload_and_no_dry_run_that_is_over_is_not_started(partner: Partner, state: ImportState) -> None:
    id_ = sent(partner)
    set_state(id_, state)

    answer = start(partner, id_)

    assert (answer.status_code, answer.json()["data"]["state"]) == (409, state.value)
    assert answer.json()["message"].startswith("This import")
    assert deferred(partner) == 1


def test_a_dry_run_whose_file_is_gone_is_not_started(partner: Partner) -> None:
    id_ = sent(partner, dryRun="true")
    set_state(id_, ImportState.FINISHED)
    cancel(partner, id_)

    assert start(partner, id_).status_code == 409


# Who may


def test_a_stranger_learns_and_changes_nothing(partner: Partner, by_email: Partner) -> None:
    id_ = sent(partner)
    before = Import.objects.values().get(pk=id_)

    answers = calls(by_email, id_)
    of_none = calls(by_email, 4_000_000_000)

    assert {answer.status_code for answer in answers.values()} == {404}
    assert {name: answer.content for name, answer in answers.items()} == {
        name: answer.content for name, answer in of_none.items()
    }
    with_their_key = calls(Partner(partner.tenant, by_email.key), id_)
    assert {answer.status_code for answer in with_their_key.values()} == {401}
    assert Import.objects.values().get(pk=id_) == before


@pytest.mark.parametrize("id_", ["0", "-1", "x", "1.5", "99999999999999999999", "%00", "ü", "1%2F2"])
def test_what_is_no_id_is_told_so(partner: Partner, id_: str) -> None:
    assert {answer.status_code for answer in calls(partner, id_).values()} <= {400, 404}


def test_a_file_needs_the_write_scope_of_what_it_holds(partner: Partner) -> None:
    writer = holding(partner, Scope.WRITE_ORDERS, Scope.READ, Scope.ERASE)

    refused = [send(writer, entity=entity) for entity in ("customers", "products")]

    assert [answer.status_code for answer in refused] == [403, 403]
    assert refused[0].json()["message"] == "The key may not write customers."
    assert not Import.objects.exists()
    assert send(writer, entity="orders").status_code == 202


def test_a_scope_is_asked_before_the_body_comes_and_before_what_is_wrong(partner: Partner) -> None:
    reader = holding(partner, Scope.READ)

    assert send(reader, content_type="text/plain", emial="x").status_code == 403


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.WRITE_ORDERS, {"get", "head", "rejected", "patch", "start", "delete"}),
        (Scope.READ_ORDERS, {"get", "head", "rejected"}),
        (Scope.ERASE_ORDERS, set()),
        (Scope.READ_CUSTOMERS | Scope.WRITE_CUSTOMERS | Scope.WRITE_PRODUCTS, set()),
    ],
)
def test_an_import_is_seen_by_who_may_read_or_write_and_led_by_who_may_write(
    partner: Partner, scope: Scope, allowed: set[str]
) -> None:
    answers = calls(holding(partner, scope), begin(partner, entity="orders"))

    assert {name for name, answer in answers.items() if answer.status_code != 403} == allowed


def test_a_disabled_tenant_sends_nothing(partner: Partner) -> None:
    id_ = begin(partner)
    type(partner.tenant).objects.filter(pk=partner.tenant.pk).update(is_enabled=False)

    assert send(partner).status_code == 403
    assert {answer.status_code for answer in calls(partner, id_).values()} == {403}


def test_methods_that_there_are_not_are_told_so(partner: Partner) -> None:
    id_ = begin(partner)

    answers = {
        f"PUT /{id_}": partner.send("PUT", f"/imports/{{tenant}}/{id_}"),
        "PATCH /": partner.send("PATCH", "/imports/{tenant}"),
        "GET /start": partner.get(f"/imports/{{tenant}}/{id_}/start"),
        "POST /rejected": partner.send("POST", f"/imports/{{tenant}}/{id_}/rejected"),
    }

    assert {answer.status_code for answer in answers.values()} == {405}
