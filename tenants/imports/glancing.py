"""A look at the beginning of a file, before anything is done with it: how a table is written, and its first rows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from hub.files.inflating import inflated
from hub.files.problems import problem
from hub.files.sheets import sheet_rows
from hub.files.sniffing import SAMPLE, Dialect, sniff
from hub.files.tables import Row, rows
from tenants.imports.options import Options
from tenants.models import FileFormat

MOST_ROWS = 200  # that samples are taken of
IN_MEMORY = 8 * 1024 * 1024


@dataclass(frozen=True)
class Glance:
    """The header and the first rows of a table, and how it is written; None for a workbook."""

    header: list[str]
    rows: list[list[str]]
    dialect: Dialect | None


def glance(pieces: Callable[[], Iterator[bytes]], format: FileFormat, packing: str, options: Options) -> Glance:
    """Look at a table, whose file `pieces` gives anew each time; raises FileProblem for what is none."""
    if format == FileFormat.XLSX:
        with SpooledTemporaryFile(IN_MEMORY) as file:
            file.writelines(pieces())
            file.seek(0)
            return _glance(sheet_rows(cast(BinaryIO, file)), None)
    dialect = dialect_of(inflated(pieces(), packing), options)
    return _glance(rows(inflated(pieces(), packing), dialect), dialect)


def dialect_of(pieces: Iterable[bytes], options: Options) -> Dialect:
    """Return how a table is written: as it is said, else as its beginning looks."""
    head, is_whole = bytearray(), True
    for piece in pieces:
        head += piece
        if len(head) >= SAMPLE:
            is_whole = False
            break
    said = {"encoding": options.encoding, "delimiter": options.delimiter, "quote": options.quote}
    sniffed = sniff(bytes(head[:SAMPLE]), is_whole=is_whole)
    return sniffed.replace(**{name: value for name, value in said.items() if value})


def _glance(table: Iterator[Row], dialect: Dialect | None) -> Glance:
    header = next(table, None)
    if header is None:
        raise problem("empty_file")
    return Glance(header.cells, [row.cells for row in islice(table, MOST_ROWS)], dialect)
