"""From the elements of a sheet's XML to the texts of its cells."""

import re
from functools import lru_cache

from hub.files.formats import Number, Shown, plain
from hub.files.problems import problem
from hub.files.tables import MOST_COLUMNS, MOST_ROW, Row
from hub.files.texts import Texts

MOST_ROWS = 1_048_576  # Excel's
MOST_CELL = 32_767  # characters, as in Excel; 24 bytes of a sheet may refer to so much
MOST_TEXT = 5_000_000_000  # characters of all rows, for the same reason
MOST_EXACT = 15  # digits of a number; beyond them a spreadsheet rounds
ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")  # of a character that XML cannot have, or that looks like an escape


class _Text:
    """A text that comes in pieces and runs; what tells how to pronounce it is left out."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._is_text = self._is_pronunciation = False
        self._length = 0
        self.line = 0

    def begin_text(self, _: dict[str, str]) -> None:
        self._is_text = not self._is_pronunciation

    def end_text(self) -> None:
        self._is_text = False

    def begin_pronunciation(self, _: dict[str, str]) -> None:
        self._is_pronunciation = True

    def end_pronunciation(self) -> None:
        self._is_pronunciation = False

    def add_text(self, text: str) -> None:
        if self._is_text:
            self._pieces.append(text)
            self._length += len(text)
            if self._length > MOST_CELL:
                raise problem("cell_too_long", line=self.line, n=MOST_CELL)

    def take_text(self) -> str:
        """Return the text so far, and begin anew."""
        text = "".join(self._pieces)
        self._pieces, self._length = [], 0
        return text


class SharedTexts(_Text):
    """Reads the texts that cells share."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self.starts = {"t": self.begin_text, "rPh": self.begin_pronunciation}
        self.ends = {"t": self.end_text, "rPh": self.end_pronunciation, "si": self._end}

    def _end(self) -> None:
        self._texts.add(_unescaped(self.take_text()))


class SheetReader(_Text):
    """Reads the rows of a sheet."""

    def __init__(self, texts: Texts, shown: list[Shown]) -> None:
        super().__init__()
        self._texts, self._shown = texts, shown
        self._rows: list[Row] = []
        self._cells: list[str] = []
        self._cell: dict[str, str] = {}
        self._column = self._size = self._total = 0
        self._has_formula = False
        self.starts = {
            "row": self._begin_row,
            "c": self._begin_cell,
            "v": self.begin_text,
            "t": self.begin_text,
            "f": self._note_formula,
            "rPh": self.begin_pronunciation,
        }
        self.ends = {
            "row": self._end_row,
            "c": self._end_cell,
            "v": self.end_text,
            "t": self.end_text,
            "rPh": self.end_pronunciation,
        }

    def taken(self) -> list[Row]:
        """Return the rows that are complete, once."""
        rows, self._rows = self._rows, []
        return rows

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        self.line = max(self.line + 1, int(number) if number.isdecimal() and len(number) < 10 else 0)
        if self.line > MOST_ROWS:
            raise problem("sheet_too_long", n=MOST_ROWS)
        self._cells, self._column, self._size = [], 0, 0

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        self._column = _column(place.rstrip("0123456789")) if place else self._column + 1
        self._cell, self._has_formula = attributes, False

    def _note_formula(self, _: dict[str, str]) -> None:
        self._has_formula = True

    def _end_cell(self) -> None:
        text = self.take_text()
        if text:
            self._put(self._as_shown(text))
        elif self._has_formula and self._cell.get("t") != "str":  # one without a type has no result yet
            raise problem("formula_without_value", line=self.line)

    def _as_shown(self, text: str) -> str:
        kind = self._cell.get("t", "n")
        if kind == "s":
            return self._shared(text)
        if kind == "n":
            style = self._cell.get("s", "")
            shown = self._shown[int(style)] if style.isdecimal() and int(style) < len(self._shown) else plain
            seen = shown(text)
            return Number(seen) if "." in seen or len(seen) > MOST_EXACT else seen
        if kind == "b":
            return "true" if text == "1" else "false"
        return text.removesuffix("T00:00:00") if kind == "d" else _unescaped(text)

    def _shared(self, number: str) -> str:
        try:
            return self._texts[int(number)]
        except (IndexError, ValueError):
            raise problem("not_xlsx") from None

    def _put(self, text: str) -> None:
        if self._column > MOST_COLUMNS:
            raise problem("too_many_columns", line=self.line, n=MOST_COLUMNS)
        self._size += len(text)
        if self._size > MOST_ROW:
            raise problem("row_too_long", line=self.line, n=MOST_ROW)
        missing = self._column - len(self._cells)
        if missing > 0:
            self._cells.extend([""] * missing)
        self._cells[self._column - 1] = text

    def _end_row(self) -> None:
        self._total += self._size
        if self._total > MOST_TEXT:
            raise problem("sheet_too_large")
        if any(self._cells):
            self._rows.append(Row(self.line, self._cells))


@lru_cache(maxsize=2 * MOST_COLUMNS)
def _column(letters: str) -> int:
    """Return the number of a column by its letters: A is 1, AA 27; one that no sheet has is beyond all bounds."""
    if not 0 < len(letters) < 4 or not letters.isascii() or not letters.isalpha():
        return MOST_COLUMNS + 1
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - 64
    return number


def _unescaped(text: str) -> str:
    """Return a text with the characters that XML could not have; halves of characters stay escaped."""
    return ESCAPE.sub(_character, text) if "_x" in text else text


def _character(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return escape[0] if "\ud800" <= character <= "\udfff" else character
