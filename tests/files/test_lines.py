"""Lines of NDJSON: as they are, with their numbers, however the file comes."""

from codecs import BOM_UTF8, BOM_UTF16_LE

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.files.lines import MOST_LINE, lines
from tests.files.pieces import CUTS, MEGABYTE, cut, peak, refused

LINES = st.lists(st.text(' \t\x0b\x0c\x1c\x85\u2028\0a"{}ä€😀', max_size=20), max_size=12)


@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans(), CUTS)
def test_lines_come_as_they_were_written(
    written: list[str], end: str, has_end: bool, has_mark: bool, cuts: list[int]
) -> None:
    data = BOM_UTF8 * has_mark + (end.join(written) + end * has_end).encode()
    expected = [(number, line.encode()) for number, line in enumerate(written, 1) if line.encode().strip()]

    assert list(lines(cut(data, cuts))) == expected


def test_blank_lines_are_counted() -> None:
    assert list(lines([b"\n\r\n {}\n \t\n", b"\n", b"[]"])) == [(3, b" {}"), (6, b"[]")]


def test_nothing_has_no_lines() -> None:
    assert list(lines([])) == list(lines([b"", b"\xef\xbb\xbf"])) == []


def test_a_line_may_be_as_long_as_the_bound() -> None:
    longest = b"x" * MOST_LINE

    assert [number for number, _ in lines([b"{}\n", longest, b"\r", b"\n{}"])] == [1, 2, 3]


@pytest.mark.parametrize("size", [1, 1000, MEGABYTE])
def test_a_longer_line_is_named_after_those_before_it(size: int) -> None:
    begun = b"{}\n\n" + b"x" * (MOST_LINE + 2)
    pieces = [b"{}\n\n", *(begun[at : at + size] for at in range(4, 4 + size * 3, size)), begun[4 + size * 3 :]]
    seen: list[tuple[int, bytes]] = []

    error = refused(lambda: map(seen.append, lines(pieces)))

    assert seen == [(1, b"{}")]
    assert error.code == "line_too_long"
    assert error.text == "Line 3 has more than 10,000,000 bytes. Send one record a line, with a line end after each."


def test_a_line_of_100_mb_is_not_held() -> None:
    assert peak(lambda: refused(lambda: lines(b"x" * MEGABYTE for _ in range(100)))) < 25


def test_utf16_is_refused() -> None:
    assert refused(lambda: lines([BOM_UTF16_LE[:1], BOM_UTF16_LE[1:] + "{}".encode("utf-16-le")])).code == "not_utf8"
