"""Bodies that are taken as they come (hub.middleware.streaming): a piece in memory, and a thread only to store it."""

import asyncio
from functools import partial

import structlog

from hub.middleware.streaming import ENDING, INCOMPLETE, PIECE, SILENT, CutOff, Stream, too_long
from hub.serving.answers import InThread, Receive
from hub.serving.environs import Scope

MOST_HELD, SMALL = 256 * 1024 * 1024, 64 * 1024  # bytes of bodies in a process; a small one is always taken
PAUSE = 2  # seconds until what has come is taken, and between two looks at whether the process is to end


class Held:
    """How many bytes of bodies a process holds."""

    size = 0

    @property
    def is_full(self) -> bool:
        """Whether there is only room for small ones."""
        return self.size > MOST_HELD


class Intake:
    """Takes bodies. `in_thread` has a thread call something, for `few` of them at once.

    One of which nothing comes for `seconds` is given up; from `ends_at` on, a time of the loop's clock, all are.
    """

    def __init__(self, in_thread: InThread, few: asyncio.Semaphore, *, held: Held, seconds: float) -> None:
        self.in_thread, self.few, self.held, self.seconds = in_thread, few, held, seconds
        self.ends_at = float("inf")

    async def take(self, stream: Stream, most: int, scope: Scope, receive: Receive, trace: str) -> bool:
        """Have a body of at most so many bytes taken, and tell whether nothing more is to come.

        Where it is not taken to its end, the stream says why.
        """
        body = _Body(self, scope, receive)
        try:
            while not stream.fault and (data := await body.piece()):
                await self._store(stream, data, most, trace)
            stream.fault = body.fault
        except Exception as error:
            stream.fault = error
        finally:
            self.held.size -= len(body.come)
        stream.has_come = True
        return not body.has_more

    async def _store(self, stream: Stream, data: bytes, most: int, trace: str) -> None:
        try:
            if stream.size + len(data) > most:
                raise too_long(most)
            async with self.few:
                await self.in_thread(partial(_take, stream, data, trace[3:35]))
        finally:
            self.held.size -= len(data)


class _Body:
    """A body on its way: `come` is what has come and was not asked for, `fault` why there is no more before its end."""

    def __init__(self, intake: Intake, scope: Scope, receive: Receive) -> None:
        self.intake, self.state, self.receive = intake, scope["state"], receive
        self.clock = asyncio.get_running_loop().time
        self.come = bytearray()
        self.has_more = True
        self.fault: CutOff | None = None

    async def piece(self) -> bytes:
        """Return what comes next, PIECE or less where that takes PAUSE; nothing at the end or on a fault."""
        began = heard = self.clock()
        while not self._is_enough(self.clock() - began):
            if await self._receive():
                heard = self.clock()
            elif self.clock() - heard > self.intake.seconds:
                self.fault = CutOff(408, SILENT.format(self.intake.seconds))
        data = bytes(self.come[:PIECE])
        del self.come[:PIECE]
        return data

    def _is_enough(self, seconds: float) -> bool:
        size = len(self.come)
        if self.clock() > self.intake.ends_at and self.has_more:
            self.fault = self.fault or CutOff(503, ENDING)
        is_full = size > SMALL and self.intake.held.is_full
        return bool(size >= PIECE or self.fault or not self.has_more or is_full or (size and seconds > PAUSE))

    async def _receive(self) -> bool:
        """Wait for something to come, PAUSE at most, and tell whether it has."""
        try:
            async with asyncio.timeout(min(PAUSE, self.intake.seconds)):
                message = await self.receive()
        except TimeoutError:
            return False
        self.has_more = message.get("more_body", True)
        if message["type"] == "http.disconnect" or self.state.get("is_cut_off"):
            self.fault = CutOff(400, INCOMPLETE)
        self.come += message.get("body", b"")
        self.intake.held.size += len(message.get("body", b""))
        return True


def _take(stream: Stream, data: bytes, trace_id: str) -> None:
    assert stream.taker  # noqa: S101 — asked before
    with structlog.contextvars.bound_contextvars(trace_id=trace_id):
        stream.taker.take(data)
    stream.size += len(data)
