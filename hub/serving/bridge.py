"""From the web server's loop to Django: a request is collected whole, then answered in a thread.

No thread waits for a client's bytes, but for a few bodies that their clients send only once they are told to
(`Expect: 100-continue`): whether they may is asked first, so a wrong key is a 401 before the body is sent. So it is
before a body that is taken as it comes (hub.middleware.streaming), and no thread waits for that.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable
from functools import partial
from io import BytesIO, RawIOBase
from operator import call
from typing import Any

from hub.middleware.hosts import QUICK
from hub.middleware.streaming import INCOMPLETE, STREAM, Stream
from hub.middleware.waiting import SECONDS, WAIT, Wait, resumed
from hub.serving.answers import Answer, Application, Pieces, Receive, Result, Send, Sending, ask, refusal, trace_of
from hub.serving.environs import Environ, Scope, environ_of
from hub.serving.intake import SMALL, Held, Intake
from hub.serving.parking import Parking
from hub.serving.threads import Threads

TOO_SLOW = "The request body did not arrive within {:g} seconds. Send smaller batches."
BUSY = "The hub is busy or restarting. Please try again."
FINISHING_SECONDS = 5  # before a process is ended by force: what takes long is ended then


class _TooManyBodies(Exception):
    """This process holds as many bytes of bodies as it may."""


class Bridge:
    """An ASGI application that has a WSGI application answer, in threads of its own.

    `most` says how many bytes of a body are kept, by its path; of a longer one the application is told the length
    alone. A body that has not arrived after `seconds` is given up. `in_stream` says how many bytes a body may have that
    is taken as it comes, by method and path, 0 for none; one of which nothing comes for so long is given up.
    """

    def __init__(
        self,
        application: Application,
        *,
        threads: int,
        most: Callable[[str], int],
        seconds: float,
        in_stream: Callable[[str, str], int],
    ) -> None:
        self.application, self.most, self.seconds, self.in_stream = application, most, seconds, in_stream
        self.held = Held()  # of bodies that are on their way in, or being answered
        self.threads = Threads(threads, call)
        # Others may all wait for the database, and of these who waits must not keep a probe that does not.
        self.probing = {path: Threads(1, call) for path in QUICK}
        self.parking = Parking(self._in_thread)
        few = max(1, threads // 4)
        self.asking = asyncio.Semaphore(few)  # threads that may wait for a body they asked for
        self.resuming = asyncio.Semaphore(few)  # that may answer who has waited: others need not queue behind all these
        streaming = asyncio.Semaphore(few)  # that may take a piece of a body, or make one of an answer
        self.sending = Sending(self._in_thread, streaming)
        self.intake = Intake(self._in_thread, streaming, held=self.held, seconds=seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        environ = environ_of(scope)
        if most := self.in_stream(environ["REQUEST_METHOD"], environ["PATH_INFO"]):
            await self._answer_a_stream(environ, most, scope, receive, send)
            return
        if "HTTP_EXPECT" in environ and "CONTENT_LENGTH" in environ and not self.asking.locked():
            await self._answer_before_the_body(environ, scope, receive, send)
            return
        environ[SECONDS] = math.inf
        parts: list[bytes] = []
        is_read = False
        answer: Answer
        try:
            is_read = await self.collect(parts, environ, receive)
            cut_off = scope["state"].get("is_cut_off")
            answer = refusal(400, INCOMPLETE) if cut_off else await self._answered(environ)
        except TimeoutError:
            answer = refusal(408, TOO_SLOW.format(self.seconds))
        except _TooManyBodies:
            answer = refusal(503, BUSY, (b"retry-after", b"2"))
        except ConnectionError:
            return
        finally:
            self.held.size -= sum(map(len, parts))
        parts.clear()
        wait = environ.get(WAIT)
        if not isinstance(answer[2], Pieces):
            environ.clear()  # a client may take its time with the answer
        if wait and is_read:
            answer = await self._answer_later(answer, wait, scope)
        await self.sending.send(answer, scope, send, None if is_read else receive)

    def end(self, seconds: float) -> None:
        """Let who waits go, and what takes long end before so many seconds are over."""
        self.parking.end()
        ends_at = asyncio.get_running_loop().time() + seconds - FINISHING_SECONDS
        self.intake.ends_at = self.sending.ends_at = ends_at

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
                self.held.size += len(parts[-1])
                if size > most:
                    environ["CONTENT_LENGTH"] = str(size)
                    return not more
                if self.held.is_full and size > SMALL and more:
                    raise _TooManyBodies
        environ["wsgi.input"] = BytesIO(b"".join(parts))
        environ.setdefault("CONTENT_LENGTH", str(size))
        return True

    async def _answer_a_stream(self, environ: Environ, most: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose body may be taken as it comes: once before it, and anew when it has come."""
        stream = environ[STREAM] = Stream()
        environ["wsgi.input"] = BytesIO()
        is_read = environ.get("CONTENT_LENGTH", "0") == "0" and "HTTP_TRANSFER_ENCODING" not in environ
        answer = await self._answered(environ)
        if stream.taker and answer[0] < 400:
            trace = trace_of(answer)
            is_read = await self.intake.take(stream, most, scope, receive, trace)
            anew = resumed(environ_of(scope), seconds=0, traceparent=trace)
            known = {STREAM: stream, "wsgi.input": BytesIO(), "CONTENT_LENGTH": str(stream.size)}
            answer = await self._answered({**anew, **known, "hub.is_gone": bool})  # also where nobody reads the answer
        await self.sending.send(answer, scope, send, None if is_read else receive)

    async def _answer_before_the_body(self, environ: Environ, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.asking:
            body = environ["wsgi.input"] = _Asked(self, dict(environ), receive, asyncio.get_running_loop())
            answer = await self._answered(environ)
            self.held.size -= sum(map(len, body.parts))
        await self.sending.send(answer, scope, send, None if body.is_read else receive)

    async def _answer_later(self, answer: Answer, wait: Wait, scope: Scope) -> Answer:
        """Return the answer to a request that waits, as it is when that is over; `answer` is what it was before."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + wait.seconds
        left: Wait | None = wait
        while left and await self.parking.is_over(left, scope["state"]):
            async with self.resuming:
                environ = resumed(environ_of(scope), seconds=ends - loop.time(), traceparent=trace_of(answer))
                environ["wsgi.input"] = BytesIO()
                answer = await self._answered(environ)
            left = environ.get(WAIT)
            environ.clear()
        return answer

    async def _answered(self, environ: Environ) -> Answer:
        return await self._in_thread(partial(self._work, environ), self.probing.get(environ["PATH_INFO"]))

    def _work(self, environ: Environ) -> Answer:
        # What nobody waits for any more has not begun yet, and need not.
        return refusal(503, BUSY) if environ["hub.is_gone"]() else ask(self.application, environ)

    async def _in_thread(self, work: Callable[[], Result], threads: Threads[Any] | None = None) -> Result:
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        (threads or self.threads).give(partial(_do, future, work))
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
