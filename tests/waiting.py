"""Waiting for what must come about, never for a time: how long something takes says how busy the machine is."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

from hub.sql.execute import is_distributed

Found = TypeVar("Found")
PATIENCE = 120  # seconds; ceilings, not expectations: what is waited for is there in a few, unless the machine is busy

HERE = (
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
)
ON_ANY_NODE = "SELECT EXISTS (SELECT 1 FROM citus_lock_waits WHERE blocking_gpid = citus_backend_gpid())"


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE, *, pause: float = 0.05) -> bool:
    """Say whether a condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def wait_for(look: Callable[[], Found]) -> Found:
    """Return the first thing found that is not nothing: a second look might find something else."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


def somebody_waits_for_us() -> bool:
    """Say whether another connection's statement has begun and waits for a tenant's lock that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(ON_ANY_NODE if is_distributed() else HERE)
        return bool(cursor.fetchall()[0][0])
