"""Long bodies and answers behind any server: what a view is given, what the log says, and the hub's own server."""

import asyncio
import gzip
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from pytest_django import Settings

from hub.api.errors import ApiError
from hub.middleware.bodies import announced, most_in_stream
from hub.middleware.streaming import PIECE, STREAM, CutOff, Stream, is_awaiting_body, receive
from hub.serving.intake import MOST_HELD, SMALL, Held, Intake
from tests.conftest import Partner
from tests.requests_log import logged
from tests.system import streams

PATH = "/imports/anybody"
LARGE = bytes(range(256)) * 10_000


class Pieces:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def take(self, data: bytes) -> None:
        """Keep a piece."""
        self.taken.append(data)


class Full(Pieces):
    """Has room for one piece."""

    def take(self, data: bytes) -> None:
        """Keep the first."""
        if self.taken:
            raise ApiError(507, "There is no room.")
        super().take(data)


def request_of(body: bytes, **environ: Any) -> WSGIRequest:
    """Return a request as a server makes it that hands over a stream of bytes."""
    made = RequestFactory().post(PATH, b"", "application/x-ndjson").META | {"wsgi.input": io.BytesIO(body)} | environ
    return WSGIRequest({name: value for name, value in made.items() if value is not None})


CHUNKED = {"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "chunked"}


@pytest.mark.parametrize("framing", [{"CONTENT_LENGTH": str(len(LARGE))}, CHUNKED])
def test_any_server_s_stream_is_taken_in_pieces(framing: dict[str, Any]) -> None:
    request = request_of(LARGE, **framing)

    found = receive(request, Pieces)

    assert found
    assert b"".join(found.taken) == LARGE
    assert [len(piece) for piece in found.taken] == [PIECE, PIECE, len(LARGE) - 2 * PIECE]
    assert announced(request) == len(LARGE)


def refused(request: WSGIRequest, begin: Callable[[], Pieces]) -> CutOff:
    with pytest.raises(CutOff) as caught:
        receive(request, begin)
    return caught.value


def test_a_body_that_ends_before_its_length_is_cut_off_and_what_came_is_kept() -> None:
    kept, request = Pieces(), request_of(b"half", CONTENT_LENGTH="8")

    assert refused(request, lambda: kept).status == 400
    assert kept.taken == [b"half"]
    assert announced(request) == 4


def test_a_body_may_be_as_long_as_its_address_says(settings: Settings) -> None:
    settings.BODY_STREAMS = ((PATH, PIECE + 1),)
    kept, never = Pieces(), pytest.fail
    body = LARGE[: PIECE + 2]

    assert refused(request_of(body, CONTENT_LENGTH=str(len(body))), partial(never, "begun")).status == 413
    assert refused(request_of(body, **CHUNKED), lambda: kept).status == 413
    assert b"".join(kept.taken) == body[:PIECE]
    assert receive(request_of(body[:-1], **CHUNKED), Pieces)


def test_what_the_taker_raises_is_raised_to_the_view() -> None:
    with pytest.raises(ApiError, match="no room"):
        receive(request_of(LARGE, CONTENT_LENGTH=str(len(LARGE))), Full)


def test_the_hub_s_own_server_is_left_a_taker_and_answered_anew() -> None:
    stream = Stream()
    environ = {"CONTENT_LENGTH": "8", STREAM: stream}
    request = request_of(b"", **environ)

    assert receive(request, Pieces) is None
    assert is_awaiting_body(request)

    stream.has_come = True
    assert receive(request_of(b"", **environ), partial(pytest.fail, "begun again")) is stream.taker
    stream.fault = CutOff(503, "Ends.")
    assert refused(request_of(b"", **environ), Pieces).headers == {"Retry-After": "2"}


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("POST", "/imports/5b0e", 5 * 1024**3),
        ("PATCH", "/imports/5b0e/17", 5 * 1024**3),
        ("GET", "/imports/5b0e/17", 0),
        ("DELETE", "/imports/5b0e/17", 0),
        ("POST", "/imports/5b0e/17/start", 0),
        ("POST", "/customers/5b0e", 0),
        ("POST", "/imports/", 0),
    ],
)
def test_bodies_are_taken_as_they_come_where_files_are_sent(method: str, path: str, most: int) -> None:
    assert most_in_stream(method, path) == most


# The hub's server


def taken_by(intake: Intake, messages: list[bytes], most: int) -> tuple[Stream, Pieces]:
    """Have a body taken that comes in these messages."""
    left, stream, kept = list(messages), Stream(), Pieces()
    stream.taker = kept

    async def next_message() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    asyncio.run(intake.take(stream, most, {"state": {}}, next_message, ""))
    return stream, kept


async def at_once(work: Callable[[], Any]) -> Any:
    return work()


def test_pieces_are_small_where_a_process_holds_enough() -> None:
    held = Held()
    held.size = MOST_HELD
    intake = Intake(at_once, asyncio.Semaphore(), held=held, seconds=60)

    stream, kept = taken_by(intake, [b"x" * SMALL] * 20, PIECE * 2)

    assert (stream.size, stream.fault) == (20 * SMALL, None)
    assert max(map(len, kept.taken)) <= 2 * SMALL
    assert held.size == MOST_HELD


def test_nothing_is_held_of_a_body_that_was_refused() -> None:
    held = Held()
    intake = Intake(at_once, asyncio.Semaphore(), held=held, seconds=60)

    stream, kept = taken_by(intake, [b"x" * 3 * PIECE] * 2, PIECE)

    assert isinstance(stream.fault, CutOff)
    assert (stream.fault.status, stream.size, len(kept.taken), held.size) == (413, PIECE, 1, 0)


# Through the application, behind any server


@pytest.fixture
def streaming(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, partner: Partner) -> Partner:
    """A partner of a hub that has the address of tests.system.streams more."""
    settings.ROOT_URLCONF = "tests.system.streams"
    settings.BODY_STREAMS = ((r"/streams/[^/]+", 2 * PIECE),)
    monkeypatch.setattr(streams, "folder", lambda: tmp_path)
    return partner


def test_a_body_is_taken_and_one_line_says_how_long_it_was(streaming: Partner, tmp_path: Path) -> None:
    body = LARGE[: PIECE + 1]

    response = streaming.send("POST", "/streams/{tenant}?name=a", body)

    assert (response.status_code, response.json()["data"]) == (200, {"size": len(body), "most": PIECE})
    assert (tmp_path / "a").read_bytes() == body
    assert [(row.status, row.size) for row in logged(streaming)] == [(200, len(body))]


def test_one_that_is_too_long_is_a_413(streaming: Partner, tmp_path: Path) -> None:
    response = streaming.send("POST", "/streams/{tenant}?name=a", LARGE)

    assert (response.status_code, response.json()["message"]) == (413, "The request body is larger than 2 MB.")
    assert not (tmp_path / "a").exists()


def test_an_answer_is_logged_when_it_has_ended(streaming: Partner, tmp_path: Path) -> None:
    response = streaming.send("GET", "/streams/{tenant}?name=b&pieces=3&size=10")
    assert logged(streaming) == []

    assert b"".join(response) == b"00000000xx00000001xx00000002xx"
    assert [row.status for row in logged(streaming)] == [200]
    assert (tmp_path / "b").read_text() == "closed"


def test_an_answer_that_breaks_off_is_logged_as_a_failure(streaming: Partner) -> None:
    response = streaming.send("GET", "/streams/{tenant}?name=b&pieces=3&size=10&fails=1")

    with pytest.raises(ValueError, match="1"):
        b"".join(response)
    assert [row.status for row in logged(streaming)] == [500]


def test_an_answer_is_compressed_piece_by_piece(streaming: Partner) -> None:
    response = streaming.send("GET", "/streams/{tenant}?name=b&pieces=3&size=10", **{"accept-encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(b"".join(response)) == b"00000000xx00000001xx00000002xx"
