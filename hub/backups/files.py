"""The files of a folder (setting FILES) as parts of a backup."""

import filecmp
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from hub.backups.archive import BLOCK, Writer
from hub.backups.problems import BackupProblem, Damaged

PREFIX = "files/"
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}")
UNFINISHED = ".restoring"


def put_files(archive: Writer, folder: Path) -> int:
    """Write all files of a folder, and return how many: those that went while it was read are none."""
    number = 0
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or not all(map(NAME.fullmatch, relative.parts)):
            continue
        try:
            file = path.open("rb")
        except FileNotFoundError:
            continue
        with file:
            archive.put_stream(f"{PREFIX}{relative.as_posix()}", _chunks(file))
        number += 1
    return number


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while data := file.read(BLOCK):
        yield data


class Placing:
    """Puts files into a folder as their pieces come; each gets its name when it is whole, and on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._part = folder, ""
        self._file: IO[bytes] | None = None

    def write(self, part: str, data: bytes) -> None:
        """Take the next piece of a part."""
        if part != self._part:
            self.finish()
            self._part, path = part, self._path(part)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = path.with_name(path.name + UNFINISHED)
            unfinished.unlink(missing_ok=True)
            opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = open(opened, "wb")  # noqa: SIM115 — closed in finish()
        assert self._file  # noqa: S101 — opened with the first piece
        self._file.write(data)

    def finish(self) -> None:
        """Name the file that is whole now; raises BackupProblem where another one has its name."""
        if not self._file:
            return
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())
        self._file, path = None, self._path(self._part)
        unfinished = path.with_name(path.name + UNFINISHED)
        if path.exists() and not filecmp.cmp(path, unfinished, shallow=False):
            unfinished.unlink()
            raise BackupProblem(
                f"{path} is there already, and not as it is in the backup: set FILES to an empty folder."
            )
        os.replace(unfinished, path)

    def _path(self, part: str) -> Path:
        relative = PurePosixPath(part.removeprefix(PREFIX))
        if relative.is_absolute() or not all(map(NAME.fullmatch, relative.parts)):
            raise Damaged("it names a file that no hub has")
        return self._folder / relative
