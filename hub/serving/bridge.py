"""From the web server's loop to Django: a request is collected whole, then answered in a thread.

No thread waits for a client's bytes, but for a few bodies that their clients send only once they are told to
(`Expect: 100-continue`): whether they may is asked first, so a wrong key is a 401 before the body is sent.
"""

import asyncio
import contextlib
import math
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import lru_cache, partial
from io import BytesIO, RawIOBase
from operator import call
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

import structlog

from hub.middleware.waiting import SECONDS, WAIT, Wait, resumed
from hub.serving.parking import Parking
from hub.serving.threads import Threads

log = structlog.get_logger("hub.serving")
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Environ = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]
Application = Callable[[Environ, Callable[..., object]], Iterable[bytes]]
Result = TypeVar("Result")

CUT_OFF = "The request body is incomplete: it ended before its announced length, or its chunks are broken."
TOO_SLOW = "The request body did not arrive within {:g} seconds. Send smaller batches."
UNEXPECTED = "An unexpected error occurred. Please try again."
BUSY = "The hub is busy or restarting. Please try again."
WITHOUT_BODY = (204, 304)
MOST_HELD, SMALL = 256 * 1024 * 1024, 64 * 1024  # bytes of bodies in a process; a small one is always taken
# That the rest of a body which nobody wants is read and thrown away, so that its sender comes to read why.
DISCARD_SECONDS, DISCARD_BYTES = 10, 80 * 1024 * 1024


class _TooManyBodies(Exception):
    """This process holds MOST_HELD bytes of bodies already."""


class Bridge:
    """An ASGI application that has a WSGI application answer, in threads of its own.

    `most` says how many bytes of a body are kept, by its path; of a longer one the application is told the length
    alone. A body that has not arrived after `seconds` is given up.
    """

    def __init__(self, application: Application, *, threads: int, most: Callable[[str], int], seconds: float) -> None:
        self.application, self.most, self.seconds = application, most, seconds
        self.held = 0  # bytes of bodies that are on their way in, or being answered
        self.threads = Threads(threads, call)
        self.parking = Parking(self._in_thread)
        few = max(1, threads // 4)
        self.asking = asyncio.Semaphore(few)  # threads that may wait for a body they asked for
        self.resuming = asyncio.Semaphore(few)  # that may answer who has waited: others need not queue behind all these

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        environ = environ_of(scope)
        if "HTTP_EXPECT" in environ and "CONTENT_LENGTH" in environ and not self.asking.locked():
            await self._answer_before_the_body(environ, receive, send)
            return
        environ[SECONDS] = math.inf
        parts: list[bytes] = []
        is_read = False
        try:
            is_read = await self.collect(parts, environ, receive)
            cut_off = scope["state"].get("is_cut_off")
            answer = refusal(400, CUT_OFF) if cut_off else await self._answered(environ)
        except TimeoutError:
            answer = refusal(408, TOO_SLOW.format(self.seconds))
        except _TooManyBodies:
            answer = refusal(503, BUSY, (b"retry-after", b"2"))
        except ConnectionError:
            return
        finally:
            self.held -= sum(map(len, parts))
        parts.clear()
        wait = environ.get(WAIT)
        environ.clear()  # a client may take its time with the answer
        if wait and is_read:
            answer = await self._answer_later(answer, wait, scope)
        await _send(answer, send, None if is_read else receive)

    async def collect(self, parts: list[bytes], environ: Environ, receive: Receive) -> bool:
        """Collect a body's parts, put it into its environ, and return whether nothing more is to come.

        One that is too long is left out. Raises TimeoutError, _TooManyBodies where too many others are held,
        and ConnectionError where the client has gone.
        """
        environ["wsgi.input"] = BytesIO()
        most = self.most(environ["PATH_INFO"])
        if int(environ.get("CONTENT_LENGTH", 0)) > most:
            return False
        size, more = 0, True
        async with asyncio.timeout(self.seconds):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ConnectionResetError
                parts.append(message["body"])
                size, more = size + len(parts[-1]), message["more_body"]
                self.held += len(parts[-1])
                if size > most:
                    environ["CONTENT_LENGTH"] = str(size)
                    return not more
                if self.held > MOST_HELD and size > SMALL and more:
                    raise _TooManyBodies
        environ["wsgi.input"] = BytesIO(b"".join(parts))
        environ.setdefault("CONTENT_LENGTH", str(size))
        return True

    async def _answer_before_the_body(self, environ: Environ, receive: Receive, send: Send) -> None:
        async with self.asking:
            body = environ["wsgi.input"] = _Asked(self, dict(environ), receive, asyncio.get_running_loop())
            answer = await self._answered(environ)
            self.held -= sum(map(len, body.parts))
        await _send(answer, send, None if body.is_read else receive)

    async def _answer_later(self, answer: Answer, wait: Wait, scope: Scope) -> Answer:
        """Return the answer to a request that waits, as it is when that is over; `answer` is what it was before."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + wait.seconds
        left: Wait | None = wait
        while left and await self.parking.is_over(left, scope["state"]):
            async with self.resuming:
                trace = dict(answer[1]).get(b"traceparent", b"").decode()
                environ = resumed(environ_of(scope), seconds=ends - loop.time(), traceparent=trace)
                environ["wsgi.input"] = BytesIO()
                answer = await self._answered(environ)
            left = environ.get(WAIT)
            environ.clear()
        return answer

    async def _answered(self, environ: Environ) -> Answer:
        return await self._in_thread(partial(self._work, environ))

    def _work(self, environ: Environ) -> Answer:
        # What nobody waits for any more has not begun yet, and need not.
        return refusal(503, BUSY) if environ["hub.is_gone"]() else _ask(self.application, environ)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.threads.give(partial(_do, future, work))
        return await future


class _Asked(RawIOBase):
    """A body that is asked for when it is first read, in a thread that waits for it."""

    def __init__(self, bridge: Bridge, environ: Environ, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self.bridge, self.environ, self.receive, self.loop = bridge, environ, receive, loop
        self.parts: list[bytes] = []
        self.is_read = False

    def readable(self) -> bool:
        """Tell that this is read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read as of a file. Raises OSError (TimeoutError, ConnectionError) where the body does not come."""
        if not self.is_read:
            collecting = self.bridge.collect(self.parts, self.environ, self.receive)
            self.is_read = asyncio.run_coroutine_threadsafe(collecting, self.loop).result()
        read: int = self.environ["wsgi.input"].readinto(buffer)
        return read


def environ_of(scope: Scope) -> Environ:
    """Return a request's WSGI environ (PEP 3333), with the path as it was sent in RAW_URI, without a body.

    Headers whose names have an underscore are left out: they would pass for those with a dash.
    """
    raw, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    (host, port), (client, _) = scope["server"], scope["client"] or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw).decode("latin-1") if "%" in raw else raw,
        "QUERY_STRING": query,
        "RAW_URI": f"{raw}?{query}" if query else raw,
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "hub.is_gone": partial(scope["state"].get, "is_gone"),
    }
    for name, value in scope["headers"]:
        if key := _key(name):
            text = value.decode("latin-1")
            known = environ.get(key)
            environ[key] = text if known is None else f"{known}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
    return environ


@lru_cache(maxsize=256)
def _key(name: bytes) -> str:
    if b"_" in name:
        return ""
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def refusal(status: int, message: str, *more: tuple[bytes, bytes]) -> Answer:
    """Return an answer that no application made, as the envelope of a failure, with `more` headers."""
    body = b'{"success":false,"message":"%b","data":{}}' % message.encode()
    length = (b"content-length", str(len(body)).encode())
    return status, [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), length, *more], body


def _ask(application: Application, environ: Environ) -> Answer:
    """Have the application answer, whole."""
    started: list[tuple[int, Headers]] = []

    def start_response(status: str, headers: Iterable[tuple[str, str]], exc_info: object = None) -> None:
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        started[:] = [(int(status[:3]), encoded)]

    try:
        parts = application(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            if close := getattr(parts, "close", None):
                close()
        status, headers = started[0]
    except BaseException as error:  # also one that would end the thread
        log.error("no answer", exc_info=error)
        return refusal(500, UNEXPECTED)
    if status not in WITHOUT_BODY and not any(name == b"content-length" for name, _ in headers):
        headers.append((b"content-length", str(len(body)).encode()))
    return status, headers, body


def _do(future: asyncio.Future[Result], work: Callable[[], Result]) -> None:
    """Do some work in a thread, for the loop that the future is of."""
    try:
        done = partial(future.set_result, work())
    except BaseException as error:  # also one that would end the thread
        done = partial(future.set_exception, error)
    with contextlib.suppress(RuntimeError):  # the loop has ended
        future.get_loop().call_soon_threadsafe(_resolve, future, done)


def _resolve(future: asyncio.Future[Result], done: Callable[[], None]) -> None:
    if not future.done():  # as that of a connection is that the server gave up
        done()


async def _send(answer: Answer, send: Send, rest: Receive | None) -> None:
    """Send an answer; where some of the body was not read (`rest`), read on for a while and close then."""
    status, headers, body = answer
    if rest is None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await _discard(rest)
    await send({"type": "http.response.body", "body": b""})


async def _discard(receive: Receive) -> None:
    """Read what comes until its sender has read the answer and gone, or all of it is there."""
    left, more = DISCARD_BYTES, True
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            while more and left > 0:
                message = await receive()
                more = message.get("more_body", False)
                left -= len(message.get("body", b""))
    except TimeoutError:
        return
