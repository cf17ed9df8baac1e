"""The web server's worker: gunicorn's threads, with connections spread evenly over the processes.

All processes listen on one socket, and whoever wakes first accepts. Kept connections stay where they were accepted: of
four from one client, three could share a process while others idled. Here whoever has more than another waits a moment.
"""

import mmap
import struct
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

SLOTS = 1024  # more than there are workers; a worker's slot is its age, counted from the first, modulo this
SLOT = struct.Struct("i")
NOBODY = -1
BEAT = 1  # seconds between two signs of life; gunicorn gives one a request or two, which took 4 % of a batch's CPU
PATIENCE = 20  # times that a worker leaves a connection to others; they may be stuck
MOMENT = 0.0005  # seconds between two of these

_connections = mmap.mmap(-1, SLOTS * SLOT.size)  # how many each worker has; shared, for it is made before they fork
_connections[:] = SLOT.pack(NOBODY) * SLOTS


def publish(age: int, connections: int) -> None:
    """Note how many connections the worker of an age has, or NOBODY."""
    SLOT.pack_into(_connections, age % SLOTS * SLOT.size, connections)


def fewest() -> int:
    """Return how many connections the worker that has the fewest has."""
    return min((number for (number,) in SLOT.iter_unpack(_connections[:]) if number != NOBODY), default=0)


class EvenWorker(ThreadWorker):
    """Accepts a connection when no other worker has fewer."""

    declined = 0
    notified = 0.0  # time.monotonic

    def notify(self) -> None:
        if (now := time.monotonic()) - self.notified >= BEAT:
            self.notified = now
            super().notify()

    def accept(self, listener: Any) -> None:
        if self.nr_conns > fewest() and self.declined < PATIENCE:
            self.declined += 1
            time.sleep(MOMENT)
            return
        self.declined = 0
        super().accept(listener)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        publish(self.age, self.nr_conns)
        super().wait_for_and_dispatch_events(timeout)
        publish(self.age, self.nr_conns)
