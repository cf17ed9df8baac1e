"""How a table of text is written: its encoding, delimiter and quotation marks, seen from its first bytes."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from io import StringIO
from itertools import islice
from typing import Any

from hub.files.encodings import decoder, encoding_named, guessed, marked, without_mark
from hub.files.problems import problem

SAMPLE = 1_000_000  # bytes that are worth looking at for the encoding
SEEN, SEEN_ROWS, MOST_HEADER = 200_000, 500, 20_000  # characters and rows of them for the rest
NO_TABLE = (0.0, 0)
QUOTES = ('"', "'", "")
DELIMITERS = ("\t", ";", "|", ",")  # of two that fit as well the first: commas are in texts, names and amounts
SEPARATOR = re.compile(r'\A"?sep=([^"\r\n])"?(?:\r\n|\r|\n)', re.IGNORECASE)  # Excel's own first line
LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Dialect:
    r"""How a table is written. `encoding` is a name of ENCODINGS, `quote` is "" where none is used.

    `escape` is the backslash where that, not doubling, saves quotation marks in cells; `skips_blanks`: those before a
    cell are no part of it. `has_separator_line`: the first line is Excel's `sep=;`, no row. `line_end` and `has_bom`
    are for show: rows end at \n, \r\n and \r, and a mark is taken off. `is_guess`: bytes do not tell this encoding, so
    show the texts.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    skips_blanks: bool = False
    line_end: str = "\n"
    has_bom: bool = False
    has_separator_line: bool = False
    is_guess: bool = False

    def replace(self, **known: Any) -> "Dialect":
        """Return it with what somebody knows better; raises FileProblem for what no table can be written in."""
        delimiter = known.get("delimiter", self.delimiter)
        if len(delimiter) != 1 or delimiter.isalnum() or delimiter in "\r\n\"' \0":
            raise problem("no_delimiter")
        if known.get("quote", self.quote) not in QUOTES:
            raise problem("no_quote")
        if "encoding" in known:
            encoding = _in_order(encoding_named(known["encoding"]), self.encoding if self.has_bom else "")
            known = {"is_guess": False} | known | {"encoding": encoding}
        return replace(self, **known)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Dialect":
        """Return what to_json gave; what is missing is as usual, what is unknown is left out."""
        names = {field.name for field in fields(cls)}
        return cls().replace(**{name: value for name, value in stored.items() if name in names})

    @property
    def reading(self) -> dict[str, Any]:
        """What csv.reader is told of it."""
        return {
            "delimiter": self.delimiter,
            "quotechar": self.quote or None,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "escapechar": self.escape or None,
            "skipinitialspace": self.skips_blanks,
        }


def sniff(sample: bytes, *, is_whole: bool = False, encoding: str = "") -> Dialect:
    """Return how a table is written, by its first bytes (up to SAMPLE); `is_whole`: there are no more.

    `encoding` is what somebody has declared, by any name. Raises FileProblem where that is unknown.
    """
    is_whole = is_whole and len(sample) <= SAMPLE
    encoded = _encoded(sample[:SAMPLE], encoding)
    text = _decoded(sample[:SAMPLE], encoded.encoding)
    found = LINE_END.search(text)
    shaped = replace(encoded, line_end=found[0] if found else "\n")
    if separator := SEPARATOR.match(text):
        return _quoted(text[separator.end() :], replace(shaped, delimiter=separator[1], has_separator_line=True))
    return _likeliest(text, shaped, is_whole=is_whole)


def _encoded(sample: bytes, declared: str) -> Dialect:
    mark = marked(sample)
    if declared:
        return Dialect(encoding=mark or "utf-8", has_bom=bool(mark)).replace(encoding=declared)
    if mark:
        return Dialect(encoding=mark, has_bom=True)
    if told := without_mark(sample):
        return Dialect(encoding=told)
    return Dialect(encoding=guessed(sample), is_guess=True)


def _in_order(declared: str, mark: str) -> str:
    """Return a declared encoding, of UTF-16 and UTF-32 in the byte order that the mark tells."""
    return mark if mark[:6] == declared[:6] else declared


def _decoded(sample: bytes, encoding: str) -> str:
    """Return the beginning of a text; where it is not of its encoding, rows() says so, and in which line."""
    return decoder(encoding, "replace").decode(sample).removeprefix("\ufeff")[:SEEN]


def _likeliest(text: str, shaped: Dialect, *, is_whole: bool) -> Dialect:
    """Return the dialect that makes the most regular table of a text, with the delimiter of CSV where none does."""
    whole = is_whole and len(text) < SEEN
    scored = [(_score(text, dialect, is_whole=whole), dialect) for dialect in _dialects(text, shaped)]
    score, best = max(scored, key=lambda pair: pair[0])
    return best if score > NO_TABLE else _quoted(text, replace(shaped, delimiter=","))


def _dialects(text: str, shaped: Dialect) -> Iterator[Dialect]:
    return (_quoted(text, replace(shaped, delimiter=delimiter)) for delimiter in DELIMITERS)


def _quoted(text: str, dialect: Dialect) -> Dialect:
    r"""Add how cells are quoted. After a quotation mark that ends a cell there is the delimiter or a line end.

    So \" before anything else is no end: the backslash saves the mark.
    """
    header = next((line for line in LINE_END.split(text[:MOST_HEADER]) if line.strip()), "")
    delimiter, cells = re.escape(dialect.delimiter), [cell.strip() for cell in header.split(dialect.delimiter)]
    quote = "'" if all(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells) else '"'
    escape = "\\" if re.search(rf"\\{quote}[^{delimiter}{quote}\r\n]", text) else ""
    skips_blanks = bool(re.search(rf"{delimiter} +{quote}", header))
    return replace(dialect, quote=quote, escape=escape, skips_blanks=skips_blanks)


def _score(text: str, dialect: Dialect, *, is_whole: bool) -> tuple[float, int]:
    """Say how regular a table is: how many of its rows are as wide as the header, in tenths, and how wide that is.

    Less so where quotation marks stand within cells: then the delimiter may be one that quoted cells have.
    """
    found = list(islice(_parsed(text, dialect), SEEN_ROWS + 1))
    seen = found if is_whole or len(found) < 2 else found[:-1]  # the last may be cut
    width = len(seen[0]) if seen else 0
    if width < 2:
        return NO_TABLE
    share = sum(len(row) == width for row in seen) / len(seen)
    return round(share * (1 - _misplaced(text, dialect)), 1), width


def _misplaced(text: str, dialect: Dialect) -> float:
    """Return which part of the quotation marks neither begins nor ends a cell, nor is doubled."""
    marks = text.count(dialect.quote)
    edges = rf"[{re.escape(dialect.delimiter)}{dialect.quote}\r\n]"
    within = re.findall(rf"(?<!^)(?<!{edges}){dialect.quote}(?!{edges}|\Z)", text)
    return len(within) / marks if marks else 0


def _parsed(text: str, dialect: Dialect) -> Iterator[list[str]]:
    """Yield the rows of a sample, as far as they can be read, blank ones left out."""
    try:
        yield from filter(any, csv.reader(StringIO(text, newline=""), **dialect.reading))
    except csv.Error:
        return
