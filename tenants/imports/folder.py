"""Files in a folder that every host sees (setting FILES): one of each job, named by ids and never by who sent it."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from tenants.imports.problems import FileGone, NoRoom

PIECE = 1024 * 1024
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
OPENED = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def path_of(folder: Path, tenant_id: UUID, import_id: int) -> Path:
    """Return where a job's file is."""
    return folder / str(tenant_id) / str(import_id)


def is_there(path: Path) -> bool:
    """Tell whether there is a file; none is where the folder can't be asked, as one that is mounted may be."""
    try:
        return path.exists()
    except OSError:
        return False


def write(path: Path, start: int, data: bytes) -> None:
    """Have a file end with `data` from byte `start` on, on disk: what a killed writer left behind `start` goes.

    Raises NoRoom where the disk is full, and the file ends at `start` again; FileGone where it was shorter than that.
    """
    try:
        _write(path, start, data)
    except FileNotFoundError:
        raise FileGone from None
    except OSError as error:
        if error.errno in FULL:
            raise NoRoom from error
        raise


def _write(path: Path, start: int, data: bytes) -> None:
    if start == 0:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    file = os.open(path, OPENED if start else OPENED | os.O_CREAT, 0o600)
    try:
        if os.fstat(file).st_size < start:
            raise FileGone
        os.ftruncate(file, start)
        _write_all(file, start, data)
        os.fsync(file)
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, start)
        raise
    finally:
        os.close(file)
    if start == 0:
        _keep_name(path)


def _write_all(file: int, start: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(file, rest, start)
        start, rest = start + written, rest[written:]


def _keep_name(path: Path) -> None:
    """Have the name of a new file on disk, too, and that of its folder."""
    for folder in (path.parent, path.parent.parent):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def read(path: Path, start: int, end: int) -> Iterator[bytes]:
    """Yield a file from byte `start` to `end`, a piece at a time; raises FileGone where it is shorter, or not there."""
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        raise FileGone from None
    with file:
        file.seek(start)
        while start < end:
            piece = file.read(min(PIECE, end - start))
            if not piece:
                raise FileGone
            start += len(piece)
            yield piece


def remove(path: Path) -> None:
    """Delete a file; one that is gone is no fault."""
    path.unlink(missing_ok=True)


def kept(folder: Path) -> Iterator[tuple[UUID, int]]:
    """Yield tenant and job of each file that is there; what has another name is none of ours."""
    for of_tenant in folder.iterdir():
        with suppress(ValueError, NotADirectoryError):
            tenant_id = UUID(of_tenant.name)
            for path in of_tenant.iterdir():
                if path.name.isascii() and path.name.isdecimal():
                    yield tenant_id, int(path.name)
