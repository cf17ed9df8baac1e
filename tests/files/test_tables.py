"""Rows of tables: as they were written, in any dialect and encoding, however the file comes."""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.files.encodings import ENCODINGS
from hub.files.sniffing import Dialect
from hub.files.tables import MOST_CELL, MOST_COLUMNS, Row, rows
from tests.files.pieces import CUTS, MEGABYTE, cut, peak, refused

UNICODE = ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "gb18030"]
ANYWHERE = "ab 1,;\t|\"'\\\r\n=-"  # in every encoding
CELLS = st.text(ANYWHERE + "\0äß€\x0b\x1c\x85\u2028\ufeff😀", max_size=6)
TABLES = st.lists(st.lists(CELLS, max_size=5), max_size=8)
DELIMITERS = st.sampled_from(",;\t|")


def written(table: Iterable[list[str]], dialect: Dialect, **options: Any) -> bytes:
    text = StringIO(newline="")
    csv.writer(text, delimiter=dialect.delimiter, quotechar=dialect.quote, **options).writerows(table)
    mark = "\ufeff" * dialect.has_bom
    separator = f"sep={dialect.delimiter}\r\n" * dialect.has_separator_line
    return (mark + separator + text.getvalue()).encode(ENCODINGS[dialect.encoding])


def cells(data: bytes, dialect: Dialect | None = None) -> list[list[str]]:
    return [row.cells for row in rows([data], dialect or Dialect())]


@given(
    TABLES,
    st.builds(
        Dialect,
        encoding=st.sampled_from(UNICODE),
        delimiter=DELIMITERS,
        quote=st.sampled_from("\"'"),
        has_bom=st.just(True),  # without one a first cell that begins with U+FEFF would lose it
        has_separator_line=st.booleans(),
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    CUTS,
)
def test_any_table_comes_as_it_was_written(table: list[list[str]], dialect: Dialect, end: str, cuts: list[int]) -> None:
    data = written(table, dialect, lineterminator=end, quoting=csv.QUOTE_ALL)

    found = list(rows(cut(data, cuts), dialect))

    assert [row.cells for row in found] == [row for row in table if any(row)]


@given(TABLES, st.sampled_from(["\n", "\r\n"]), CUTS)
def test_rows_tell_the_line_they_begin_in(table: list[list[str]], end: str, cuts: list[int]) -> None:
    data = written(table, Dialect(), lineterminator=end, quoting=csv.QUOTE_ALL)
    parts = [written([row], Dialect(), lineterminator=end, quoting=csv.QUOTE_ALL) for row in table]
    text, expected = "", []
    for row, part in zip(table, parts, strict=True):
        line = len(StringIO(text, newline="").readlines()) + 1
        text += part.decode()
        if any(row):
            expected.append(line)

    assert [row.line for row in rows(cut(data, cuts), Dialect())] == expected


@given(st.lists(st.lists(st.text("ab 1-ä\\", min_size=1, max_size=4), min_size=2, max_size=4), max_size=5), CUTS)
def test_marks_saved_by_a_backslash_come_back(table: list[list[str]], cuts: list[int]) -> None:
    dialect = Dialect(escape="\\")
    marked = [[f'"{cell}"' for cell in row] for row in table]
    data = written(marked, dialect, escapechar="\\", doublequote=False, quoting=csv.QUOTE_ALL)

    assert [row.cells for row in rows(cut(data, cuts), dialect)] == marked


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1252", "Müller;€ 5;Ærø;Šimon"),
        ("iso-8859-15", "Müller;€ 5;Žofie"),
        ("windows-1250", "Dvořák;Łódź;őű"),
        ("windows-1251", "Иванов;Київ"),
        ("windows-1253", "Γιώργος;Αθήνα"),
        ("windows-1254", "Şahin;İzmir;ığ"),
        ("windows-1257", "Žukauskas;Rīga;Põlva"),
        ("macintosh", "Jürgen;Zoë;€"),
        ("ibm850", "Müller;Ærø"),
        ("koi8-r", "Иванов"),
        ("shift_jis", "山田;太郎;ソ"),
        ("euc-jp", "山田;太郎"),
        ("gb18030", "王;小明;😀"),
        ("big5", "陳;大文;功"),
        ("euc-kr", "김;철수"),
    ],
)
def test_declared_encodings_are_read_byte_by_byte(encoding: str, text: str) -> None:
    data = f"{text}\r\n{text}\r\n".encode(ENCODINGS[encoding])

    found = [row.cells for row in rows((data[at : at + 1] for at in range(len(data))), Dialect(encoding, ";"))]

    assert found == [text.split(";")] * 2


def test_rows_are_given_as_long_as_they_are() -> None:
    assert cells(b"a,b\n1\n1,2,3\n") == [["a", "b"], ["1"], ["1", "2", "3"]]


def test_rows_without_text_are_left_out_and_counted() -> None:
    assert list(rows([b'\n,,\n""\r\nA\n\n,1'], Dialect())) == [Row(4, ["A"]), Row(6, ["", "1"])]


def test_a_row_is_unpacked_into_line_and_cells() -> None:
    [(line, texts)] = rows([b"a"], Dialect())

    assert (line, texts) == (1, ["a"])


def test_lines_of_old_macs_end_rows() -> None:
    assert list(rows([b"a;b\r", b"1;2\r", b'"x\ry";3'], Dialect(delimiter=";"))) == [
        Row(1, ["a", "b"]),
        Row(2, ["1", "2"]),
        Row(3, ["x\ry", "3"]),
    ]


def test_the_line_of_the_separator_is_counted() -> None:
    assert list(rows([b"sep=;\r\na;b\r\n"], Dialect(delimiter=";", has_separator_line=True))) == [Row(2, ["a", "b"])]


def test_zeros_are_left_to_the_check_of_each_record() -> None:
    assert cells(b"a\0b,c\n") == [["a\0b", "c"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 7, MEGABYTE])
def test_a_byte_of_another_encoding_is_named_by_line(end: str, size: int) -> None:
    data = ("Name,City\n" + "Ann,Oslo\n" * 8_000).replace("\n", end).encode() + b"J\xfcrgen,K\xf6ln"
    data = data[-2000:] if size < MEGABYTE else data
    seen: list[Row] = []

    pieces = (data[at : at + size] for at in range(0, len(data), size))
    error = refused(lambda: map(seen.append, rows(pieces, Dialect())))

    assert error.code == "not_utf8_maybe"
    assert error.text == (
        f"Line {seen[-1].line + 1:,} is not UTF-8. It looks like windows-1252: declare the encoding windows-1252,"
        " or save the file as UTF-8."
    )
    assert seen[-1].cells == ["Ann", "Oslo"]


def test_a_file_that_is_not_of_its_declared_encoding_is_named_by_line() -> None:
    error = refused(lambda: rows([b"a\r", b"\nb\r", b"\x81"], Dialect("windows-1252")))

    assert error.text == (
        "Line 3 is not windows-1252 text. Declare the encoding that the file has, or save it as UTF-8."
    )


def test_a_character_that_the_file_cuts_is_named() -> None:
    assert refused(lambda: rows(["ab\nJ\u00fc".encode()[:-1]], Dialect())).text.startswith("Line 2 is not UTF-8.")


def test_a_quotation_mark_that_never_closes_is_named_by_line() -> None:
    seen: list[Row] = []
    data = b'a,b\n"x\ny",1\n3,"Oslo\n' + b"4,5\n" * 1000

    error = refused(lambda: map(seen.append, rows([data], Dialect())))

    assert [row.line for row in seen] == [1, 2]
    assert error.text == (
        "The quotation mark that opens in the row in line 4 is never closed."
        " Close it, or double the quotation marks inside of cells."
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'"' + (b"x" * 100 + b"\n") * 10_000, "cell_too_long"),  # its quotation mark never closes
        (b"x" * MEGABYTE, "row_too_long"),
        (b"\0" * MEGABYTE, "row_too_long"),
        ((b"x" * 60_000 + b",") * 18, "row_too_long"),
        ((b'"' + (b"x" * 1000 + b"\n") * 60 + b'",') * 18, "row_too_long"),
        (b"," * MEGABYTE, "too_many_columns"),
        (b'"",' * MEGABYTE, "too_many_columns"),
        (b'"a\n",' * MEGABYTE, "too_many_columns"),
    ],
)
def test_what_has_no_end_is_refused_and_not_held(line: bytes, code: str) -> None:
    seen: list[Row] = []

    def endless() -> Iterable[bytes]:
        yield b"a,b\n1,2\n"
        yield line
        for _ in range(100 * MEGABYTE // len(line)):
            yield line.removeprefix(b'"') if code == "cell_too_long" else line

    used = peak(lambda: _refused_after(seen, endless(), code))

    assert used < 60
    assert [row.line for row in seen] == [1, 2]


def _refused_after(seen: list[Row], pieces: Iterable[bytes], code: str) -> None:
    error = refused(lambda: map(seen.append, rows(pieces, Dialect())))
    assert error.code == code
    assert "line 3" in error.text


def test_a_row_may_have_as_many_columns_and_a_cell_as_many_characters_as_the_bound() -> None:
    assert len(cells(b"x," * (MOST_COLUMNS - 1) + b"x")[0]) == MOST_COLUMNS
    assert refused(lambda: rows([b"x," * MOST_COLUMNS + b"x"], Dialect())).code == "too_many_columns"
    assert cells(b"ab\n" + b"x" * MOST_CELL)[1] == ["x" * MOST_CELL]
    assert refused(lambda: rows([b"x" * (MOST_CELL + 1)], Dialect())).code == "cell_too_long"


def test_a_long_table_is_read_in_constant_memory() -> None:
    block = b'C1,"M\xc3\xbcller, Ann",ann@example.com,,00100\r\n' * 2_000
    table = (block for _ in range(10))

    assert peak(lambda: [None for _ in rows(table, Dialect())]) < 2
