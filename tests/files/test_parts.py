"""A file sent in parts: begun, gone on with from where it ends, whoever else sends, and started."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from hub.middleware.streaming import CutOff
from tenants.imports import store
from tenants.models import Import, ImportState
from tests.conftest import Partner
from tests.files.sending import (
    CSV,
    FILE,
    MEGABYTE,
    Streamed,
    begin,
    cancel,
    cut,
    deferred,
    patch,
    send,
    set_state,
    start,
    told,
)
from tests.requests_log import logged


def whole(id_: int) -> bytes:
    return b"".join(store.pieces(Import.objects.get(pk=id_)))


def head(partner: Partner, id_: int) -> Any:
    return partner.send("HEAD", f"/imports/{{tenant}}/{id_}")


def message(answer: Any) -> str:
    return str(answer.json()["message"])


def test_parts_make_the_file(files: Path | None, partner: Partner) -> None:
    data, at = os.urandom(3 * MEGABYTE + 11), 0
    answer = send(partner, b"", upload="parts")
    id_ = answer.json()["data"]["id"]
    assert (answer.status_code, message(answer), answer["Upload-Offset"]) == (202, "Upload begun.", "0")

    for size in (1, 10, MEGABYTE, 2 * MEGABYTE):
        answer = patch(partner, id_, data[at : at + size], at)
        at += len(data[at : at + size])
        assert (answer.status_code, answer["Upload-Offset"]) == (202, str(at))
        assert answer.json()["data"] == {"id": id_, "state": "uploading", "size": at}
        assert (head(partner, id_)["Upload-Offset"], told(partner, id_)["size"]) == (str(at), at)

    assert start(partner, id_).json()["data"]["state"] == "waiting"
    assert whole(id_) == data
    assert "Upload-Offset" not in head(partner, id_).headers


def test_each_part_is_one_request_with_its_line_in_the_log(partner: Partner) -> None:
    id_ = begin(partner)
    patch(partner, id_, FILE, 0)
    start(partner, id_)

    assert [(line.method, line.route, line.status, line.size) for line in logged(partner)] == [
        ("POST", "/imports/{tenantId}", 202, 0),
        ("PATCH", "/imports/{tenantId}/{id}", 202, len(FILE)),
        ("POST", "/imports/{tenantId}/{id}/start", 202, 0),
    ]


def test_a_wrong_offset_is_told_the_right_one(files: Path | None, partner: Partner) -> None:
    id_ = begin(partner)
    patch(partner, id_, FILE[:9], 0)

    for offset in (0, 8, 10, 5 * 1024**3):
        answer = patch(partner, id_, b"xyz", offset)
        assert (answer.status_code, answer["Upload-Offset"]) == (409, "9")
        assert answer.json()["data"] == {"id": id_, "state": "uploading", "size": 9}
        assert "Upload-Offset: 9" in message(answer)
    assert whole(id_) == FILE[:9]


@pytest.mark.parametrize("offset", [None, "", "-1", "1.0", "٣", "x", "9" * 30, "0x1", "0, 0"])
def test_an_offset_that_is_none_is_refused_unread(partner: Partner, offset: str | None) -> None:
    id_ = begin(partner)

    answer = patch(partner, id_, FILE, offset) if offset != "٣" else patch(partner, id_, FILE, "\u0663".encode())

    assert (answer.status_code, told(partner, id_)["size"]) == (400, 0)
    assert "Upload-Offset" in message(answer)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_at_once_one_is_refused(files: Path | None, partner: Partner) -> None:
    id_, answers, together = begin(partner), [], threading.Barrier(4)

    def go_on(letter: bytes) -> None:
        together.wait()
        answers.append(patch(partner, id_, letter * (MEGABYTE + 3), 0))
        connection.close()

    threads = [threading.Thread(target=go_on, args=(letter,)) for letter in (b"a", b"b", b"c", b"d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    assert (len(whole(id_)), len(set(whole(id_)))) == (MEGABYTE + 3, 1)


def test_who_sends_into_anothers_part_is_refused_and_so_is_the_other_for_the_rest(
    files: Path | None, partner: Partner
) -> None:
    id_ = begin(partner)
    request = Streamed(partner, "PATCH", f"/imports/{{tenant}}/{id_}", **{"Upload-Offset": "0"})
    request.take(b"a" * MEGABYTE)
    assert patch(partner, id_, b"b", MEGABYTE).status_code == 202
    request.take(b"a" * MEGABYTE)

    answer = request.end()

    assert (answer.status_code, answer["Upload-Offset"]) == (409, str(MEGABYTE + 1))
    assert whole(id_) == b"a" * MEGABYTE + b"b"


def test_a_part_that_is_cut_off_is_gone_on_with(files: Path | None, partner: Partner) -> None:
    id_ = begin(partner)

    answer = cut(
        partner, "PATCH", f"/imports/{{tenant}}/{id_}", FILE[:20], announced=len(FILE), **{"Upload-Offset": "0"}
    )

    assert (answer.status_code, answer["Upload-Offset"], head(partner, id_)["Upload-Offset"]) == (400, "20", "20")
    assert patch(partner, id_, FILE[20:], 20).status_code == 202
    assert whole(id_) == FILE


@pytest.mark.parametrize("status", [400, 408, 503])
def test_a_part_that_the_web_server_gives_up_is_gone_on_with(files: Path | None, partner: Partner, status: int) -> None:
    id_ = begin(partner)
    request = Streamed(partner, "PATCH", f"/imports/{{tenant}}/{id_}", **{"Upload-Offset": "0"})
    request.take(FILE[:7])

    answer = request.end(CutOff(status, "Given up."))

    assert (answer.status_code, answer["Upload-Offset"]) == (status, "7")
    assert whole(id_) == FILE[:7]


def test_the_hubs_web_server_hands_a_part_over_as_it_comes(files: Path | None, partner: Partner) -> None:
    id_ = begin(partner)
    patch(partner, id_, FILE[:7], 0)
    request = Streamed(partner, "PATCH", f"/imports/{{tenant}}/{id_}", **{"Upload-Offset": "7"})
    for at in range(7, len(FILE), 10):
        request.take(FILE[at : at + 10])

    answer = request.end()

    assert (answer.status_code, answer["Upload-Offset"]) == (202, str(len(FILE)))
    assert whole(id_) == FILE


def test_a_wrong_offset_is_told_before_the_bytes_come(partner: Partner) -> None:
    request = Streamed(partner, "PATCH", f"/imports/{{tenant}}/{begin(partner)}", **{"Upload-Offset": "3"})

    assert (request.first.status_code, request.stream.taker) == (409, None)


def test_what_begins_an_upload_has_no_body(partner: Partner) -> None:
    answer = send(partner, FILE, upload="parts")

    assert (answer.status_code, Import.objects.count()) == (400, 0)
    assert "PATCH" in message(answer)


def test_an_upload_says_what_its_file_will_be(partner: Partner) -> None:
    id_ = begin(partner, content_type=CSV, entity="orders", delimiter="tab", **{"Content-Encoding": "zstd"})

    job = Import.objects.get(pk=id_)
    assert (job.format, job.packing, job.entity, job.options) == ("csv", "zstd", "orders", {"delimiter": "\t"})
    assert patch(partner, id_, b"a", 0, **{"Content-Encoding": "zstd"}).status_code == 202
    assert patch(partner, id_, b"a", 1, **{"Content-Encoding": "gzip"}).status_code == 415
    assert patch(partner, id_, b"a", 1, content_type="text/plain").status_code == 202


def test_nothing_starts_of_which_nothing_has_come(partner: Partner) -> None:
    answer = start(partner, begin(partner))

    assert (answer.status_code, answer.json()["data"]["state"]) == (409, "uploading")
    assert not deferred(partner)


def test_nothing_starts_of_which_not_all_has_come_that_was_announced(files: Path | None, partner: Partner) -> None:
    id_ = begin(partner, **{"Upload-Length": str(len(FILE))})
    patch(partner, id_, FILE[:9], 0)

    assert (start(partner, id_).status_code, patch(partner, id_, FILE[9:] + b"x", 9).status_code) == (409, 409)
    assert patch(partner, id_, FILE[9:], 9).status_code == 202
    assert start(partner, id_).status_code == 202


@pytest.mark.parametrize(("length", "status"), [("0", 400), ("x", 400), ("-1", 400), (str(5 * 1024**3 + 1), 413)])
def test_a_length_that_can_not_be_is_refused(partner: Partner, length: str, status: int) -> None:
    answer = send(partner, b"", upload="parts", **{"Upload-Length": length})

    assert (answer.status_code, Import.objects.count()) == (status, 0)


def test_a_file_that_grows_too_large_keeps_what_has_come(
    files: Path | None, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_BYTES", 10)
    id_ = begin(partner)
    patch(partner, id_, b"0123456789", 0)

    answer = patch(partner, id_, b"x", 10)

    assert (answer.status_code, told(partner, id_)["size"]) == (413, 10)


@pytest.mark.parametrize("state", [state for state in ImportState if state != ImportState.UPLOADING])
def test_nothing_is_added_to_what_is_no_upload(files: Path | None, partner: Partner, state: ImportState) -> None:
    id_ = begin(partner)
    patch(partner, id_, FILE, 0)
    set_state(id_, state)

    answer = patch(partner, id_, b"x", len(FILE))

    assert (answer.status_code, answer.json()["data"]["state"]) == (409, state.value)
    assert whole(id_) == FILE


def test_an_upload_that_is_cancelled_takes_nothing_more(files: Path | None, partner: Partner) -> None:
    id_ = begin(partner)
    patch(partner, id_, FILE, 0)

    assert cancel(partner, id_).json()["data"]["state"] == "cancelled"

    assert [patch(partner, id_, b"x", len(FILE)).status_code, start(partner, id_).status_code] == [409, 409]
    assert not Import.objects.get(pk=id_).has_file


def test_a_start_is_sent_again_under_its_key(partner: Partner) -> None:
    id_ = begin(partner)
    patch(partner, id_, FILE, 0)

    first, again = (start(partner, id_, **{"Idempotency-Key": "go"}) for _ in range(2))

    assert (first.status_code, again.content) == (202, first.content)
    assert start(partner, id_).status_code == 409
    assert deferred(partner) == 1
