"""The replica: an optional second database, which may answer what reads. Everything else is the primary's.

While `read_from_replica` reads, `execute` and the ORM (by the router that the settings name) ask the replica, and
nothing is written. Who calls it must know how to tell whether the replica has what is to be seen.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

import psycopg
import structlog
from django.db import DEFAULT_DB_ALIAS, Error, connections
from psycopg.errors import ReadOnlySqlTransaction

log = structlog.get_logger("hub.replica")

PRIMARY, REPLICA = DEFAULT_DB_ALIAS, "replica"
SECONDS = 5  # that a replica rests which has failed
# A query was cancelled, for what is replayed stood in its way, or it took too long: the replica itself is well.
CANCELLED = {"40001", "40P01", "57014"}

Answer = TypeVar("Answer")
_reads_from: ContextVar[str] = ContextVar("reads_from", default=PRIMARY)


class NoReplica(Error):
    """The server that READ_DATABASE_URL names is a primary itself: nobody knows what it has."""


@dataclass
class _Rest:
    """How long this process leaves a replica alone that has failed."""

    ends: float | None = None  # time.monotonic; None while the replica is well

    def begin(self) -> None:
        self.ends = time.monotonic() + SECONDS

    def let_through(self) -> bool:
        """Tell whether a request may ask the replica. After a rest one does; the others go on without it meanwhile."""
        if self.ends is None:
            return True
        if time.monotonic() < self.ends:
            return False
        self.begin()
        return True


_rest = _Rest()


def reads_from() -> str:
    """Return the name of the database that is asked: the replica while it reads, else the primary."""
    return _reads_from.get()


def may_be_asked() -> bool:
    """Tell whether there is a replica, and none that has just failed: one that is away takes seconds to say so."""
    return REPLICA in connections.settings and _rest.let_through()


def read_from_replica(read: Callable[[], Answer], *, is_current: Callable[[], bool]) -> Answer:
    """Return what `read` returns, from the replica where `is_current`, asked of it as well, else from the primary.

    What fails on the replica is asked of the primary, so `read` may run twice. Raises ReadOnlySqlTransaction, by itself
    or as the cause of Django's error, where `read` writes.
    """
    try:
        with _reading():
            current = is_current()
            _rest.ends = None
            if current:
                return read()
    except (Error, psycopg.Error) as error:
        _give_up(error)
    return read()


@contextmanager
def _reading() -> Iterator[None]:
    token = _reads_from.set(REPLICA)
    try:
        yield
    finally:
        _reads_from.reset(token)


def _give_up(error: Exception) -> None:
    """Let a replica that failed rest; raises the error where it is a fault of ours."""
    cause = error.__cause__ or error
    if isinstance(cause, ReadOnlySqlTransaction):
        raise error
    log.warning("the primary answers for the replica", exc_info=error)
    connections[REPLICA].close()  # a broken connection must not serve the next request
    if getattr(cause, "sqlstate", None) not in CANCELLED:
        _rest.begin()
