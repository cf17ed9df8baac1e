"""The texts that the cells of a workbook share, on disk: there may be five million of them."""

import os
from array import array
from tempfile import TemporaryFile

from hub.files.problems import problem

MOST_TEXTS = 10_000_000
MOST_BYTES = 2**32 - 1  # so that a text costs four bytes of memory


class Texts:
    """Texts by number, in the order in which they were added."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  # closed with the object that holds it
        self._ends, self._size = array("I", [0]), 0

    def add(self, text: str) -> None:
        """Keep a text; raises FileProblem for more than a workbook can have."""
        self._size += self._file.write(text.encode("utf-8", "surrogatepass"))
        if self._size > MOST_BYTES or len(self._ends) > MOST_TEXTS:
            raise problem("sheet_too_large")
        self._ends.append(self._size)

    def complete(self) -> None:
        self._file.flush()

    def __getitem__(self, number: int) -> str:
        """Return a text; raises IndexError for a number that none has."""
        if number < 0:
            raise IndexError
        begin, end = self._ends[number], self._ends[number + 1]
        return os.pread(self._file.fileno(), end - begin, begin).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        self._file.close()
