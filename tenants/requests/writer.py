"""The request log's queue: a call costs its answer an append; a thread of the process writes what waits, soon.

Nothing is lost but with a process that is killed (-9), or where the database is away for longer than the queue is long:
how much that was is in the log. Where no thread runs (tests, commands), what waits is written by `flush`.
"""

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Event, Lock, Thread
from uuid import UUID

import django.db
import orjson
import psycopg
import structlog
from django.db import connection, transaction

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.requests.entries import Entry, Stranger
from tenants.requests.pages import Pages, PageView
from tenants.requests.strangers import Strangers

log = structlog.get_logger("tenants.requests")
RECORD_REQUESTS = read_sql("tenants", "record_requests")
COUNT_REQUESTS = read_sql("tenants", "count_requests")
PAUSE_SECONDS = 1.0
END_SECONDS = 5  # that a process which ends may take for the last of it
MOST_WAITING = 20_000  # entries, of 1 to 10 KB
MOST_AT_ONCE = 1000  # entries in a statement
# Refused before the rate limit, or by it: of a tenant only so many a write are kept whole, and all are counted.
UNBOUNDED, MOST_UNBOUNDED = {403, 429}, 10
AWAY = (django.db.OperationalError, django.db.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)


class Writer:
    """What waits to be written, and the thread that writes it where the process is one that serves."""

    def __init__(self) -> None:
        self.waiting: deque[Entry] = deque()
        self.strangers, self.pages = Strangers(), Pages()
        self.lost = 0  # since the log last said so
        self.lock, self.writing = Lock(), Lock()
        self.is_serving = self.is_away = False
        self.ending = Event()
        self.thread: Thread | None = None
        self.process = 0  # that the thread is of: a server may fork after it has loaded the hub

    def add(self, entry: Entry | Stranger | PageView) -> None:
        """Have a call written soon. Costs no look at the database."""
        with self.lock:
            if isinstance(entry, Stranger):
                self.strangers.add(entry)
            elif isinstance(entry, PageView):
                self.pages.add(entry)
            elif len(self.waiting) < MOST_WAITING:
                self.waiting.append(entry)
            else:
                self.lost += 1
            if self.is_serving and self.process != os.getpid():
                self._start()

    def flush(self) -> None:
        """Write what waits. Raises the database's error where it is away: then it waits on."""
        with self.writing:
            while entries := self._take():
                self._write(entries)
            if self.strangers:
                self._write_strangers()
            if self.pages:
                self._write_pages()

    def forget(self) -> None:
        """Throw away what waits."""
        with self.lock:
            self.waiting.clear()
            self.strangers, self.pages = Strangers(), Pages()

    def serve(self) -> None:
        """Have a thread write from the first call on."""
        self.is_serving = True

    def end(self) -> None:
        """Write the last of what waits, if that takes no longer than END_SECONDS, and end the thread."""
        self.is_serving = False
        self.ending.set()
        if self.thread and self.process == os.getpid():
            self.thread.join(END_SECONDS)
        self.lost += len(self.waiting)
        self._tell_lost()

    def _start(self) -> None:
        self.process = os.getpid()
        self.thread = Thread(target=self._run, name="request log", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.ending.wait(PAUSE_SECONDS):
            if not self.attempt():
                connection.close()  # a broken one serves nobody
        self.attempt()
        connection.close()

    def attempt(self) -> bool:
        """Write what waits, survive whatever comes of it, and tell whether it was written."""
        try:
            self.flush()
        except AWAY as error:
            if not self.is_away:
                log.warning("the request log waits for the database", exception=type(error).__name__)
            self.is_away = True
            return False
        except Exception as error:
            log.error("requests could not be logged", exc_info=error)
            return False
        self.is_away = False
        self._tell_lost()
        return True

    def _take(self) -> list[Entry]:
        with self.lock:
            return [self.waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self.waiting)))]

    def _write(self, entries: list[Entry]) -> None:
        try:
            with transaction.atomic():
                execute(RECORD_REQUESTS, {"entries": _json(whole(entries)), "now": datetime.now(UTC)})
                execute(COUNT_REQUESTS, {"counts": _json(counts(entries))})
        except AWAY:
            with self.lock:
                self.waiting.extendleft(reversed(entries))
            raise
        except Exception as error:  # what can't be written now can't be written later
            if len(entries) == 1:
                self.lost += 1
                log.error("a request could not be logged", exc_info=error)
                return
            middle = len(entries) // 2  # all but the one that can't
            self._write(entries[:middle])
            self._write(entries[middle:])

    def _write_strangers(self) -> None:
        with self.lock:
            strangers, self.strangers = self.strangers, Strangers()
        try:
            with transaction.atomic():
                strangers.write()
        except AWAY:
            with self.lock:
                self.strangers.returned(strangers)
            raise

    def _write_pages(self) -> None:
        with self.lock:
            pages, self.pages = self.pages, Pages()
        with transaction.atomic():
            pages.write()

    def _tell_lost(self) -> None:
        if self.lost:
            log.error("requests are missing in the request log", number=self.lost)
            self.lost = 0


def whole(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that are kept whole."""
    unbounded: Counter[UUID] = Counter()
    kept = []
    for entry in entries:
        if entry.status in UNBOUNDED:
            unbounded[entry.tenant_id] += 1
        if entry.status not in UNBOUNDED or unbounded[entry.tenant_id] <= MOST_UNBOUNDED:
            kept.append(entry)
    return kept


def counts(entries: Iterable[Entry]) -> list[dict[str, object]]:
    """Return how many calls of each tenant, day and status entries are."""
    requests: Counter[tuple[UUID, date, int]] = Counter()
    warned: Counter[tuple[UUID, date, int]] = Counter()
    for entry in entries:
        key = (entry.tenant_id, entry.created_at.date(), entry.status)
        requests[key] += 1
        warned[key] += entry.faults > 0 and entry.status < 400
    return [
        {"tenant_id": tenant_id, "day": day, "status": status, "requests": number, "warned": warned[key]}
        for (key, number) in sorted(requests.items())
        for tenant_id, day, status in [key]
    ]


def _json(rows: object) -> str:
    return orjson.dumps(rows).decode()


WRITER = Writer()


@contextmanager
def writing() -> Iterator[None]:
    """Have this process write its request log while it serves, and the last of it at the end (BESIDE_ANSWERS)."""
    WRITER.serve()
    try:
        yield
    finally:
        WRITER.end()
