"""Searched words in the background worker: a thread that looks for tenants whose feed has gone on, and follows.

Beside the jobs and not one of them: what is written is to be found within two seconds. Several workers, on several
machines, do no harm: who finds a tenant's position locked leaves that tenant to the other.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import django.db
import psycopg
import structlog
from django.db import connections

from customers.searching.filling import Waiting, begin, fill, follow, waiting
from hub.sql.execute import renew_connection

log = structlog.get_logger("hub.search")
POLL_SECONDS = 0.5
AWAY_SECONDS = 1  # between two looks while the database is away
FILL_SECONDS = 0.5  # of a round, for tenants that are gone through: those that only follow come first
END_SECONDS = 10  # after which a turn is waited for no longer
AWAY = (django.db.Error, psycopg.Error)


class Worker:
    """Looks for tenants whose searched words are behind, and brings these up to date, a turn at a time."""

    def __init__(self, *, poll: float = POLL_SECONDS) -> None:
        self.poll = poll
        self.is_stopping = Event()

    def work(self) -> None:
        """Look and follow until it is to stop."""
        is_away = False
        try:
            while not self.is_stopping.is_set():
                try:
                    if is_away:
                        connections.close_all()
                    goes_on = self.round()
                    is_away = False
                except AWAY as error:
                    if not is_away:
                        log.warning("searched words wait for the database", exception=type(error).__name__)
                    is_away, goes_on = True, False
                except Exception:
                    log.exception("searched words can't be kept")
                    is_away, goes_on = True, False
                if not goes_on:
                    self.is_stopping.wait(AWAY_SECONDS if is_away else self.poll)
        finally:
            connections.close_all()

    def round(self) -> bool:
        """Take a turn with each tenant that waits, and go through customers for a while; return whether to go on."""
        renew_connection()
        found = waiting()
        for tenant in found:
            if tenant.is_to_begin:
                begin(tenant.tenant_id)
        goes_on = [follow(tenant.tenant_id) for tenant in found if not self.is_stopping.is_set()]
        return any([*goes_on, self._fill(found)])

    def _fill(self, found: list[Waiting]) -> bool:
        ends, filled = time.monotonic() + FILL_SECONDS, 0
        for tenant in found:
            if tenant.is_to_begin or tenant.filled_to is not None:
                while time.monotonic() < ends and not self.is_stopping.is_set() and (some := fill(tenant.tenant_id)):
                    filled += some
        return filled > 0


@contextmanager
def keeping(worker: Worker | None = None) -> Iterator[None]:
    """Keep the searched words in the background until the end of the block."""
    worker = worker or Worker()
    thread = Thread(target=worker.work, name="search", daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.is_stopping.set()
        thread.join(END_SECONDS)
