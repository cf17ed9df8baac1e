"""Webhooks in the background worker: one thread with a loop that sends, one that asks the database.

Beside the jobs and not one of them: jobs that are slow would hold up deliveries, and deliveries jobs.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Thread
from uuid import uuid4

import django.db
import httpx
import psycopg
import structlog
from django.db import connections

from tenants.webhooks.addresses import Resolve, resolve
from tenants.webhooks.deliveries import Given, Result, Turn
from tenants.webhooks.leases import Held, hold_waiting, let_all_go
from tenants.webhooks.sending import Sender

log = structlog.get_logger("hub.webhooks")
POLL_SECONDS = 0.25  # with 1,000 idle webhooks 1 % of a core
AWAY_SECONDS = 1  # between two looks while the database is away
MOST_AT_ONCE = 100  # webhooks
GRACE_SECONDS = 2  # for attempts under way when the worker ends; a receiver that is cut off gets the message again
END_SECONDS = 10  # after which a database that does not answer is waited for no longer
AWAY = (django.db.Error, psycopg.Error)


class Worker:
    """Looks for webhooks with news, and takes a turn with each, many at once; never two with one."""

    def __init__(
        self, *, look_up: Resolve = resolve, poll: float = POLL_SECONDS, tls: ssl.SSLContext | None = None
    ) -> None:
        self.look_up, self.poll = look_up, poll
        self.id = uuid4()
        self.stopping = asyncio.Event()
        self.turns: dict[int, asyncio.Task[None]] = {}
        self.tls = tls or httpx.create_ssl_context()
        self.executor = ThreadPoolExecutor(1, thread_name_prefix="webhooks' database")

    async def run(self) -> None:
        """Look and send until `stopping`; then let everything go, for other workers or the next start."""
        is_away = False
        while not self.stopping.is_set():
            try:
                await self._begin_turns()
                is_away = False
            except AWAY as error:
                if not is_away:
                    log.warning("webhooks wait for the database", exception=type(error).__name__)
                is_away = True
            except Exception:
                log.exception("webhooks can't be looked for")
                is_away = True
            await self._rest(AWAY_SECONDS if is_away else self.poll)
        await self._end()

    async def database(self, call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """Run what asks the database in the thread that may; a connection that failed is not used again."""

        def run() -> Result:
            try:
                return call(*args, **kwargs)
            except AWAY:
                connections.close_all()
                raise

        return await asyncio.get_running_loop().run_in_executor(self.executor, run)

    async def _begin_turns(self) -> None:
        began = time.monotonic()
        for webhook in await self.database(hold_waiting, self.id, MOST_AT_ONCE - len(self.turns), list(self.turns)):
            self.turns[webhook.id] = asyncio.create_task(self._turn(webhook, began))
            self.turns[webhook.id].add_done_callback(partial(self._end_turn, webhook.id))

    async def _turn(self, webhook: Held, began: float) -> None:
        """Take a turn. Where the database fails in it, the webhook is let go by time, and what was sent comes again."""
        sender = Sender(webhook.url, self.look_up, self.tls)
        try:
            await Turn(self.id, webhook, self.database, sender, began).take()
        except AWAY as error:
            log.warning("a delivery could not be noted", webhook=webhook.id, exception=type(error).__name__)
        except Exception:
            log.exception("a webhook's turn failed", webhook=webhook.id)

    def _end_turn(self, id_: int, _: object) -> None:
        del self.turns[id_]

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _end(self) -> None:
        turns = list(self.turns.values())
        if turns:
            await asyncio.wait(turns, timeout=GRACE_SECONDS)
        for turn in turns:
            turn.cancel()
        await asyncio.gather(*turns, return_exceptions=True)
        try:
            await self.database(let_all_go, self.id)
        except AWAY:
            log.warning("webhooks are let go by time")
        await self.database(connections.close_all)
        self.executor.shutdown(wait=False)


@contextmanager
def delivering(worker: Worker | None = None) -> Iterator[None]:
    """Deliver in the background until the end of the block."""
    worker = worker or Worker()
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_until_complete, args=[worker.run()], name="webhooks", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(worker.stopping.set)
        thread.join(END_SECONDS)
        if not thread.is_alive():
            loop.close()
