"""A backup is read: opened, decrypted, and looked through to its end before anything is done with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from hub.backups import manifest
from hub.backups.age import VERSION, Decrypting, Source
from hub.backups.archive import json_of, read
from hub.backups.files import PREFIX
from hub.backups.making import KEYS
from hub.backups.manifest import Manifest, read_manifest
from hub.backups.problems import BackupProblem, Damaged

Seen = Callable[[int], object]
LONGEST = max(len(VERSION), len(manifest.NAME))
NEEDS_PASSPHRASE = "The backup is encrypted: give its passphrase by --passphrase-file or BACKUP_PASSPHRASE."  # noqa: S105


class Content(NamedTuple):
    """What a backup has beside its dump. `keys` is empty where they are only named."""

    manifest: Manifest
    keys: dict[str, str]
    files: int


def is_encrypted(path: Path) -> bool:
    """Say whether a file begins as an encrypted one; raises BackupProblem where it cannot be read."""
    with _opened(path) as file:
        return file.read(len(VERSION)) == VERSION


def _begins_as_one(path: Path) -> bool:
    """Say whether a file begins as a backup does, in clear or encrypted."""
    with _opened(path) as file:
        return file.read(LONGEST).startswith((VERSION, manifest.NAME.encode()))


def parts_of(path: Path, passphrase: str, seen: Seen) -> Iterator[tuple[str, bytes]]:
    """Yield the parts of a backup in pieces, and tell `seen` how many bytes of the file were read.

    Raises BackupProblem where it cannot be read, Damaged where it is not as it was written, at its end at the latest.
    """
    with _opened(path) as file:
        source: Source = _Watched(file, seen)
        if is_encrypted(path):
            if not passphrase:
                raise BackupProblem(NEEDS_PASSPHRASE)
            source = Decrypting(source, passphrase)
        yield from read(source)


def look_through(path: Path, passphrase: str, seen: Seen) -> Content:
    """Read a backup to its end, and return what it has; raises BackupProblem where it cannot be restored."""
    if not _begins_as_one(path):
        raise BackupProblem(f"{path} is no backup of a hub, or its beginning is lost. Nothing was restored.")
    first: Manifest | None = None
    keys: dict[str, str] = {}
    files = set()
    for part, data in parts_of(path, passphrase, seen):
        if first is None:
            if part != manifest.NAME:
                raise BackupProblem(f"{path} is no backup of a hub.")
            first = read_manifest(data)
        elif part == KEYS:
            keys = _keys(data)
        elif part.startswith(PREFIX):
            files.add(part)
    if first is None:
        raise Damaged("it is empty")
    return Content(first, keys, len(files))


def _keys(data: bytes) -> dict[str, str]:
    found = json_of(data)
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found.values()):
        raise Damaged("its keys cannot be read")
    return found


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        if not path.exists():
            raise BackupProblem(f"There is no file {path}.")
        if not path.is_file():
            raise BackupProblem(f"{path} is no file: a backup is read twice, so it cannot come from a pipe.")
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise BackupProblem(f"{path} cannot be read: {error.strerror}.") from error


class _Watched:
    """A source that tells how many bytes were read of it."""

    def __init__(self, file: IO[bytes], seen: Seen) -> None:
        self._file, self._seen = file, seen

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._seen(len(data))
        return data
