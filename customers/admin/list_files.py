"""A list as it was pasted or uploaded: its identifiers, and of a table the column that has them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hub.admin.pasting import trimmed
from hub.files.problems import FileProblem
from hub.files.sheets import sheet_rows
from hub.files.sniffing import sniff
from hub.files.tables import Row, rows
from hub.records.emails import normal_email
from tenants.imports.items import FileRefused
from tenants.imports.recognising import HEAD, recognised
from tenants.models import FileFormat

MOST_LINES = 10_000
MOST_BYTES = 5 * 1024 * 1024
MOST_COLUMNS, MOST_CELL = 12, 320  # that are offered, and characters of a cell that can be an identifier
EXAMPLES = 3
SEPARATORS = re.compile(r"[\r\n,;\t]+")
BETWEEN_EMAILS = re.compile(r"(?<=\S)\s+(?=\S+@)")
HUB_ID = "hubid"
# What columns of identifiers are called, in letters and digits alone.
HEADERS = {
    *("email", "emailaddress", "mail", "emailadresse", "customeremail", "sahkoposti", "epost"),
    *("customerid", "customernumber", "customerno", "kundennummer", "kundennr", "asiakasnumero", "externalid"),
    *("phone", "phonenumber", "mobile", "telephone", "telefon", "telefonnummer", "puhelin", HUB_ID),
}
TOO_LONG = f"A list has at most {MOST_LINES:,} lines. Send it in several."
TOO_LARGE = "The file has more than 5 MB. Send a list of identifiers alone, or in several files."
NDJSON = "This is JSON. A list is a table (CSV or XLSX), or text with one identifier a line."
NOBODY = "There is no identifier in it. Paste one a line, or choose a file that has some."


class NoList(Exception):
    """What was sent is no list of identifiers; the text says why and what to do."""


@dataclass(frozen=True)
class Column:
    """A column of a table that may hold the identifiers: what it is called, and its cells."""

    name: str
    cells: Sequence[str]

    @property
    def examples(self) -> str:
        """The first cells, to know the column by."""
        return ", ".join(self.cells[:EXAMPLES])


def texts_in(pasted: str) -> list[str]:
    """Return what was typed, an identifier each: one a line, or between commas, semicolons and tabs.

    Blanks part e-mails; they may stand within anything else. Raises NoList for more than a list may have.
    """
    lines = SEPARATORS.split(pasted)
    return identifiers(
        part for line in lines for part in (BETWEEN_EMAILS.split(line) if line.count("@") > 1 else [line])
    )


def identifiers(texts: Iterable[str]) -> list[str]:
    """Return texts without blanks around them and U+0000, those that repeat, too.

    Raises NoList for none, and for more than a list may have.
    """
    found = list(filter(None, (trimmed(text.replace("\0", "")) for text in texts)))
    if not found:
        raise NoList(NOBODY)
    if len(found) > MOST_LINES:
        raise NoList(TOO_LONG)
    return found


def columns_in(upload: Any) -> list[Column]:
    """Return the columns of a file that may hold identifiers: one where it is clear which; raises NoList."""
    if upload.size > MOST_BYTES:
        raise NoList(TOO_LARGE)
    try:
        table = [row.cells for row in islice(_rows(upload), MOST_LINES + 2)]
    except (FileProblem, FileRefused) as error:
        raise NoList(str(error)) from None
    if not table:
        raise NoList(NOBODY)
    return _likeliest([_column(i, table) for i in range(max(map(len, table)))])


def _rows(upload: Any) -> Any:
    head = upload.read(HEAD)
    kind, packing = recognised(upload.name or "", head)
    if packing or kind == FileFormat.NDJSON:
        raise FileRefused(NDJSON if not packing else "Send the file unpacked.")
    upload.seek(0)
    if kind == FileFormat.XLSX:
        return sheet_rows(upload)
    data = upload.read()
    dialect = sniff(data, is_whole=True)
    if not dialect.delimiter or b"\n" not in data.strip():
        return iter([Row(1, [text]) for text in texts_in(data.decode(dialect.encoding, "replace"))])
    return rows([data], dialect)


def _column(number: int, table: Sequence[Sequence[str]]) -> Column:
    cells = [trimmed(row[number])[:MOST_CELL] if number < len(row) else "" for row in table]
    first = cells[0]
    if _is_identifier(first):  # there is no header
        return Column(f"Column {number + 1}", [cell for cell in cells if cell])
    below = [cell for cell in cells[1:] if cell]
    if _plain(first) == HUB_ID:
        below = [f"#{cell.lstrip('#')}" for cell in below]
    return Column(first or f"Column {number + 1}", below)


def _likeliest(columns: Sequence[Column]) -> list[Column]:
    """Return the one column that has identifiers by its header, else by its e-mails; else all that have anything."""
    filled = [column for column in columns if column.cells]
    named = [column for column in filled if _plain(column.name) in HEADERS]
    mailed = [column for column in filled if sum("@" in cell for cell in column.cells) * 2 > len(column.cells)]
    found = named or (mailed if len(mailed) == 1 else filled)
    if not found:
        raise NoList(NOBODY)
    if any(len(column.cells) > MOST_LINES for column in found):
        raise NoList(TOO_LONG)
    return found[:MOST_COLUMNS]


def _plain(header: str) -> str:
    plain = header.casefold().replace("ä", "a").replace("ö", "o")
    return "".join(character for character in plain if character.isalnum())


def _is_identifier(cell: str) -> bool:
    digits = sum(character.isdigit() for character in cell)
    return bool(normal_email(cell)) or digits * 2 > len(cell)
