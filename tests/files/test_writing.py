"""CSV for people comes back as it was, and no cell of it is a formula."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.files.sniffing import Dialect
from hub.files.tables import rows
from hub.files.writing import csv_line, escaped, unescaped

CELLS = st.text("'=+-@\t\rab,\"\n", max_size=5) | st.text(st.characters(codec="utf-8"), max_size=9)


@given(CELLS)
def test_an_escaped_cell_is_no_formula_and_comes_back(cell: str) -> None:
    assert not escaped(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unescaped(escaped(cell)) == cell


@pytest.mark.parametrize(("cell", "expected"), [("=1+1", "'=1+1"), ("'=1", "''=1"), ("'t Hof", "'t Hof"), ("", "")])
def test_only_what_looks_like_a_formula_is_escaped(cell: str, expected: str) -> None:
    assert escaped(cell) == expected
    assert unescaped("'t Hof") == "'t Hof"


@given(st.lists(CELLS, max_size=6).filter(any), st.sampled_from(",;\t"))
def test_a_line_comes_back_as_it_was_written(cells: list[str], delimiter: str) -> None:
    [row] = rows([csv_line(["x", *cells], delimiter=delimiter)], Dialect(delimiter=delimiter))

    assert row.cells == ["x", *cells]


def test_a_line_is_what_a_spreadsheet_writes() -> None:
    assert csv_line(["Ä", "", 'a"b', "1,2"]) == 'Ä,,"a""b","1,2"\r\n'.encode()
    assert next(csv.reader([csv_line(["a", "b"]).decode()])) == ["a", "b"]
