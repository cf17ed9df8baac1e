"""A sign of life, in shared memory: a process gives it from its loop, its supervisor reads how long ago that was.

One that is there and does nothing, because its loop is blocked or somebody stopped it, gives none. The clock is the
machine's monotonic one, the same for all its processes.
"""

import asyncio
import mmap
import os
import struct
import tempfile
import time

MOMENT = struct.Struct("d")
BEAT_SECONDS = 1.0
NAME = "HUB_PULSE"  # of the variable that tells a process which descriptor it has inherited


class Pulse:
    """When a process gave its last sign."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.moment = mmap.mmap(descriptor, MOMENT.size)

    @classmethod
    def make(cls) -> "Pulse":
        """Return one for a process that is still to come, and inherits the descriptor."""
        with tempfile.TemporaryFile() as file:
            file.write(MOMENT.pack(time.monotonic()))
            file.flush()
            return cls(os.dup(file.fileno()))

    @classmethod
    def inherited(cls) -> "Pulse | None":
        """Return the one that this process was started with; None where nobody watches."""
        descriptor = os.environ.get(NAME)
        return cls(int(descriptor)) if descriptor else None

    def beat(self) -> None:
        """Give a sign."""
        MOMENT.pack_into(self.moment, 0, time.monotonic())

    def age(self) -> float:
        """Return how many seconds ago the last sign was given."""
        return float(time.monotonic() - MOMENT.unpack_from(self.moment)[0])


async def beating(pulse: Pulse) -> None:
    """Give signs from the loop that runs this."""
    while True:
        pulse.beat()
        await asyncio.sleep(BEAT_SECONDS)
