"""Rows of XLSX workbooks: what people see in their cells, and no workbook that is made to harm."""

import struct
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from zipfile import ZIP_BZIP2, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet.worksheet import Worksheet

from hub.files import cells, parts, texts
from hub.files.sheets import sheet_names, sheet_rows
from hub.files.tables import Row
from tests.conftest import examples
from tests.files.pieces import peak, refused
from tests.files.workbooks import MAIN, RELATED, archive, relationships, row, sheet, workbook

WHEN = datetime(2024, 5, 1, 13, 45, 10, tzinfo=UTC).replace(tzinfo=None)
TEXTS = st.text("aä€😀 \n\t<&>\"'_x0041_-", max_size=6)


def shown(file: BytesIO, name: str = "") -> list[list[str]]:
    return [found.cells for found in sheet_rows(file, name)]


def saved(book: Workbook) -> BytesIO:
    file = BytesIO()
    book.save(file)
    return file


def with_rows(*rows: list[object]) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    table = book.active
    assert isinstance(table, Worksheet)
    for cells_of_row in rows:
        table.append(cells_of_row)
    return book, table


def trimmed(texts_of_row: list[str]) -> list[str]:
    while texts_of_row and not texts_of_row[-1]:
        texts_of_row = texts_of_row[:-1]
    return texts_of_row


@examples(30)
@given(st.lists(st.lists(TEXTS, max_size=4), max_size=6), st.booleans())
def test_any_texts_come_as_they_were_written(table: list[list[str]], is_streamed: bool) -> None:
    book = Workbook(write_only=is_streamed)
    written = book.create_sheet()
    for texts_of_row in table:
        written.append(
            [WriteOnlyCell(written, text) if is_streamed and text else text or None for text in texts_of_row]
        )

    found = list(sheet_rows(saved(book), written.title))

    assert [found_row.cells for found_row in found] == [
        trimmed(texts_of_row) for texts_of_row in table if any(texts_of_row)
    ]


def test_values_come_as_people_see_them() -> None:
    book, table = with_rows(
        ["Id", 12345.0, 6412345678901, "007", 0.1 + 0.2, -1.5, 0, 1e-7],
        [True, False, date(2024, 5, 1), WHEN, time(9, 30), timedelta(hours=26, minutes=5)],
        ["=1+1", "#N/A"],
    )
    table["A3"].value = None

    assert shown(saved(book)) == [
        ["Id", "12345", "6412345678901", "007", "0.3", "-1.5", "0", "0.0000001"],
        ["true", "false", "2024-05-01", "2024-05-01T13:45:10", "09:30:00", "26:05:00"],
        ["", "#N/A"],
    ]


def test_formats_show_numbers_as_in_excel() -> None:
    book, table = with_rows([1234, 0.255, 1234.5, 45413, 45413.5, 1234])
    for place, code in zip("ABCDEF", ["00000", "0.0%", "#,##0.00 [$€-407]", "dd.mm.yyyy", '"day" 0', "0"], strict=True):
        table[f"{place}1"].number_format = code

    assert shown(saved(book)) == [["01234", "25.5%", "1234.5", "2024-05-01", "45413.5", "1234"]]


def test_dates_count_from_1904_where_the_workbook_says_so() -> None:
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><workbookPr date1904="1"/><sheets>'
    file = workbook(
        '<row><c s="1"><v>43951</v></c><c s="1"><v>2958465</v></c><c s="0"><v>5</v></c><c s="99"><v>6</v></c></row>',
        styled=(0, 14),
        parts={"workbook": f'{book}<sheet name="S" r:id="worksheets/sheet1.xml"/></sheets></workbook>'},
    )

    assert shown(file) == [["2024-05-01", "2958465", "5", "6"]]


def test_rows_tell_their_lines_and_cells_their_columns() -> None:
    file = workbook(
        '<row r="2"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c></row><row r="3"><c r="A3"/></row>'
        '<row><c t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r><rPh><t>c</t></rPh></is></c></row>'
        '<row r="1"><c><v>3</v></c></row>'
    )

    assert list(sheet_rows(file)) == [Row(2, ["", "1", "", "2"]), Row(4, ["ab"]), Row(5, ["3"])]


def test_shared_texts_come_without_their_pronunciation_and_escapes() -> None:
    file = workbook(
        '<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c><c t="str"><v>a_x000D_b</v></c>'
        '<c t="d"><v>2024-05-01T00:00:00</v></c><c t="e"><v>#REF!</v></c><c t="b"><v>1</v></c></row>',
        texts="<si><r><t>Mül</t></r><r><t>ler</t></r><rPh><t>no</t></rPh></si><si><t>_x005F_x0041__xD800_</t></si>",
    )

    assert shown(file) == [["_x0041__xD800_", "Müller", "a\rb", "2024-05-01", "#REF!", "true"]]


def test_of_merged_cells_the_first_has_the_text() -> None:
    book, table = with_rows(["Name", None, "City"], ["Ann", None, "Oslo"])
    table.merge_cells("A1:B1")

    assert shown(saved(book)) == [["Name", "", "City"], ["Ann", "", "Oslo"]]


def test_the_first_sheet_that_shows_is_read_or_the_one_that_is_named() -> None:
    book, first = with_rows(["hidden"])
    first.sheet_state = "hidden"
    for name in ("Customers", "Orders"):
        book.create_sheet(name).append([name])
    book.create_chartsheet("Chart", 0)
    file = saved(book)

    assert sheet_names(file) == ["Customers", "Orders"]
    assert shown(file) == [["Customers"]]
    assert shown(file, "Orders") == [["Orders"]]
    assert shown(file, "Sheet") == [["hidden"]]
    assert refused(lambda: sheet_rows(file, "Chart")).code == "no_sheet"


def test_a_formula_without_its_result_is_named_by_row() -> None:
    book, _ = with_rows(["Total"], ["=1+1"])

    assert refused(lambda: sheet_rows(saved(book))).text.startswith("Row 2 has a formula whose result is not")
    assert shown(workbook('<row><c t="str"><f>A1</f><v></v></c><c><f>1+1</f><v>2</v></c></row>')) == [["", "2"]]


def test_other_prefixes_and_namespaces_are_the_same_elements() -> None:
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    rows = "<x:sheetData><x:row><x:c><x:v>5</x:v></x:c></x:row></x:sheetData>"
    prefixed = f'<x:worksheet xmlns:x="{strict}">{rows}</x:worksheet>'

    assert shown(workbook("", parts={"worksheets/sheet1": prefixed})) == [["5"]]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_xlsx"),
        (b"<html><table></table></html>", "not_xlsx"),
        (b"PK\3\4 and no more", "not_xlsx"),
        (b"CustomerId,Email\r\n", "not_xlsx"),
        (parts.OLE2 + bytes(1000), "not_xlsx_but_xls"),
        (parts.OLE2 + bytes(22) + b"\x09\0" + bytes(16) + b"\1" + bytes(975) + parts.ENCRYPTED, "encrypted"),
    ],
    ids=["nothing", "html", "cut", "csv", "xls", "encrypted"],
)
def test_what_is_no_workbook_is_told_apart(data: bytes, code: str) -> None:
    assert refused(lambda: sheet_rows(BytesIO(data))).code == code


def test_other_archives_are_told_apart() -> None:
    ods = archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"})

    assert refused(lambda: sheet_rows(ods)).code == "not_xlsx_but_ods"
    assert refused(lambda: sheet_rows(archive({"word/document.xml": "<a/>"}))).code == "not_xlsx"


@pytest.mark.parametrize(
    "name", ["workbook", "_rels/workbook.xml.rels", "sharedStrings", "styles", "worksheets/sheet1"]
)
@pytest.mark.parametrize("text", ["<a", "", "\0", "<a>&laughs;</a>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_broken_parts_and_entities_are_refused(name: str, text: str) -> None:
    file = workbook(row("1"), parts={name: text})
    if "." in name:
        file = archive({"_rels/.rels": relationships({"xl/workbook.xml": "officeDocument"}), "xl/workbook.xml": text})

    assert refused(lambda: sheet_rows(file)).code == "not_xlsx"


@pytest.mark.parametrize("number", ["7", "-1", "x", "9" * 99, "1.5"])
def test_a_text_that_is_not_there_is_refused(number: str) -> None:
    file = workbook(f'<row><c t="s"><v>{number}</v></c></row>', texts="<si><t>a</t></si>")

    assert refused(lambda: sheet_rows(file)).code == "not_xlsx"


def test_damaged_bytes_are_noticed() -> None:
    data = bytearray(workbook(row("1") * 5000).getvalue())
    data[data.index(b"xl/worksheets/sheet1.xml") + 40] ^= 0xFF

    assert refused(lambda: sheet_rows(BytesIO(bytes(data)))).code == "not_xlsx"


def test_a_bomb_is_refused_by_what_the_archive_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "FREE", 100_000)
    file = workbook(" " * 5_000_000)

    assert peak(lambda: refused(lambda: sheet_rows(file))) < 1
    assert refused(lambda: sheet_rows(file)).code == "sheet_too_large"


def test_a_part_is_not_unpacked_beyond_what_the_archive_tells() -> None:
    data = workbook(row("1") + " " * 5_000_000).getvalue()
    lying = data.replace(struct.pack("<L", len(sheet(row("1") + " " * 5_000_000))), struct.pack("<L", 50))

    assert lying != data
    assert peak(lambda: refused(lambda: sheet_rows(BytesIO(lying)))) < 1


def test_other_packings_are_refused() -> None:
    file, plain_file = BytesIO(), workbook(row("1"))
    with ZipFile(plain_file) as source, ZipFile(file, "w", ZIP_BZIP2) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))

    assert refused(lambda: sheet_rows(file)).code == "not_xlsx"


def test_an_archive_with_a_long_list_of_parts_is_refused() -> None:
    many = archive({f"xl/media/{'x' * 400}{number}.png": b"" for number in range(2_500)})

    assert peak(lambda: refused(lambda: sheet_rows(many))) < 4
    assert refused(lambda: sheet_rows(many)).code == "sheet_too_large"


def test_a_tag_of_megabytes_is_not_held() -> None:
    file = workbook(f"<!-- {'x' * 20_000_000} -->")

    assert refused(lambda: sheet_rows(file)).code == "sheet_too_large"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ('<row><c r="ALL1"/><c r="ALM1"><v>1</v></c></row>', "too_many_columns"),
        ('<row><c r="XFDXFD1"><v>1</v></c></row>', "too_many_columns"),
        (f"<row>{'<c><v>1</v></c>' * 1001}</row>", "too_many_columns"),
        ('<row r="1048577"><c><v>1</v></c></row>', "sheet_too_long"),
        ('<row r="1048576"/><row><c><v>1</v></c></row>', "sheet_too_long"),
        (f"<row><c><v>{'1' * 40_000}</v></c></row>", "cell_too_long"),
    ],
    ids=["column 1001", "no column", "1001 columns", "row", "another row", "cell"],
)
def test_more_than_a_sheet_may_have_is_refused(rows: str, code: str) -> None:
    assert refused(lambda: sheet_rows(workbook(rows))).code == code


def test_a_long_text_in_every_cell_is_not_held() -> None:
    refers = '<c t="s"><v>0</v></c>'
    file = workbook(f"<row>{refers * 900}</row>", texts=f"<si><t>{'x' * 32_767}</t></si>")
    many = workbook(f"<row>{refers * 9}</row>" * 900, texts=f"<si><t>{'x' * 32_767}</t></si>")

    assert refused(lambda: sheet_rows(file)).code == "row_too_long"
    assert peak(lambda: [None for _ in sheet_rows(many)]) < 60


def test_there_is_an_end_to_texts_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST_TEXT", 10)
    assert refused(lambda: sheet_rows(workbook(row("123456") * 2))).code == "sheet_too_large"

    monkeypatch.setattr(texts, "MOST_TEXTS", 10)
    assert refused(lambda: sheet_rows(workbook("", texts="<si/>" * 11))).code == "sheet_too_large"


def test_a_long_sheet_is_read_in_constant_memory() -> None:
    texts_of_it = "".join(f"<si><t>person{number}@example.com</t></si>" for number in range(6_000))
    rows = "".join(f'<row ht="15"><c t="s"><v>{number}</v></c></row>' for number in range(6_000))
    file = workbook(rows, texts=texts_of_it)

    assert peak(lambda: [None for _ in sheet_rows(file)]) < 1
