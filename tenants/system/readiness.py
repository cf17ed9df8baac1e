"""Whether this hub is ready: what a load balancer must know, and what an operator wants to.

Database and migrations decide about traffic. A worker that is away, or a disk that fills, does not: requests are
answered as before, and all hubs of a database would be taken out at once. Those count where somebody asks for all.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from threading import Lock

import django.db
import psycopg
import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from hub.sql.aside import FOR_PROBES, bounded
from tenants.system.jobs import STALLED_SECONDS, last_heartbeat

log = structlog.get_logger("hub.readiness")
SECONDS, MILLISECONDS = 2.0, 1500  # that all checks may take together, and one statement
KEPT_SECONDS = 1.0  # whoever asks meanwhile is told the same
MIGRATED_SECONDS = 60.0  # that a database which is up to date is taken to be
LEAST_PERCENT, LEAST_BYTES = 5, 1 << 30  # of a disk that are free: less than both is low
GOOD = {"database": "up", "migrations": "applied", "worker": "alive", "disk": "free"}
FOR_TRAFFIC = ("database", "migrations")
UNKNOWN = "unknown"
AWAY = (django.db.Error, psycopg.Error, TimeoutError)
States = Mapping[str, str]


class Readiness:
    """The states that were found last, and when."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.states: States = {}
        self.looked_at = self.migrated_at = -float("inf")  # time.monotonic

    def look(self) -> States:
        """Return the state of each check, not older than KEPT_SECONDS, within SECONDS."""
        if time.monotonic() > self.looked_at + KEPT_SECONDS:
            try:
                states = FOR_PROBES.ask("readiness", self._find, SECONDS)
            except TimeoutError:
                states = {**dict.fromkeys(GOOD, UNKNOWN), "database": "down"}
            with self.lock:
                self._tell(states)
                self.states, self.looked_at = states, time.monotonic()
        return self.states

    def forget(self) -> None:
        """Look anew when somebody asks next, as if nobody had before."""
        self.states = {}
        self.looked_at = self.migrated_at = -float("inf")

    def _find(self) -> States:
        found = dict.fromkeys(GOOD, UNKNOWN)
        for attempt in (1, 2):  # a connection that the server has closed is noticed when it is used
            try:
                self._ask(found)
                break
            except AWAY:
                connection.close()
                found["database"] = "down"
            if attempt == 1:
                found.update(dict.fromkeys(GOOD, UNKNOWN))
        found["disk"] = "low" if any(map(is_low, folders().values())) else "free"
        return found

    def _ask(self, found: dict[str, str]) -> None:
        with bounded(MILLISECONDS):
            found["database"] = "up"
            found["migrations"] = "applied" if self._is_migrated() else "missing"
            age = last_heartbeat()
            found["worker"] = "alive" if age is not None and age < STALLED_SECONDS else "absent"

    def _is_migrated(self) -> bool:
        if time.monotonic() < self.migrated_at + MIGRATED_SECONDS:
            return True
        applied = {*MigrationRecorder(connection).applied_migrations()}
        if needed() <= applied:
            self.migrated_at = time.monotonic()
            return True
        return False

    def _tell(self, states: States) -> None:
        """Log what has changed since the last look."""
        for name, state in states.items():
            if self.states.get(name, GOOD[name]) != state:
                record = log.info if state == GOOD[name] else log.warning
                record("readiness changed", check=name, state=state, before=self.states.get(name))


READINESS = Readiness()


def unmet(states: States, *, all_count: bool) -> list[str]:
    """Return the checks that are not as they must be: of those that decide about traffic, or of all."""
    return [name for name in (GOOD if all_count else FOR_TRAFFIC) if states[name] != GOOD[name]]


@lru_cache(maxsize=1)
def needed() -> set[tuple[str, str]]:
    """Return the last migration of each app, as this code has them: a database that has these has all before them.

    One that was migrated by newer code has them, too: while versions change, both serve.
    """
    return {*MigrationLoader(None).graph.leaf_nodes()}


@contextmanager
def knowing() -> Iterator[None]:
    """Know that from the start (BESIDE_ANSWERS): later the files may be another version's, and no probe waits."""
    needed()
    yield


def folders() -> Mapping[str, str]:
    """Return the folders whose disks must have room: that of the embedded database, and that of files."""
    found = {} if settings.ENVIRONMENT.DATABASE_URL else {"data": str(settings.ENVIRONMENT.HUB_DATA)}
    return {**found, **({"files": str(settings.FILES)} if settings.FILES else {})}


def disks() -> Iterator[tuple[str, int, int]]:
    """Yield (folder, bytes free, bytes in all) for each of them that is there."""
    for name, path in folders().items():
        with suppress(OSError):
            found = os.statvfs(path)
            yield name, found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize


def is_low(path: str) -> bool:
    """Tell whether the disk of a folder is nearly full; so is one that can't be asked."""
    try:
        found = os.statvfs(path)
    except OSError:
        return True
    free, size = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
    return free < LEAST_BYTES and free * 100 < LEAST_PERCENT * size
