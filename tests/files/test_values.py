"""What the cells of a table mean: numbers, dates, yes and no, ids and lists as people and spreadsheets write them."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.columns import Kind
from tenants.imports.values import Locale, Unreadable, converter
from tests.conftest import examples

UNDECLARED, POINT, COMMA = Locale(), Locale(decimal="."), Locale(decimal=",")


def read(kind: Kind, cell: str, locale: Locale = UNDECLARED, **how: Any) -> Any:
    """Return a cell's value as JSON has it; the kind of its fault where it has one."""
    try:
        return orjson.loads(orjson.dumps(converter(kind, locale, **how)(cell)))
    except Unreadable as error:
        return error.kind


NUMBERS = {
    "0": 0, "7": 7, "-5": -5, "−5": -5, "12.50": 12.5, "12,50": 12.5, "12,5": 12.5, "0.125": 0.125, "0,125": 0.125,
    "1234.567": 1234.567, "1.2345": 1.2345, ".5": 0.5, "007": 7,
    # ten locales and their currencies
    "1.234,56": 1234.56, "1,234.56": 1234.56, "1 234,56": 1234.56, "1\u00a0234,56": 1234.56, "1\u202f234,56": 1234.56,
    "1'234.56": 1234.56, "1’234.56": 1234.56, "1.234.567": 1234567, "1,234,567": 1234567, "1.234.567,89": 1234567.89,
    "€ 12,50": 12.5, "12,50 €": 12.5, "$12.50": 12.5, "£1,234.50": 1234.5, "12,50 EUR": 12.5, "USD 12.50": 12.5,
    "CHF 1'234.50": 1234.5, "99 kr": 99, "kr 99,50": 99.5, "49,90 zł": 49.9, "1 234,50 Kč": 1234.5, "R$ 12,50": 12.5,
    "¥1,234,567": 1234567,
}  # fmt: skip


@pytest.mark.parametrize("cell", NUMBERS)
def test_a_number_that_can_mean_one_thing_is_read(cell: str) -> None:
    assert read(Kind.NUMBER, cell) == NUMBERS[cell]


@pytest.mark.parametrize("cell", ["1.234", "1,234", "-12.345", "€ 1.234", "999,999"])
def test_a_number_that_can_mean_two_things_is_asked_about(cell: str) -> None:
    assert read(Kind.NUMBER, cell) == "ambiguous_number"
    bare = cell.removeprefix("€ ")
    mark = "." if "." in cell else ","
    other = {".": ",", ",": "."}[mark]
    assert read(Kind.NUMBER, cell, Locale(decimal=mark)) == float(bare.replace(mark, "."))
    assert read(Kind.NUMBER, cell, Locale(decimal=other)) == float(bare.replace(mark, ""))


@pytest.mark.parametrize(
    ("locale", "cell"),
    [(COMMA, "12.50"), (COMMA, "1,234.56"), (COMMA, "0.125"), (POINT, "12,50"), (POINT, "1.234,56"), (POINT, "0,125")],
)
def test_a_number_of_another_country_than_declared_is_a_fault(locale: Locale, cell: str) -> None:
    assert read(Kind.NUMBER, cell, locale) == "declared_decimal"


@pytest.mark.parametrize(
    "cell", ["x", "-", "€", "1.2.3", "1,2,3", "1..2", "12.34,56,7", "1e5", "NaN", "∞", "0x10", "1" * 101, "1 2", "٣"]
)
def test_what_is_no_number_is_a_fault(cell: str) -> None:
    assert read(Kind.NUMBER, cell) == "not_a_number"


@given(
    st.decimals(min_value=0, max_value=10**12, places=4) | st.integers(0, 10**15).map(Decimal),
    st.sampled_from([("", "."), (",", "."), (" ", "."), ("'", "."), ("", ","), (".", ","), ("\u202f", ",")]),
    st.sampled_from(["{}", "€ {}", "{} kr", "-{}"]),
)
@examples(300)
def test_a_number_is_read_as_it_was_written(amount: Decimal, marks: tuple[str, str], around: str) -> None:
    thousands, decimal = marks
    text = f"{amount:,f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)

    found = converter(Kind.NUMBER, Locale(decimal=decimal))(around.format(text))

    assert Decimal(orjson.dumps(found).decode()) == (-amount if around.startswith("-") else amount)


DAYS = {
    ("iso", "2024-01-31"): "2024-01-31T00:00:00",
    ("", "2024-01-31"): "2024-01-31T00:00:00",
    ("", "2024/01/31"): "2024-01-31T00:00:00",
    ("", "2024.01.31 10:05"): "2024-01-31T10:05:00",
    ("", "2024-01-31 10:05:07"): "2024-01-31T10:05:07",
    ("dmy", "31.12.2024"): "2024-12-31T00:00:00",
    ("dmy", "1.2.2024"): "2024-02-01T00:00:00",
    ("dmy", "01/02/2024 9:05"): "2024-02-01T09:05:00",
    ("dmy", "01-02-2024 09.05"): "2024-02-01T09:05:00",
    ("dmy", "01.02.2024, 09:05:30"): "2024-02-01T09:05:30",
    ("mdy", "01/02/2024"): "2024-01-02T00:00:00",
    ("mdy", "12/31/2024 11:59:59 PM"): "2024-12-31T23:59:59",
    ("mdy", "12/31/2024 12:05 a.m."): "2024-12-31T00:05:00",
    ("dmy", "2024-02-01"): "2024-02-01T00:00:00",
}


@pytest.mark.parametrize("declared", DAYS)
def test_dates_are_read_as_they_are_declared(declared: tuple[str, str]) -> None:
    dates, cell = declared

    assert read(Kind.MOMENT, cell, Locale(dates)) == DAYS[declared] + "+00:00"


@pytest.mark.parametrize("cell", ["01/02/2024", "1.2.2024 10:00", "1-2-2024"])
@pytest.mark.parametrize("dates", ["", "iso"])
def test_a_date_that_says_not_what_is_its_day_is_asked_about(cell: str, dates: str) -> None:
    assert read(Kind.MOMENT, cell, Locale(dates)) == "ambiguous_date"


@pytest.mark.parametrize("cell", ["31.12.2024", "12/31/2024 10:00", "29-2-2024", "05.05.2024"])
@pytest.mark.parametrize("dates", ["", "iso"])
def test_a_date_that_can_be_one_day_only_is_not_guessed_and_not_called_ambiguous(cell: str, dates: str) -> None:
    assert read(Kind.MOMENT, cell, Locale(dates)) == "undeclared_date"


@pytest.mark.parametrize("cell", ["31.13.2024", "29.02.2023", "0.1.2024", "311.1.2024", "1.1.0000"])
def test_what_is_no_day_in_any_order_is_no_date(cell: str) -> None:
    assert read(Kind.MOMENT, cell) == "not_a_date"


@pytest.mark.parametrize(
    ("dates", "cell"), [("dmy", "12/31/2024"), ("mdy", "31.12.2024"), ("dmy", "1.2.24"), ("ymd", "1.2.2024")]
)
def test_a_date_that_is_not_as_declared_is_a_fault(dates: str, cell: str) -> None:
    assert read(Kind.MOMENT, cell, Locale(dates)) == "declared_date"


@pytest.mark.parametrize(
    "cell", ["x", "2024-13-01", "2024-02-30", "20240131", "45678", "2024-01-31 25:00", "1/2/24", "2024"]
)
def test_what_is_no_date_is_a_fault(cell: str) -> None:
    assert read(Kind.MOMENT, cell) == "not_a_date"


def test_a_moment_that_names_no_zone_is_in_the_declared_one() -> None:
    helsinki = Locale(time_zone="Europe/Helsinki")

    assert read(Kind.MOMENT, "2024-07-01 12:00", helsinki) == "2024-07-01T09:00:00+00:00"
    assert read(Kind.MOMENT, "2024-01-01", helsinki) == "2023-12-31T22:00:00+00:00"
    assert read(Kind.MOMENT, "2024-01-01 12:00:00 -0500", helsinki) == "2024-01-01T17:00:00Z"
    assert read(Kind.MOMENT, "2024-01-01T12:00:00Z", helsinki) == "2024-01-01T12:00:00Z"
    assert read(Kind.MOMENT, "2024-01-01 12:00 UTC", helsinki) == "2024-01-01T12:00:00Z"


FIRST, LAST = datetime.fromisoformat("1000-01-02"), datetime.fromisoformat("9999-12-30")
FORMS = {
    "iso": "%Y-%m-%dT%H:%M:%S%z",
    "dmy": "%d.%m.%Y %H:%M:%S %z",
    "mdy": "%m/%d/%Y %I:%M:%S %p %z",
    "ymd": "%Y/%m/%d %H:%M:%S%z",
}


@given(st.datetimes(FIRST, LAST), st.integers(-12, 14), st.sampled_from(sorted(FORMS)))
@examples(300)
def test_a_moment_is_read_as_it_was_written(moment: datetime, hours: int, dates: str) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours)))

    found = read(Kind.MOMENT, moment.strftime(FORMS[dates]), Locale(dates))

    assert datetime.fromisoformat(found) == moment.astimezone(UTC)


YES = [
    "yes",
    "YES",
    " Yes ",
    "true",
    "1",
    "ja",
    "oui",
    "sí",
    "sì",
    "si",
    "sim",
    "kyllä",
    "KYLLÄ",
    "tak",
    "on",
    "x",
    "✓",
]
NO = ["no", "No", "false", "0", "nein", "non", "nee", "nej", "nie", "não", "ei", "off", "FALSCH"]


@pytest.mark.parametrize("cell", YES)
def test_yes_is_known_in_many_languages(cell: str) -> None:
    assert read(Kind.FLAG, cell) is True
    assert read(Kind.CONSENT, cell, is_opposite=True) is False


@pytest.mark.parametrize("cell", NO)
def test_no_is_known_in_many_languages(cell: str) -> None:
    assert read(Kind.FLAG, cell) is False
    assert read(Kind.CONSENT, cell, is_opposite=True) is True


@pytest.mark.parametrize("cell", ["maybe", "2", "-1", "y n", "subscribed", "?", "null"])
def test_what_is_neither_yes_nor_no_is_a_fault(cell: str) -> None:
    assert read(Kind.FLAG, cell) == "not_yes_or_no"


@pytest.mark.parametrize(
    ("cell", "means"),
    [
        ("SUBSCRIBED", True), ("Subscribe", True), ("UNSUBSCRIBED", False), ("unsubscribe", False),
        ("NEVER_SUBSCRIBED", None), ("Never Subscribed", None), ("Unconfirmed", None), ("Not Activated", None),
    ],
)  # fmt: skip
def test_the_states_of_a_subscription_are_consent_or_none(cell: str, means: bool | None) -> None:
    assert read(Kind.CONSENT, cell) is means


@pytest.mark.parametrize("cell", ["007", "12345678901234567890", "1E5", "12e10", "1.5", "0x1F", "-1", " A ", "C+1"])
def test_an_id_stays_as_it_is(cell: str) -> None:
    assert read(Kind.IDENTIFIER, cell) == cell


@pytest.mark.parametrize("cell", ["1.23457E+12", "1,23457E+12", "4E+15", "1.2e+20"])
def test_an_id_that_a_spreadsheet_has_rounded_is_a_fault(cell: str) -> None:
    assert read(Kind.IDENTIFIER, cell) == "spoilt_identifier"
    assert read(Kind.TEXT, cell) == cell


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'+358401234567", "+358401234567"),
        ("'=1+1", "=1+1"),
        ("''=1", "'=1"),
        ("'t Hooft", "'t Hooft"),
        ("'007", "'007"),
    ],
)
def test_the_apostrophe_that_keeps_a_cell_from_being_a_formula_is_taken_away(cell: str, text: str) -> None:
    assert read(Kind.TEXT, cell) == text
    assert read(Kind.IDENTIFIER, cell) == text


LISTS = {
    "Men": ["Men"],
    "Men, Shirts": ["Men", "Shirts"],
    "Men; Shirts, long": ["Men", "Shirts, long"],
    '["Men","Shirts, long"]': ["Men", "Shirts, long"],
    "Clothing > Hoodies": ["Clothing", "Hoodies"],
    "Clothing > Hoodies, Clothing > Sale": ["Clothing", "Hoodies"],
    "Food, Beverages & Tobacco > Beverages": ["Food, Beverages & Tobacco", "Beverages"],
    ",": [],
}


@pytest.mark.parametrize("cell", LISTS)
def test_lists_are_read_in_the_forms_people_write_them(cell: str) -> None:
    assert read(Kind.LIST, cell) == LISTS[cell]


@pytest.mark.parametrize("cell", ['["a"', "[1]", "[[]]"])
def test_what_is_no_list_of_texts_is_a_fault(cell: str) -> None:
    assert read(Kind.LIST, cell) == "not_a_list"


@pytest.mark.parametrize("kind", sorted(Kind))
def test_a_huge_cell_costs_no_more_than_reading_it(kind: Kind) -> None:
    for cell in (
        "1" * 1_000_000,
        " " * 500_000 + "1" + " " * 500_000 + "x",
        "1/2/2024 " + " " * 1_000_000 + "x",
        "1'000" * 200_000,
    ):
        read(kind, cell)
