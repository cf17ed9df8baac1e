"""How many connections each process of the web server has, in memory that all of them share."""

import mmap
import os
import struct
import tempfile

SLOTS = 1024  # more than there are processes; one's slot is its number modulo this
SLOT = struct.Struct("i")
NOBODY = -1
PATIENCE = 20  # times that a connection is left to others; they may be stuck
MOMENT = 0.0005  # seconds between two of these


class Spread:
    """The numbers of all processes. A process that is not accepting has NOBODY."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.numbers = mmap.mmap(descriptor, SLOTS * SLOT.size)

    @classmethod
    def make(cls) -> "Spread":
        """Return the numbers of processes that are still to come, which inherit the descriptor."""
        with tempfile.TemporaryFile() as file:
            file.write(SLOT.pack(NOBODY) * SLOTS)
            file.flush()
            return cls(os.dup(file.fileno()))

    def publish(self, process: int, connections: int) -> None:
        """Note how many connections a process has, or NOBODY."""
        SLOT.pack_into(self.numbers, process % SLOTS * SLOT.size, connections)

    def accepts(self, process: int) -> bool:
        """Tell whether a process takes connections."""
        return bool(SLOT.unpack_from(self.numbers, process % SLOTS * SLOT.size)[0] != NOBODY)

    def fewest(self) -> int:
        """Return how many connections the process that has the fewest has."""
        return min((number for (number,) in SLOT.iter_unpack(self.numbers[:]) if number != NOBODY), default=0)
