"""A workbook of one sheet, written row by row: nothing of it is held, so that a million rows take no memory."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from io import RawIOBase
from itertools import chain, islice
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

MOST_ROWS = 1_048_576  # of a sheet, the header included: Excel opens no more
MOST_CELL = 32_767  # characters, as many as Excel takes
# Characters that XML has not, and what a workbook reads as one: _x0041_ is A.
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
CODED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XLSX = f"{TYPE}.sheet"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
PARTS = {
    "[Content_Types].xml": f'{XML}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    '<bookViews><workbookView/></bookViews><sheets><sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


# The first row stays in sight.
VIEWS = (
    '<sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
)
WIDTHS = 9, 48  # the narrowest and the widest column, in characters


class _Taken(RawIOBase):
    """What a file is written to that is handed on as it grows: it can't be read, nor gone back in."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self.pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        found, self.pieces = b"".join(self.pieces), []
        return found


def workbook(pages: Iterable[Collection[Sequence[str]]]) -> Iterator[bytes]:
    """Yield a workbook piece by piece, its rows in pages: all cells are texts, which nothing runs as formulas.

    The first row is the head, and stays in sight; columns are as wide as it and the page after it want them.
    """
    taken, pages = _Taken(), iter(pages)
    first = list(islice(pages, 2))
    with ZipFile(taken, "w", ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{XML}<worksheet xmlns="{MAIN}">{VIEWS}{_columns(first)}<sheetData>'.encode())
            for page in chain(first, pages):
                sheet.write("".join(map(_row, page)).encode())
                yield taken.taken()
            sheet.write(b"</sheetData></worksheet>")
    yield taken.taken()


def _columns(pages: Iterable[Collection[Sequence[str]]]) -> str:
    """Write how wide columns are, to hold the longest text of some pages."""
    least, most = WIDTHS
    longest: dict[int, int] = {}
    for row in chain.from_iterable(pages):
        for number, text in enumerate(row, start=1):
            longest[number] = max(longest.get(number, least), min(len(text) + 2, most))
    written = (
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>' for number, width in longest.items()
    )
    return f"<cols>{''.join(written)}</cols>" if longest else ""


def _row(cells: Sequence[str]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(text: str) -> str:
    if not text:
        return "<c/>"
    plain = escape(NO_XML.sub("\ufffd", CODED.sub("_x005F_", text[:MOST_CELL])))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{plain}</t></is></c>'
