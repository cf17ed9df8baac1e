"""Requests that wait for news (hub.middleware.waiting): each a future, without a thread, a connection or its body.

One question in each PAUSE is asked for all of them, by whichever thread is free, and none while nobody waits. Writers
do nothing: NOTIFY would have them queue for a lock of the whole server until their commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from hub.middleware.waiting import News, Wait

log = structlog.get_logger("hub.parking")
PAUSE = 0.1  # seconds between two questions
SHARE = 4  # times as long as the last question took, where that is more: 200 tenants on a cluster take 40 ms, not 1
REST = 1.0  # seconds at most, and after a question that was not answered
MOST, MOST_OF_ONE = 1000, 250  # requests that wait in a process, and of those for one stream

InThread = Callable[[Callable[[], News]], Awaitable[News]]


class Parking:
    """The requests of this process that wait. `in_thread` has a thread call something."""

    def __init__(self, in_thread: InThread) -> None:
        self.in_thread = in_thread
        self.parked: dict[Wait, asyncio.Future[bool]] = {}
        self.asking: asyncio.Task[None] | None = None
        self.is_ending = self.is_failing = False

    async def is_over(self, wait: Wait, state: MutableMapping[str, Any]) -> bool:
        """Return when there is news, or the time is over: True, the request is to be answered anew.

        Or when that is not worth it: False, at once where too many wait already, and as soon as the process is to end
        or the client has gone, which calls the `leave` of the request's `state`.
        """
        if self.is_ending or state.get("is_gone") or self._is_full(wait.stream):
            return False
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.parked[wait] = future
        state["leave"] = partial(_resolve, future, False)
        self.asking = self.asking or asyncio.create_task(self._ask_on())
        try:
            async with asyncio.timeout(wait.seconds):
                return await future
        except TimeoutError:
            return True
        finally:
            del self.parked[wait], state["leave"]

    def end(self) -> None:
        """Let all go who wait, and nobody wait any more."""
        self.is_ending = True
        for future in self.parked.values():
            _resolve(future, False)
        if self.asking:
            self.asking.cancel()

    def _is_full(self, stream: UUID) -> bool:
        same = sum(wait.stream == stream for wait in self.parked)
        return len(self.parked) >= MOST or same >= MOST_OF_ONE

    async def _ask_on(self) -> None:
        """Ask as long as anybody waits."""
        clock, pause = asyncio.get_running_loop().time, PAUSE
        try:
            while self.parked:
                await asyncio.sleep(pause)
                begun = clock()
                for ask in {wait.ask for wait in self.parked}:
                    await self._try(ask, [wait for wait in self.parked if wait.ask is ask])
                pause = REST if self.is_failing else min(REST, max(PAUSE, SHARE * (clock() - begun)))
        finally:
            self.asking = None

    async def _try(self, ask: Callable[[Mapping[UUID, int]], News], waits: Collection[Wait]) -> None:
        """Ask for some of those who wait. Where nobody answers they wait on; the log says so once."""
        try:
            news = await self.in_thread(partial(ask, _last_seen(waits)))
        except Exception as error:
            if not self.is_failing:
                log.warning("nobody knows whether there is news: who waits for it waits on", exc_info=error)
            self.is_failing = True
            return
        self.is_failing = False
        found: dict[UUID, dict[str, int]] = {}
        for stream, kind, number in news:
            found.setdefault(stream, {})[kind] = number
        for wait in waits:
            if wait.stream in found:
                self._tell(wait, found[wait.stream])

    def _tell(self, wait: Wait, last: Mapping[str, int]) -> None:
        """Wake a request where what came, by kind its last number, is what it waits for."""
        is_news = any(number > wait.number for kind, number in last.items() if wait.kinds is None or kind in wait.kinds)
        if is_news and wait in self.parked:
            _resolve(self.parked[wait], True)
        wait.number = max(wait.number, *last.values())


def _last_seen(waits: Collection[Wait]) -> dict[UUID, int]:
    """Return of each stream the number that all who wait for it have seen."""
    seen: dict[UUID, int] = {}
    for wait in waits:
        seen[wait.stream] = min(wait.number, seen.get(wait.stream, wait.number))
    return seen


def _resolve(future: asyncio.Future[bool], is_over: bool) -> None:
    if not future.done():
        future.set_result(is_over)
