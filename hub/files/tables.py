"""Rows of a table of text, in constant memory."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import NamedTuple

from hub.files.sniffing import Dialect

MOST_COLUMNS = 1_000
MOST_CELL = 1_000_000  # characters
MOST_ROW = 10_000_000  # characters


class Row(NamedTuple):
    """A row, as long as it is; `line` is the line of the file it begins in, from 1."""

    line: int
    cells: list[str]


def rows(pieces: Iterable[bytes], dialect: Dialect) -> Iterator[Row]:
    """Yield the rows of a table, the header first; blank ones are left out, but counted.

    Raises FileProblem for what is not of the dialect's encoding, and for rows and cells over the bounds.
    """
    text = StringIO(b"".join(pieces).decode(dialect.encoding).removeprefix("\ufeff"), newline="")
    reader = csv.reader(text, delimiter=dialect.delimiter)
    line = 1
    for cells in reader:
        if any(cells):
            yield Row(line, cells)
        line = reader.line_num + 1
