"""CSV for people: what a spreadsheet opens as text, whatever strangers wrote into it."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from django.http import HttpResponse

from hub.files.writing import escaped


def as_cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    return escaped("" if value is None else str(value))


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Answer with a file to keep: UTF-8 with its mark, by which spreadsheets know it."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([*map(as_cell, row)] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"}
    return HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)
