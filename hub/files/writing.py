"""Tables for people: CSV that a spreadsheet shows as it is, whatever strangers wrote into it."""

import csv
from collections.abc import Iterable

# A cell that begins with one of these is run as a formula; with an apostrophe before it, it is shown as it stands.
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Encoder:
    """A file that gives back what is written, for csv hands that on."""

    @staticmethod
    def write(text: str) -> bytes:
        return text.encode()


def csv_line(cells: Iterable[str], *, delimiter: str = ",") -> bytes:
    r"""Return a row as a line of CSV: UTF-8, quoted where it must be, ended by \r\n."""
    line: bytes = csv.writer(_Encoder(), delimiter=delimiter).writerow(cells)
    return line


def escaped(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: with an apostrophe before it. `unescaped` undoes it.

    A cell that looks like an escaped one is escaped, too, so that every cell comes back as it was.
    """
    return f"'{cell}" if cell.lstrip("'").startswith(BEGINS_A_FORMULA) else cell


def exact(text: str) -> str:
    """Return a cell of a file that knows texts from formulas: only what looks escaped is, so that it comes back."""
    return escaped(text) if text[:1] == "'" else text


def unescaped(cell: str) -> str:
    """Return what `escaped` was given."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(BEGINS_A_FORMULA) else cell
