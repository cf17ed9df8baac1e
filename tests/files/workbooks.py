"""Workbooks as Excel writes them, and as nobody should: parts of XML in an archive."""

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relationships(kinds: Mapping[str, str]) -> str:
    """Return what relates a part to others, by the names of their files."""
    told = "".join(
        f'<Relationship Id="{target}" Type="{RELATED}/{kind}" Target="{target}"/>' for target, kind in kinds.items()
    )
    return f'<Relationships xmlns="{PACKAGE}">{told}</Relationships>'


def sheet(rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def row(*cells: str) -> str:
    """Return a row of numbers, as they are written in the file."""
    return f"<row>{''.join(f'<c><v>{cell}</v></c>' for cell in cells)}</row>"


def workbook(
    rows: str, *, texts: str = "", styled: tuple[int, ...] = (), parts: Mapping[str, str] | None = None
) -> BytesIO:
    """Return a workbook of one sheet: `styled` are the formats that cells refer to; `parts` instead of the usual."""
    used = "".join(f'<xf numFmtId="{number}"/>' for number in styled)
    usual = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relationships({"xl/workbook.xml": "officeDocument"}),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="worksheets/sheet1.xml"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(
            {"worksheets/sheet1.xml": "worksheet", "sharedStrings.xml": "sharedStrings", "styles.xml": "styles"}
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts/><cellStyleXfs><xf numFmtId="14"/>'
        f'</cellStyleXfs><cellXfs>{used}</cellXfs><dxfs><numFmt numFmtId="14" formatCode="0"/></dxfs></styleSheet>',
        "xl/worksheets/sheet1.xml": sheet(rows),
    }
    return archive(usual | {f"xl/{name}.xml": text for name, text in (parts or {}).items()})


def archive(parts: Mapping[str, str | bytes]) -> BytesIO:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return file
