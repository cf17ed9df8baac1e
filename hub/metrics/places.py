"""The place of a process among those that count together: a number, and with it the files that its counts stand in.

A counter must not go back when a process is renewed. So whoever comes takes the lowest place that is free, and counts
on in the files of who had it before: there are as many as there ever were processes at once, and nothing to merge or to
delete. A process locks its place's file for as long as it lives; however it ends, the kernel gives the lock up.

The files are mapped into memory, and whoever first writes to a page for which the disk has no room is killed (SIGBUS).
So they are given all the room that they will need before anybody counts.
"""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from prometheus_client import values

log = structlog.get_logger("hub.metrics")
FILES, FILE_BYTES = ("counter", "histogram"), 1 << 20  # of a place; all routes, statuses and tasks take a third of it
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # as the library has it, also for a server of one's own


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A living process that counts in the same folder, this one too."""

    place: int
    pid: int
    name: str  # what it is: web server, background worker


class Place:
    """The place of this process. One that was forked after it had one takes another."""

    def __init__(self) -> None:
        self.pid, self.number, self.descriptor = 0, 0, -1

    def __call__(self) -> int:
        """Return its number."""
        if self.pid != os.getpid():
            self._take()
        return self.number

    def say(self, name: str) -> None:
        """Let the others know what this process is. Without a folder there are no others."""
        if folder():
            self()
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, f"{self.pid} {name}".encode(), 0)

    def _take(self) -> None:
        within = Path(os.environ[FOLDER])
        for number in count():
            descriptor = os.open(within / f"place-{number}", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
                continue
            self.pid, self.number, self.descriptor = os.getpid(), number, descriptor
            _make_room(within, number)
            return


def _make_room(within: Path, number: int) -> None:
    """Allocate the files of a place, in which zeros say that nothing was counted. Raises OSError for no room."""
    for name in FILES:
        with (within / f"{name}_{number}.db").open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, FILE_BYTES)


PLACE = Place()


def folder() -> str:
    """Return the folder that this process counts in together with others; "" where it counts alone."""
    return os.environ.get(FOLDER, "")


if folder():
    try:
        PLACE()
    except OSError as error:
        log.warning("this process counts alone: there is no room for its counts", reason=error.strerror)
        del os.environ[FOLDER]
        values.ValueClass = values.MutexValue
    else:
        values.ValueClass = values.MultiProcessValue(PLACE)  # type: ignore[no-untyped-call]


def folder_for_processes() -> "TemporaryDirectory[str]":
    """Make a folder for the processes that this one is going to start, and name it to them."""
    made = TemporaryDirectory(prefix="hub-metrics-", ignore_cleanup_errors=True)
    os.environ[FOLDER] = made.name
    return made


def neighbours() -> Iterator[Neighbour]:
    """Yield the living processes that have said what they are."""
    for path in sorted(Path(folder()).glob("place-*")) if folder() else ():
        pid, _, name = path.read_text().partition(" ")
        if name and _is_held(path):
            yield Neighbour(int(path.name.removeprefix("place-")), int(pid), name)


def _is_held(path: Path) -> bool:
    """Tell whether a living process has a place: a shared lock, so that two who ask do not see each other."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
