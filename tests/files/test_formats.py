"""Numbers as a spreadsheet's formats show them, in a form that a program reads as well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.files.formats import plain, shown_by


@pytest.mark.parametrize(
    ("code", "number", "expected"),
    [
        ("General", "6.412345678901E+12", "6412345678901"),
        ("General", "12345678901234567890", "12345678901234567890"),
        ("General", "1.1000000000000001", "1.1"),
        ("General", "1E+999999999", "1E+999999999"),
        ("General", "NaN", "NaN"),
        ("General", "no number", "no number"),
        ("General", "1" * 99, "1" * 99),
        ("m/d/yy", "1", "1900-01-01"),
        ("m/d/yy", "59", "1900-02-28"),
        ("m/d/yy", "60", "60"),  # 1900-02-29 is only Excel's
        ("m/d/yy", "61", "1900-03-01"),
        ("m/d/yy", "2958465", "9999-12-31"),
        ("m/d/yy", "2958466", "2958466"),
        ("m/d/yy", "-1", "-1"),
        ("m/d/yy", "soon", "soon"),
        ("hh:mm", "0.999999999", "1900-01-01"),
        ("hh:mm", "0.75", "18:00:00"),
        ("[h]:mm", "-1", "-1"),
        ("[Red]0;[Blue]dd", "5", "5"),
        ("[$-409]d\\-mmm\\-yy;@", "45413", "2024-05-01"),
        ('0" days"', "5", "5"),
        ("0\\d", "5", "5"),
        ("000", "-5", "-5"),
        ("000", "5.5", "5.5"),
        ("0%", "much", "much"),
        ("0%", "1.1", "110%"),
    ],
)
def test_a_format_shows_a_number(code: str, number: str, expected: str) -> None:
    assert shown_by(code)(number) == expected


@given(st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_stays_the_number_that_it_is(number: float) -> None:
    assert float(plain(repr(number))) == pytest.approx(number, rel=1e-14)
