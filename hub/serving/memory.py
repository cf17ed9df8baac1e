"""How much memory the processes of the web server have, and which of them has grown too much."""

import resource
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, TypeVar

PAUSE = 60  # seconds between two processes that are renewed because they grew
GROWN = 1.5  # times what it had when it began to serve: what needs more than the bound from the start has not grown


class Measured(Protocol):
    """A process: what it had when it began to serve and what it has, in bytes; 0 where that is not known."""

    first_memory: int

    def memory(self) -> int: ...


Process = TypeVar("Process", bound=Measured)


def resident_bytes(pid: int) -> int:
    """Return how much memory a process has; 0 where nobody tells: it has ended, or this is no Linux."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


class MemoryBound:
    """How many bytes a process may have, 0 for as many as it likes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.resting_until = 0.0  # time.monotonic

    def outgrown_by(self, processes: Iterable[Process]) -> Process | None:
        """Return one of the processes that is to be renewed; None where none is, and for a while after each."""
        if not self.most or time.monotonic() < self.resting_until:
            return None
        for process in processes:
            if process.first_memory and process.memory() > max(self.most, GROWN * process.first_memory):
                self.resting_until = time.monotonic() + PAUSE
                return process
        return None
