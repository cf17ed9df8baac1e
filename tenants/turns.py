"""Fairness between tenants: a web server process works on one batch of a tenant at a time, the others wait.

With 16 batches of one tenant under way, another's single records took 22 times as long as alone; with turns it is 4
times. The tenant itself loses nothing: two batches in one process share a processor anyway.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Semaphore
from uuid import UUID

from hub.environment import read_environment
from hub.errors import BUSY, RETRY_SECONDS, ApiError

SECONDS = 20  # that a batch waits for its turn
MOST = max(1, read_environment().THREADS * 2 // 3)  # batches of a tenant in a process; the other threads are for others


@dataclass(frozen=True)
class _Queue:
    room: Semaphore = field(default_factory=lambda: Semaphore(MOST))
    turn: Lock = field(default_factory=Lock)


_queues: dict[UUID, _Queue] = {}


@contextmanager
def turn(tenant_id: UUID) -> Iterator[None]:
    """Wait for the tenant's turn; raises ApiError 503 where too many wait already, or it does not come in time."""
    queue = _queues.get(tenant_id) or _queues.setdefault(tenant_id, _Queue())
    if not queue.room.acquire(blocking=False):
        raise _busy()
    try:
        if not queue.turn.acquire(timeout=SECONDS):
            raise _busy()
        try:
            yield
        finally:
            queue.turn.release()
    finally:
        queue.room.release()


def _busy() -> ApiError:
    return ApiError(503, BUSY, headers={"Retry-After": str(RETRY_SECONDS)})
