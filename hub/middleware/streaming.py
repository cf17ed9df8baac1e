"""Bodies that are taken as they come: what a view and the web server tell each other in the environ.

At the addresses of settings.BODY_STREAMS the hub's web server asks the application before it reads a body, so that the
order of checks comes first. A view that wants the body calls `receive`, which leaves a Taker; the server gives it what
comes, a piece at a time, and has the request answered anew when that is over. No thread waits for a client's bytes.
Any other server answers once, and `receive` reads the body itself.

An answer is sent as a stream where it is a StreamingHttpResponse without a Content-Length: its pieces are asked for one
after the other, each in whichever thread is free, and not before the client has read those before. So they must hold
nothing of a thread between two: no transaction, no cursor, no lock. When all are sent, or the client has gone, the
response is closed, which closes a generator. What a piece raises ends the connection before the answer's end.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

from django.http import HttpRequest, HttpResponse

from hub.middleware.bodies import announced, longest, source_of

STREAM = "hub.stream"
PIECE = 1024 * 1024  # bytes at most that a Taker is given at once
RETRY_SECONDS = 2
GIGABYTE = 1024**3
INCOMPLETE = "The request body is incomplete: it ended before its announced length, or its chunks are broken."
SILENT = "Nothing more of the request body came for {:g} seconds."
ENDING = "The hub is restarting. Please try again."


class Taker(Protocol):
    """What takes a body, such as a store of files."""

    def take(self, data: bytes, /) -> None:
        """Take the next piece of a body: 1 byte to PIECE, in their order, one at a time, each in any thread.

        Nothing more is read of the client before it returns, so what it has stored is what was taken. It may use the
        database as a view does, and must leave no transaction open. Whatever it raises ends the upload: it is given
        nothing more, and `receive` raises the same, in the thread that makes the answer.
        """


class CutOff(Exception):
    """A body was not taken to its end; its Taker keeps what came before.

    `status` is what a client that still listens is to be answered, with `headers`: 413 longer than its address takes,
    400 ended before its length or broken, also by a client that has gone, 408 fallen silent, 503 the server restarts.
    hub.api.errors makes that answer of it.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else {}


@dataclass(eq=False, slots=True)
class Stream:
    """A body on its way, in the environ under STREAM; the server's, a view calls `receive`.

    `size` are the bytes that were taken, `fault` why there are not more, once it `has_come`.
    """

    began: float = field(default_factory=time.perf_counter)
    taker: Taker | None = None
    size: int = 0
    has_come: bool = False
    fault: Exception | None = None


AnyTaker = TypeVar("AnyTaker", bound=Taker)


def receive(request: HttpRequest, begin: Callable[[], AnyTaker]) -> AnyTaker | None:
    """Have a request's body taken by what `begin` returns, and return that when it has taken all of it.

    None where the body is still to come: the view is to return `awaiting_body()` at once, and is called once more when
    it has come, as a request that was let in before. `begin` is called once for an upload, and not where the request
    announces too long a body. `request` is Django's own: in a view of DRF its `_request`.

    Raises CutOff for a body that is not taken to its end, and whatever the taker has raised. After that, and after the
    return, `announced(request)` is how many bytes were taken.
    """
    stream: Stream | None = request.META.get(STREAM)
    if stream and stream.has_come:
        if stream.fault:
            raise stream.fault
        return cast(AnyTaker, stream.taker)
    if announced(request) > longest(request):
        raise too_long(longest(request))
    taker = begin()
    if stream:
        stream.taker = taker
        return None
    _read_into(taker, request)
    return taker


def awaiting_body() -> HttpResponse:
    """Return what a view answers while the body is still to come; it is sent to nobody."""
    return HttpResponse(status=202)


def is_awaiting_body(request: HttpRequest) -> bool:
    """Tell whether a request has been let in and is answered anew when its body has come."""
    stream: Stream | None = request.META.get(STREAM)
    return bool(stream and stream.taker and not stream.has_come)


def began(request: HttpRequest) -> float:
    """Return when a request began (time.perf_counter): now, or before its body was taken."""
    stream: Stream | None = request.META.get(STREAM)
    return stream.began if stream else time.perf_counter()


def has_come(request: HttpRequest) -> bool:
    """Tell whether a request is answered anew because its body has come."""
    stream: Stream | None = request.META.get(STREAM)
    return bool(stream and stream.has_come)


def too_long(most: int) -> CutOff:
    """Return what is raised for a body of more than so many bytes."""
    room = f"{most // GIGABYTE} GB" if most >= GIGABYTE else f"{most // 1024**2} MB"
    return CutOff(413, f"The request body is larger than {room}.")


def _read_into(taker: Taker, request: HttpRequest) -> None:
    """Read a body from a server that hands over its stream, and have it taken."""
    most, length, size = longest(request), announced(request), 0
    for data in _pieces(request):
        size += len(data)
        if size > most:
            raise too_long(most)
        taker.take(data)
        request.META["CONTENT_LENGTH"] = str(size)
    if size < length:
        raise CutOff(400, INCOMPLETE)


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    source = source_of(request)
    try:
        while data := source.read(PIECE):
            yield data
    except Exception:  # the server's own kinds: a broken chunk, a client that fell silent or went away
        raise CutOff(400, INCOMPLETE) from None
