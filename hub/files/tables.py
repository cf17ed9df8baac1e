"""Rows of a table of text, in constant memory."""

import csv
from collections.abc import Iterable, Iterator
from io import IncrementalNewlineDecoder, StringIO
from itertools import chain, islice
from typing import Any

from msgspec import Struct

from hub.files.encodings import decoder, guessed
from hub.files.problems import FileProblem, problem
from hub.files.sniffing import Dialect

MOST_COLUMNS = 1_000
MOST_CELL = 1_000_000  # characters
MOST_ROW = 10_000_000  # characters, give or take a block
MOST_DELIMITERS = 100_000  # of a row longer than a block, those within quotation marks included
BLOCK = 64 * 1024  # bytes that are decoded at once: most lines are in one, so a longer one is seen before it is read

csv.field_size_limit(MOST_CELL)  # of the process; nothing else here reads CSV


class Row(Struct, gc=False):
    """A row, as long as it is; `line` is the line of the file it begins in, from 1. It can be unpacked.

    Made in 0.15 µs where a NamedTuple takes 0.6, in a loop that has 1.4 for all of a row of ten cells.
    """

    line: int
    cells: list[str]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.line, self.cells))


def rows(pieces: Iterable[bytes], dialect: Dialect) -> Iterator[Row]:
    """Yield the rows of a table, the header first; those without any text are left out, but counted.

    Raises FileProblem for what is not of the dialect's encoding, for rows and cells over the bounds, and where a
    quotation mark is never closed; rows before that have been yielded.
    """
    return _Table(pieces, dialect).rows()


class _Table:
    """A table that is being read: csv takes lines from `_lines`, which know by `began` which row it is in."""

    def __init__(self, pieces: Iterable[bytes], dialect: Dialect) -> None:
        self.dialect = dialect
        self.skipped = int(dialect.has_separator_line)
        self.began = 1 + self.skipped
        self.measured = self.length = self.delimiters = 0  # of the row that is being read, where it is a long one
        self.texts = _decoded(pieces, dialect.encoding)
        lines = chain.from_iterable(self._lines())
        self.reader = csv.reader(islice(lines, 1, None) if self.skipped else lines, **dialect.reading)

    def rows(self) -> Iterator[Row]:
        reader, after, most = self.reader, self.skipped + 1, MOST_COLUMNS
        try:
            for cells in reader:
                began, self.began = self.began, reader.line_num + after
                if len(cells) > most:
                    raise problem("too_many_columns", line=began, n=most)
                if cells and (cells[0] or any(cells)):
                    yield Row(began, cells)
        except csv.Error:
            raise problem("cell_too_long", line=self.began, n=MOST_CELL) from None

    def _lines(self) -> Iterator[Iterable[str]]:
        r"""Yield lines with their ends, many at once; they end with \n, \r\n and \r, as Python's text files have it.

        Whoever asks for more has read all lines before: what `began` says is so of the row that goes on here.
        """
        held: list[str] = []
        try:
            for text in self.texts:
                self._measure(text)
                end = max(text.rfind("\n"), text.rfind("\r")) + 1
                if end:
                    yield StringIO("".join([*held, text[:end]]), newline="")
                    held = []
                held.append(text[end:])
        except UnicodeDecodeError as error:
            raise self._not_encoded(error) from None
        yield filter(None, ["".join(held)])
        if self._is_within_row:
            raise problem("unclosed_quote", line=self.began)

    @property
    def _line(self) -> int:
        """How many lines of the file have been read."""
        return self.reader.line_num + self.skipped

    @property
    def _is_within_row(self) -> bool:
        return self.began <= self._line

    def _measure(self, text: str) -> None:
        """Refuse a row that is longer than a block before it is whole: nothing holds more than MOST_ROW of it."""
        goes_on = self.began == self.measured  # since the last block no row has ended
        self.measured = self.began
        self.length = self.length + len(text) if goes_on else len(text)
        self.delimiters = self.delimiters + text.count(self.dialect.delimiter) if goes_on else 0
        if self.length > MOST_ROW:
            raise problem("row_too_long", line=self.began, n=MOST_ROW)
        if self.delimiters > MOST_DELIMITERS:
            raise problem("too_many_columns", line=self.began, n=MOST_COLUMNS)

    def _not_encoded(self, error: UnicodeDecodeError) -> FileProblem:
        line = self._line + 1
        if self.dialect.encoding == "utf-8":
            return problem("not_utf8_maybe", line=line, guess=guessed(error.object))
        return problem("not_encoded", line=line, encoding=self.dialect.encoding)


def _decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    r"""Yield text as it comes, without a byte order mark, \r\n never cut.

    Raises UnicodeDecodeError when all before the first wrong byte has been yielded.
    """
    bytes_decoder = decoder(encoding)
    text_decoder = IncrementalNewlineDecoder(bytes_decoder, translate=False)
    is_first = True
    for data, is_last in _blocks(pieces):
        try:
            text = text_decoder.decode(data, final=is_last)
        except UnicodeDecodeError as error:
            held = "\r" * (text_decoder.getstate()[1] & 1)
            text = held + decoder(encoding).decode(error.object[: error.start])
            yield text.removeprefix("\ufeff") if is_first else text
            raise
        if text:
            yield text.removeprefix("\ufeff") if is_first else text
            is_first = False


def _blocks(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield bytes at most BLOCK at once, and whether they are the last, which are none."""
    for piece in pieces:
        for at in range(0, len(piece), BLOCK):
            yield piece[at : at + BLOCK], False
    yield b"", True
