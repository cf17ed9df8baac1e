"""Places: how many threads of a process write for one tenant, or wait for its lock, at a time.

Whoever holds a tenant's lock for long would else come to hold every thread: 60 small posts to such a tenant made
another one wait for 19.7 s. So every door to the lock takes a place first, and a third of the threads is always left.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, local
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import OperationalError

from hub.api.errors import BUSY, RETRY_SECONDS, ApiError

MOST = max(1, settings.ENVIRONMENT.THREADS * 2 // 3)
STUCK = 1  # seconds in which no place was given back by a write that went well; healthy ones take a hundredth of it


@dataclass
class _Places:
    """A tenant's places in this process."""

    changed: Condition = field(default_factory=Condition)
    taken: int = 0
    has_failed: bool = False  # the last that was given back, for the lock was not to be had or the database was away
    moved: float = 0  # time.monotonic of the last that was given back after a success

    def take(self) -> None:
        """Take a place. Raises ApiError 503 where none is given back in time, and at once where they are stuck."""
        with self.changed:
            if not (self.taken or self.has_failed):
                self.moved = time.monotonic()
            left = max(0.0, self.moved + STUCK - time.monotonic())
            if not self.changed.wait_for(lambda: self.taken < MOST, left):
                raise ApiError(503, BUSY, headers={"Retry-After": str(RETRY_SECONDS)})
            self.taken += 1

    def give_back(self, *, has_failed: bool) -> None:
        """Give a place back, and let one who waits for it have it."""
        with self.changed:
            self.taken -= 1
            self.has_failed = has_failed
            if not has_failed:
                self.moved = time.monotonic()
            self.changed.notify()


@dataclass
class _Held:
    """A place that this thread holds."""

    has_failed: bool = False


class _Mine(local):
    """What this thread holds, by tenant."""

    def __init__(self) -> None:
        self.held: dict[UUID, _Held] = {}


_mine = _Mine()
_places: dict[UUID, _Places] = {}


@contextmanager
def place(tenant_id: UUID) -> Iterator[None]:
    """Hold one of the tenant's places in this process while the block runs; the one that this thread has, if any.

    Raises ApiError 503 where there is none.
    """
    if mine := _mine.held.get(tenant_id):
        with _noting(mine):
            yield
        return
    places = _places.get(tenant_id) or _places.setdefault(tenant_id, _Places())
    places.take()
    mine = _mine.held[tenant_id] = _Held()
    try:
        with _noting(mine):
            yield
    finally:
        del _mine.held[tenant_id]
        places.give_back(has_failed=mine.has_failed)


@contextmanager
def _noting(mine: _Held) -> Iterator[None]:
    """Note that the database refused, for whoever holds the place may answer that before it is given back."""
    try:
        yield
    except (OperationalError, psycopg.OperationalError):
        mine.has_failed = True
        raise
