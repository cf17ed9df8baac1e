"""A file of records sent whole: what is taken, what is refused and how, and what a cut-off one leaves."""

import errno
import gzip
import os
from pathlib import Path
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from hub.middleware.streaming import CutOff
from tenants.api.uploads import XLSX
from tenants.imports import jobs, problems, store
from tenants.models import FilePart, Import, ImportState
from tests.conftest import Partner
from tests.files.sending import (
    CSV,
    FILE,
    MEGABYTE,
    NDJSON,
    Streamed,
    begin,
    cancel,
    cut,
    deferred,
    patch,
    send,
    start,
    told,
)
from tests.requests_log import logged
from tests.tenants.sandboxes import sandbox_for

ADDRESS = "/imports/{tenant}?entity=customers"


def whole(id_: int) -> bytes:
    return b"".join(store.pieces(Import.objects.get(pk=id_)))


def lies(files: Path | None) -> int:
    """Return how many files lie somewhere."""
    return sum(len(names) for _, _, names in os.walk(files)) if files else FilePart.objects.count()


def message(answer: Any) -> str:
    return str(answer.json()["message"])


def test_a_file_is_kept_as_it_came_and_its_job_waits(files: Path | None, partner: Partner) -> None:
    answer = send(partner)

    data = answer.json()["data"]
    assert (answer.status_code, message(answer)) == (202, "Import started.")
    assert data == told(partner, data["id"])
    assert data == data | {
        "state": "waiting", "entity": "customers", "format": "ndjson", "dryRun": False, "fileName": None,
        "size": len(FILE), "read": 0, "created": 0, "updated": 0, "unchanged": 0, "rejected": 0, "folded": 0,
        "rowsPerSecond": None, "secondsLeft": None, "message": None, "startedAt": None, "endedAt": None,
    }  # fmt: skip
    assert "changes" not in data
    assert whole(data["id"]) == FILE


def test_the_worker_is_asked_for_it_once_and_after_the_tenants_other_files(partner: Partner) -> None:
    ids = [send(partner).json()["data"]["id"], send(partner).json()["data"]["id"]]

    found = ProcrastinateJob.objects.filter(lock=f"import {partner.id}").order_by("pk")
    task, lock = "tenants.tasks.run_import", f"import {partner.id}"
    assert list(found.values_list("task_name", "args", "lock")) == [
        (task, {"import_id": id_, "tenant_id": partner.id}, lock) for id_ in ids
    ]


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (gzip.compress(FILE, mtime=0), NDJSON, "packed with gzip: say so with Content-Encoding: gzip."),
        (b"\x28\xb5\x2f\xfd" + FILE, CSV, "packed with zstd"),
        (b"PK\x03\x04" + FILE, CSV, "Excel workbook"),
        (b"PK\x03\x04" + FILE, NDJSON, "Excel workbook"),
        (b" [\n " + FILE + b"]", NDJSON, "JSON array. Send NDJSON"),
        (b"\x89PNG\r\n" + FILE, CSV, "picture"),
        (b"%PDF-1.7", XLSX, "PDF"),
    ],
)
def test_a_file_that_is_another_than_was_said_is_refused_at_once(
    files: Path | None, partner: Partner, body: bytes, content_type: str, said: str
) -> None:
    answer = send(partner, body, content_type=content_type)

    assert answer.status_code == 400
    assert said in message(answer)
    assert lies(files) == 0
    assert not Import.objects.exists()


def test_an_upload_in_parts_takes_no_other_file_than_was_said(files: Path | None, partner: Partner) -> None:
    id_ = begin(partner)

    answer = patch(partner, id_, gzip.compress(FILE), 0)
    assert (answer.status_code, answer.json()["data"]) == (400, {"id": id_, "state": "uploading", "size": 0})
    assert "packed with gzip" in message(answer)

    assert patch(partner, id_, FILE, 0).status_code == 202
    assert start(partner, id_).status_code == 202
    assert whole(id_) == FILE


def test_bytes_in_the_middle_of_a_file_may_begin_as_they_like(partner: Partner) -> None:
    id_ = begin(partner, content_type=CSV)

    assert patch(partner, id_, b"CustomerId,Name\n1,", 0).status_code == 202
    assert patch(partner, id_, b"%PDF\n", 19 - 1).status_code == 202


@pytest.mark.parametrize("packing", ["gzip", "zstd", " GZIP ", "identity"])
def test_a_packed_file_is_kept_packed(files: Path | None, partner: Partner, packing: str) -> None:
    body = FILE if packing == "identity" else b"\x1f\x8b not looked into"

    id_ = send(partner, body, **{"Content-Encoding": packing}).json()["data"]["id"]

    assert whole(id_) == body
    assert Import.objects.get(pk=id_).packing == packing.strip().lower().replace("identity", "")


@pytest.mark.parametrize(
    ("content_type", "format"),
    [
        (NDJSON, "ndjson"),
        ("application/ndjson", "ndjson"),
        ("application/jsonl; charset=utf-8", "ndjson"),
        ("TEXT/CSV", "csv"),
        (XLSX, "xlsx"),
    ],
)
def test_what_a_file_is_its_content_type_says(partner: Partner, content_type: str, format: str) -> None:
    assert send(partner, content_type=content_type).json()["data"]["format"] == format


@pytest.mark.parametrize("entity", ["customers", "orders", "products"])
def test_a_file_holds_one_kind_of_records(partner: Partner, entity: str) -> None:
    data = send(partner, entity=entity, dryRun="true", reason="first load", fileName="a.ndjson").json()["data"]

    assert (data["entity"], data["dryRun"], data["reason"], data["fileName"]) == (
        entity, True, "first load", "a.ndjson",
    )  # fmt: skip
    assert data["changes"] == []


def test_a_sandbox_takes_files_of_its_own(partner: Partner) -> None:
    sandbox = sandbox_for(partner)

    answer = send(sandbox)

    assert (answer.status_code, answer["X-Sandbox"]) == (202, "true")
    assert not Import.objects.filter(tenant=partner.tenant).exists()
    assert partner.get(f"/imports/{{tenant}}/{answer.json()['data']['id']}").status_code == 404


def test_it_is_one_request_with_its_line_in_the_log(partner: Partner) -> None:
    answer = send(partner)

    (line,) = logged(partner)
    assert (line.method, line.route, line.status, line.size) == ("POST", "/imports/{tenantId}", 202, len(FILE))
    assert int(answer["X-RateLimit-Remaining"]) == 999_999
    assert Import.objects.get().trace_id == answer["X-Request-Id"] == line.trace_id


# What is refused


@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_told_which_there_are(partner: Partner, content_type: str) -> None:
    answer = send(partner, content_type=content_type)

    assert (answer.status_code, Import.objects.count()) == (415, 0)
    assert {NDJSON, CSV, XLSX} <= set(message(answer).replace(",", "").replace(";", "").split())


@pytest.mark.parametrize("packing", ["br", "deflate", "gzip, gzip", "x"])
def test_another_packing_is_told_which_there_are(partner: Partner, packing: str) -> None:
    answer = send(partner, **{"Content-Encoding": packing})

    assert (answer.status_code, Import.objects.count()) == (415, 0)
    assert "gzip or zstd" in message(answer)


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("", None),
        ("?entity=", None),
        ("?entity=%20", None),
        ("?entity=people", {"entity": ["The field entity must be customers, orders or products."]}),
        ("?entity=customers&entity=orders", {"entity": ["The query parameter must be given once."]}),
        ("?entity=customers&dryRun=yes", {"dryRun": ["The field dryRun must be true or false."]}),
        ("?entity=customers&upload=part", {"upload": ["The field upload must be one of these: parts."]}),
        ("?entity=customers&dry_run=true", {"dry_run": ["Unknown query parameter."]}),
    ],
)
def test_what_the_address_says_wrong_is_named(
    partner: Partner, query: str, errors: dict[str, list[str]] | None
) -> None:
    answer = partner.send("POST", f"/imports/{{tenant}}{query}", FILE, content_type=NDJSON)

    assert (answer.status_code, Import.objects.count()) == (400, 0)
    if errors is None:
        assert "entity=customers" in message(answer)
    else:
        assert answer.json()["errors"] == errors


@pytest.mark.parametrize("name", ["a" * 201, "a\nb", "a\u202eb", "\ud800", "%00", "\u200b"])
def test_a_name_is_one_line_that_can_be_read(partner: Partner, name: str) -> None:
    query = name if "%" in name else "".join(f"%{byte:02x}" for byte in name.encode(errors="surrogatepass"))
    answer = partner.send("POST", f"{ADDRESS}&fileName={query}", FILE, content_type=NDJSON)

    assert (answer.status_code, Import.objects.count()) == (400, 0)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\Users\\ann\\kunden.csv", "לקוחות.csv", "👩‍👩‍👧.ndjson", "a/b?c&d=%2e.csv", "."]
)
def test_a_name_leads_nowhere(files: Path | None, partner: Partner, name: str) -> None:
    id_ = send(partner, fileName=name).json()["data"]["id"]

    assert told(partner, id_)["fileName"] == name
    assert whole(id_) == FILE
    if files:
        found = [str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()]
        assert found == [f"{partner.id}/{id_}"]


def test_an_empty_file_is_no_file(files: Path | None, partner: Partner) -> None:
    answer = send(partner, b"")

    assert (answer.status_code, Import.objects.count(), lies(files)) == (400, 0, 0)
    assert "empty" in message(answer)


def test_a_file_that_says_to_be_too_large_is_not_read(partner: Partner) -> None:
    answer = cut(partner, "POST", ADDRESS, b"", announced=5 * 1024**3 + 1)

    assert (answer.status_code, Import.objects.count()) == (413, 0)
    assert "5 GB" in message(answer)


def test_a_file_that_turns_out_to_be_too_large_leaves_nothing(
    files: Path | None, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_BYTES", 3 * MEGABYTE)

    answer = send(partner, b"a" * (4 * MEGABYTE))

    assert (answer.status_code, Import.objects.count(), lies(files)) == (413, 0, 0)
    assert "5 GB" in message(answer)


def test_a_tenant_has_no_more_files_than_it_may(
    partner: Partner, by_email: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_FILES", 2)
    first, _ = (send(partner).json()["data"]["id"] for _ in range(2))

    answer = send(partner)

    assert answer.status_code == 409
    assert "cancel one" in message(answer)
    assert send(partner, b"", upload="parts").status_code == 409
    assert send(by_email).status_code == 202
    assert cancel(partner, first).status_code == 200
    assert send(partner).status_code == 202


def test_files_of_too_many_bytes_in_all_are_refused(
    files: Path | None, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_TOGETHER", len(FILE) + 10)
    kept = send(partner).json()["data"]["id"]

    answer = send(partner)

    assert (answer.status_code, Import.objects.count()) == (409, 1)
    assert whole(kept) == FILE


def test_a_full_disk_is_a_503_and_nothing_stays(
    settings: Any, tmp_path: Path, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILES = tmp_path

    def refuse(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", refuse)
        answer = send(partner)

    assert (answer.status_code, answer["Retry-After"], Import.objects.count(), lies(tmp_path)) == (503, "60", 0, 0)
    assert "no room" in message(answer)
    assert send(partner).status_code == 202


def test_a_disk_that_fills_up_on_the_way_keeps_what_has_come(
    settings: Any, tmp_path: Path, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILES = tmp_path
    body, original = b"a" * (2 * MEGABYTE + 5), os.pwrite

    def pwrite(file: int, data: Any, offset: int) -> int:
        if offset >= MEGABYTE:
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(file, data, offset)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", pwrite)
        answer = send(partner, body)

    data = answer.json()["data"]
    assert (answer.status_code, data["state"], data["size"]) == (503, "uploading", MEGABYTE)
    assert patch(partner, data["id"], body[MEGABYTE:], MEGABYTE).status_code == 202
    assert start(partner, data["id"]).status_code == 202
    assert whole(data["id"]) == body


def test_options_are_of_tables(partner: Partner) -> None:
    table = send(partner, b"No;Mail\n1;ann@shop.example\n", content_type=CSV, delimiter=";", dates="dmy", decimal=",",
                 encoding="utf-8", mapping='{"No": "CustomerId", "Mail": "Email"}')  # fmt: skip

    found = Import.objects.get(pk=table.json()["data"]["id"]).options
    assert (found["delimiter"], found["dates"], found["decimal"], found["encoding"]) == (";", "dmy", ",", "utf-8")
    assert found["mapping"].keys() == {"No", "Mail"}
    refused = send(partner, delimiter=";")
    assert (refused.status_code, Import.objects.count()) == (400, 1)
    assert "NDJSON" in message(refused)


@pytest.mark.parametrize(
    ("name", "value"),
    [("dates", "soon"), ("decimal", "x"), ("encoding", "latin-17"), ("mapping", "{"), ("mapping", '{"No": "Nowhere"}'),
     ("mapping", "[]"), ("constants", '{"Nowhere": "1"}'), ("delimiter", "abc"), ("timeZone", "Mars")],
)  # fmt: skip
def test_an_option_that_can_not_be_used_is_named(partner: Partner, name: str, value: str) -> None:
    answer = send(partner, b"No\n1\n", content_type=CSV, **{name: value})

    assert (answer.status_code, Import.objects.count()) == (400, 0)
    assert list(answer.json()["errors"]) == [name]


# A file that is cut off


def test_what_came_of_a_cut_off_file_is_kept_and_goes_on(files: Path | None, partner: Partner) -> None:
    answer = cut(partner, "POST", ADDRESS, FILE[:30], announced=len(FILE))

    data = answer.json()["data"]
    assert (answer.status_code, data["state"], data["size"], answer["Upload-Offset"]) == (400, "uploading", 30, "30")
    assert f"PATCH /imports/{partner.id}/{data['id']}" in message(answer)
    early = start(partner, data["id"])
    assert (early.status_code, message(early)[:8]) == (409, f"30 of {len(FILE)}")
    assert patch(partner, data["id"], FILE[30:], 30).status_code == 202
    assert start(partner, data["id"]).json()["data"]["state"] == "waiting"
    assert whole(data["id"]) == FILE


def test_a_file_of_which_nothing_came_leaves_no_job(files: Path | None, partner: Partner) -> None:
    answer = cut(partner, "POST", ADDRESS, b"", announced=10)

    assert (answer.status_code, Import.objects.count(), lies(files)) == (400, 0, 0)


def test_the_hubs_web_server_hands_a_file_over_as_it_comes(files: Path | None, partner: Partner) -> None:
    request = Streamed(partner, "POST", ADDRESS)
    assert Import.objects.get().state == "uploading"
    for at in range(0, len(FILE), 7):
        request.take(FILE[at : at + 7])
    assert not deferred(partner)

    answer = request.end()

    assert (answer.status_code, answer.json()["data"]["size"]) == (202, len(FILE))
    assert whole(answer.json()["data"]["id"]) == FILE
    assert Import.objects.count() == 1


@pytest.mark.parametrize("status", [400, 408, 503])
def test_what_the_web_server_gives_up_is_kept(files: Path | None, partner: Partner, status: int) -> None:
    request = Streamed(partner, "POST", ADDRESS)
    request.take(FILE[:11])

    answer = request.end(CutOff(status, "Given up."))

    data = answer.json()["data"]
    assert (answer.status_code, data["size"], answer["Upload-Offset"]) == (status, 11, "11")
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert whole(data["id"]) == FILE[:11]


def test_a_file_that_the_web_server_finds_too_large_leaves_nothing(files: Path | None, partner: Partner) -> None:
    request = Streamed(partner, "POST", ADDRESS)
    request.take(b"a" * MEGABYTE)

    answer = request.end(CutOff(413, "The request body is larger than 5 GB."))

    assert (answer.status_code, Import.objects.count(), lies(files)) == (413, 0, 0)


def test_a_file_is_cancelled_while_it_comes(files: Path | None, partner: Partner) -> None:
    request = Streamed(partner, "POST", ADDRESS)
    id_ = Import.objects.get().pk
    request.take(b"a" * MEGABYTE)
    assert cancel(partner, id_).json()["data"]["state"] == "cancelled"
    request.take(b"a" * MEGABYTE)

    answer = request.end()

    assert (answer.status_code, answer.json()["data"]["state"]) == (409, "cancelled")
    assert (Import.objects.get().state, lies(files)) == (ImportState.CANCELLED, 0)


def test_a_length_that_is_said_holds_for_a_body_without_one(files: Path | None, partner: Partner) -> None:
    request = Streamed(partner, "POST", ADDRESS, **{"Upload-Length": str(len(FILE))})
    request.take(FILE[:9])

    answer = request.end()

    assert (answer.status_code, answer.json()["data"]["size"], answer["Upload-Offset"]) == (400, 9, "9")
    assert send(partner, **{"Upload-Length": str(len(FILE))}).status_code == 202
    assert send(partner, **{"Upload-Length": str(len(FILE) + 1)}).status_code == 400
    assert send(partner, **{"Upload-Length": "soon"}).status_code == 400


def test_a_wrong_key_is_told_before_the_body(partner: Partner) -> None:
    request = Streamed(Partner(partner.tenant, "wrong"), "POST", ADDRESS)

    assert (request.first.status_code, request.stream.taker) == (401, None)


# Idempotency-Key


def test_a_file_sent_again_under_its_key_is_the_same_import(files: Path | None, partner: Partner) -> None:
    first = send(partner, **{"Idempotency-Key": "load 1"})
    again = send(partner, **{"Idempotency-Key": "load 1"})

    assert again.content == first.content
    assert (again.status_code, again["Idempotent-Replayed"]) == (202, "true")
    assert (Import.objects.count(), deferred(partner), lies(files)) == (1, 1, 1)


def test_another_file_under_that_key_is_refused(files: Path | None, partner: Partner) -> None:
    send(partner, **{"Idempotency-Key": "load 1"})

    assert send(partner, FILE + FILE, **{"Idempotency-Key": "load 1"}).status_code == 422
    assert send(partner, fileName="b", **{"Idempotency-Key": "load 1"}).status_code == 422
    assert (Import.objects.count(), lies(files)) == (1, 1)


def test_a_key_that_is_none_is_refused_before_the_file_comes(partner: Partner) -> None:
    request = Streamed(partner, "POST", ADDRESS, **{"Idempotency-Key": "a, b"})

    assert (request.first.status_code, request.stream.taker, Import.objects.count()) == (400, None, 0)


def test_an_upload_begun_again_under_its_key_is_the_same(partner: Partner) -> None:
    first, again = (send(partner, b"", upload="parts", **{"Idempotency-Key": "load 2"}) for _ in range(2))

    assert again.content == first.content
    assert Import.objects.count() == 1


def test_the_bounds_are_those_of_the_document() -> None:
    assert (problems.MOST_BYTES, problems.MOST_FILES, problems.MOST_TOGETHER) == (5 * 1024**3, 20, 20 * 1024**3)
