"""What is made once for all processes that run the tests: whoever needs it first makes it, the others wait for it."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "HUB_TESTS_SHARE"


def open_share() -> None:
    """Make the folder the processes share; the workers find it in the environment they inherit."""
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix="hub-test-share-")


def close_share() -> None:
    shutil.rmtree(os.environ.pop(VARIABLE))


def share() -> Path:
    return Path(os.environ[VARIABLE])


@contextmanager
def first_comer(name: str) -> Iterator[bool]:
    """Say whether nobody has come through a block of this name yet; one that failed has not. One process at a time."""
    with (share() / f"{name}.lock").open("a+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.tell() == 0
        lock.write(b"done")


@contextmanager
def beside(name: str, *, nobody: bool) -> Iterator[None]:
    """A block beside all others of its name, or beside nobody."""
    with (share() / f"{name}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if nobody else fcntl.LOCK_SH)
        yield
