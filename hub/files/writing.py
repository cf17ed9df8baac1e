"""Tables for people: CSV that a spreadsheet shows as it is, whatever strangers wrote into it."""

import csv
from collections.abc import Iterable
from io import StringIO

# A cell that begins with one of these is run as a formula; with an apostrophe before it, it is shown as it stands.
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Iterable[str]) -> bytes:
    r"""Return a row as a line of CSV: UTF-8, commas, ended by \r\n."""
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def escaped(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; `unescaped` undoes it."""
    return f"'{cell}" if cell.lstrip("'").startswith(BEGINS_A_FORMULA) else cell


def unescaped(cell: str) -> str:
    """Return what `escaped` was given."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(BEGINS_A_FORMULA) else cell
