"""CPU time and memory of process trees, from /proc."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def cpu_seconds(root: int) -> float:
    """Return the CPU seconds of a process and all below it, ended ones included; it only ever grows."""
    return sum(sum(map(int, _fields(pid)[11:15])) for pid in tree(root)) * TICK


def resident_megabytes(pid: int) -> float:
    """Return a process's resident memory in MB."""
    pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def tree(root: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield root
    for child in children(root):
        yield from tree(child)


def children(pid: int) -> list[int]:
    """Return the processes that a process started, by any of its threads."""
    lists = (PROC / str(pid) / "task").glob("*/children")
    return [int(child) for path in lists for child in path.read_text().split()]


def _fields(pid: int) -> list[str]:
    """Return /proc/<pid>/stat from the state on; a process that has just ended counts in its parent."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ["0"] * 15


@dataclass(frozen=True)
class Usage:
    """CPU seconds: of the web server under test, and of PostgreSQL."""

    server: float
    postgres: float

    def __sub__(self, before: "Usage") -> "Usage":
        return Usage(self.server - before.server, self.postgres - before.postgres)
