"""Fairness between tenants: a web server process works on one batch of a tenant at a time, the others wait.

With 16 batches of one tenant under way, another's single records take 3 to 5 times as long as alone, instead of 6 to 9.
Two batches in one process share an interpreter anyway.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Semaphore
from uuid import UUID

from django.conf import settings

from hub.api.errors import BUSY, RETRY_SECONDS, ApiError

SECONDS = 20  # that a batch waits for its turn
STALL = 4  # seconds after which a turn is taken for stuck; healthy ones take a tenth of one
# Batches of a tenant that may wait in a process: the others find threads, even where these are stuck.
MOST_WAITING = max(1, settings.ENVIRONMENT.THREADS * 2 // 3)


@dataclass
class _Queue:
    """A tenant's batches in this process: so many may wait, one works."""

    places: Semaphore = field(default_factory=lambda: Semaphore(MOST_WAITING))
    turn: Semaphore = field(default_factory=Semaphore)
    since: float = math.inf  # time.monotonic of the turn's begin

    @property
    def is_stuck(self) -> bool:
        return time.monotonic() - self.since > STALL


_queues: dict[UUID, _Queue] = {}


@contextmanager
def turn(tenant_id: UUID) -> Iterator[None]:
    """Hold the tenant's turn, one batch at a time in this process, while the block runs.

    Raises ApiError 503 where the turn does not come within SECONDS, and sooner where too many wait for it already:
    after STALL seconds, or at once where the batch whose turn it is seems stuck.
    """
    queue = _queues.get(tenant_id) or _queues.setdefault(tenant_id, _Queue())
    with _acquired(queue.places, 0 if queue.is_stuck else STALL), _acquired(queue.turn, SECONDS):
        queue.since = time.monotonic()
        try:
            yield
        finally:
            queue.since = math.inf


@contextmanager
def _acquired(semaphore: Semaphore, seconds: float) -> Iterator[None]:
    if not semaphore.acquire(timeout=seconds):
        raise ApiError(503, BUSY, headers={"Retry-After": str(RETRY_SECONDS)})
    try:
        yield
    finally:
        semaphore.release()
