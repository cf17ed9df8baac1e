"""The file that a backup is written to: it has its name when it is whole, and on disk."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hub.backups.problems import BackupProblem

PARTIAL = ".partial"
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def output(path: Path, *, replaces: bool) -> Iterator[IO[bytes]]:
    """Open a file for a backup (0600), beside where it is to be; it gets its name where the block ends well.

    What a killed backup left of the same name is written over. Raises BackupProblem where the file cannot be written.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        _refuse_taken(path, replaces=replaces)
        with _opened(partial) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                _name(partial, path, replaces=replaces)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise BackupProblem(_why(path, error)) from error


def _refuse_taken(path: Path, *, replaces: bool) -> None:
    if path.exists() and not path.is_file():
        raise BackupProblem(f"{path} is no file: name one, or - for the standard output.")
    if path.exists() and not replaces:
        raise BackupProblem(f"{path} is there already: name another file, or add --force.")


def _opened(partial: Path) -> IO[bytes]:
    """Open the file under its provisional name, emptied; raises BackupProblem where another backup writes it."""
    opened = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    file = open(opened, "wb")  # noqa: SIM115 — for the caller to close
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise BackupProblem(f"Another backup is writing {partial}.") from None
    os.fchmod(file.fileno(), 0o600)
    file.truncate(0)
    return file


def _name(partial: Path, path: Path, *, replaces: bool) -> None:
    """Give the file its name, on disk, too."""
    if replaces:
        os.replace(partial, path)
    else:
        os.link(partial, path)  # which refuses where another one has the name by now
        partial.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _why(path: Path, error: OSError) -> str:
    if error.errno in FULL:
        return f"There is no room for {path} ({error.strerror}): nothing is left of this backup."
    return f"{path} cannot be written ({error.strerror}): nothing is left of this backup."
