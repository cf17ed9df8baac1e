"""What an application answers, and how it gets to the client: whole, or as a stream of pieces.

A stream is asked for its next piece when the client has read those before. So a slow reader holds no thread, and of the
answer two pieces. One that breaks off, or is cut off where the process ends, ends without its last chunk.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Protocol, TypeVar

import structlog

from hub.middleware.watching import is_stream
from hub.serving.environs import Environ, Scope

log = structlog.get_logger("hub.serving")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Application = Callable[[Environ, Callable[..., object]], Iterable[bytes]]
Result = TypeVar("Result")

UNEXPECTED = "An unexpected error occurred. Please try again."
WITHOUT_BODY = (204, 304)
SLICE = 64 * 1024  # bytes of a stream that are sent at once; of small pieces so many are put together
MOMENT = 0.05  # seconds that a stream is given to fill a slice
PAUSE = 2  # seconds between two looks at whether the process is to end
# That the rest of a body which nobody wants is read and thrown away, so that its sender comes to read why.
DISCARD_SECONDS, DISCARD_BYTES = 10, 80 * 1024 * 1024
DISCARD_AT_END = 2


class InThread(Protocol):
    """Has a thread call something, and waits for what it returns or raises."""

    async def __call__(self, work: Callable[[], Result], /) -> Result: ...


class Pieces:
    """The pieces of an answer that goes as a stream."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts, self.iterator = parts, iter(parts)

    def more(self) -> tuple[bytes, bool]:
        """Return the next slice, or a longer piece that came as one, and whether there may be more."""
        found, size, until = [], 0, time.monotonic() + MOMENT
        for piece in self.iterator:
            found.append(piece)
            size += len(piece)
            if size >= SLICE or (size and time.monotonic() > until):
                return b"".join(found), True
        return b"".join(found), False

    def close(self) -> None:
        """Let go what the answer holds; what that raises is logged."""
        try:
            _close(self.parts)
        except Exception as error:
            log.error("an answer was not closed", exc_info=error)


Answer = tuple[int, Headers, bytes | Pieces]


def refusal(status: int, message: str, *more: tuple[bytes, bytes]) -> tuple[int, Headers, bytes]:
    """Return an answer that no application made, as the envelope of a failure, with `more` headers."""
    body = b'{"success":false,"message":"%b","data":{}}' % message.encode()
    length = (b"content-length", str(len(body)).encode())
    return status, [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), length, *more], body


def ask(application: Application, environ: Environ) -> Answer:
    """Have the application answer: whole, or where its answer is a stream, what that begins with."""
    started: list[tuple[int, Headers]] = []

    def start_response(status: str, headers: Iterable[tuple[str, str]], exc_info: object = None) -> None:
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        started[:] = [(int(status[:3]), encoded)]

    try:
        parts = application(environ, start_response)
        if is_stream(parts):
            status, headers = started[0]
            return status, headers, _stream(parts, has_body=environ["REQUEST_METHOD"] != "HEAD" and _has_body(status))
        try:
            body = b"".join(parts)
        finally:
            _close(parts)
        status, headers = started[0]
    except BaseException as error:  # also one that would end the thread
        log.error("no answer", exc_info=error)
        return refusal(500, UNEXPECTED)
    if _has_body(status) and not any(name == b"content-length" for name, _ in headers):
        headers.append((b"content-length", str(len(body)).encode()))
    return status, headers, body


def _has_body(status: int) -> bool:
    return status not in WITHOUT_BODY


def _stream(parts: Iterable[bytes], *, has_body: bool) -> bytes | Pieces:
    if has_body:
        return Pieces(parts)
    _close(parts)
    return b""


def _close(parts: Iterable[bytes]) -> None:
    if close := getattr(parts, "close", None):
        close()


def trace_of(answer: Answer) -> str:
    """Return the traceparent of an answer; nothing where it names none."""
    return dict(answer[1]).get(b"traceparent", b"").decode()


class Sending:
    """Sends answers, the pieces of streams a few at a time, so that others need not queue behind them.

    `in_thread` has a thread call something, for `few` streams at once. From `ends_at` on, a time of the loop's clock,
    no stream goes on.
    """

    def __init__(self, in_thread: InThread, few: asyncio.Semaphore) -> None:
        self.in_thread, self.few = in_thread, few
        self.ends_at = float("inf")

    @property
    def is_ending(self) -> bool:
        """Whether what takes long is to end now."""
        return asyncio.get_running_loop().time() > self.ends_at

    async def send(self, answer: Answer, scope: Scope, send: Send, rest: Receive | None) -> None:
        """Send an answer; where some of the body was not read (`rest`), read on for a while and close then."""
        status, headers, body = answer
        if rest:
            headers = [*headers, (b"connection", b"close")]
        if isinstance(body, Pieces):
            await self._send_stream(status, headers, body, scope, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": rest is not None})
        if rest:
            await _discard(rest, DISCARD_AT_END if self.is_ending else DISCARD_SECONDS)
            await send({"type": "http.response.body", "body": b""})

    async def _send_stream(self, status: int, headers: Headers, pieces: Pieces, scope: Scope, send: Send) -> None:
        """Send the pieces; a refusal where the first can't be had."""
        is_sent = is_started = False
        try:
            data, more = await self._more(pieces)
            is_started = await _start(status, headers, scope, send)
            while (is_read := await self._sent(data, scope["state"], send)) and more and not self.is_ending:
                data, more = await self._more(pieces)
            is_sent = is_read and not more
        except Exception as error:
            trace = trace_of((status, headers, b""))[3:35]
            log.error("an answer broke off", exc_info=error, **({"trace_id": trace} if trace else {}))
        finally:
            await self.in_thread(pieces.close)
        if not is_started:
            await self.send(refusal(500, UNEXPECTED), scope, send, None)
        elif is_sent and _has_chunks(scope):
            await send({"type": "http.response.body", "body": b""})
        else:
            scope["state"].get("cut", bool)(not is_sent)

    async def _more(self, pieces: Pieces) -> tuple[bytes, bool]:
        async with self.few:
            return await self.in_thread(pieces.more)

    async def _sent(self, data: bytes, state: MutableMapping[str, Any], send: Send) -> bool:
        """Send a piece, and tell whether the client has read most of it: False where it has gone or is too late."""
        for start in range(0, len(data), SLICE):
            await send({"type": "http.response.body", "body": data[start : start + SLICE], "more_body": True})
            while not await _is_drained(send):
                if self.is_ending:
                    return False
        return not state.get("is_gone")


async def _start(status: int, headers: Headers, scope: Scope, send: Send) -> bool:
    """Begin an answer without a length: in chunks, or for a client that knows none until the connection's end."""
    if not _has_chunks(scope):
        scope["state"]["unframe"]()
    await send({"type": "http.response.start", "status": status, "headers": headers})
    return True


def _has_chunks(scope: Scope) -> bool:
    return bool(scope["http_version"] != "1.0")


async def _is_drained(send: Send) -> bool:
    """Tell whether there is room to send more, after PAUSE at most."""
    try:
        async with asyncio.timeout(PAUSE):
            await send({"type": "http.response.body", "body": b"", "more_body": True})
    except TimeoutError:
        return False
    return True


async def _discard(receive: Receive, seconds: float) -> None:
    """Read what comes until its sender has read the answer and gone, or all of it is there."""
    left, more = DISCARD_BYTES, True
    try:
        async with asyncio.timeout(seconds):
            while more and left > 0:
                message = await receive()
                more = message.get("more_body", False)
                left -= len(message.get("body", b""))
    except TimeoutError:
        return
