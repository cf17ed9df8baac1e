"""What a spreadsheet shows of the number in a cell, in the form of it that a program reads as well."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial

Shown = Callable[[str], str]
MOST_DIGITS = 40  # of a number that is read; what is longer stays as it is
LAST_DAY = 2_958_465  # 9999-12-31
DATES = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))  # formats without a code of their own
BUILT_IN = {9: "0%", 10: "0.00%", 46: "[h]:mm:ss"} | dict.fromkeys(DATES, "yyyy")
# What stands for itself: quoted, escaped, as wide as or filled up with a character; colours, conditions, currencies.
LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)


class Number(str):
    """The text of a cell that holds a number: with a point before decimals, whatever the sheet's texts write there."""

    __slots__ = ()


def plain(number: str) -> str:
    """Return a number as people see it: 12345.0 is 12345, 6.4E+12 6400000000000, 0.30000000000000004 0.3."""
    if number.isdecimal() or len(number) > MOST_DIGITS:
        return number
    try:
        exact = Decimal(number)
    except InvalidOperation:
        return number
    if not exact.is_finite() or abs(exact.adjusted()) > MOST_DIGITS:
        return number
    whole = exact.to_integral_value()
    return f"{whole:f}" if whole == exact else f"{Decimal(f'{exact:.15g}').normalize():f}"


def shown_by(code: str, *, since_1904: bool = False) -> Shown:
    """Return what shows numbers as a format's code does: dates in ISO 8601, elapsed hours, percents, leading zeros."""
    first = LITERALS.sub("", code).partition(";")[0].lower()
    if "[" in first:
        return elapsed
    if re.search("[dmyhs]", first):
        return partial(moment, since_1904=since_1904)
    if "%" in first:
        return percent
    return partial(padded, width=len(first)) if re.fullmatch("00+", first) else plain


def moment(number: str, *, since_1904: bool = False) -> str:
    """Return a day, a time of day (below 1), or both in ISO 8601; what is none stays a number."""
    serial = _serial(number)
    if serial is None:
        return plain(number)
    days, seconds = divmod(round(serial * 86_400), 86_400)
    time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if days == 0 and serial:
        return time
    if days > LAST_DAY - 1462 * since_1904 or (days in (0, 60) and not since_1904):
        return plain(number)  # Excel's 1900 has a 29th of February, day 60
    day = (_first_day(days, since_1904=since_1904) + timedelta(days)).isoformat()
    return f"{day}T{time}" if seconds else day


def elapsed(number: str) -> str:
    """Return hours, minutes and seconds, which may be more than a day's."""
    serial = _serial(number)
    if serial is None:
        return plain(number)
    seconds = round(serial * 86_400)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def percent(number: str) -> str:
    """Return a share of 1 in percent: 0.255 is 25.5%."""
    serial = plain(number)
    try:
        return f"{plain(str(Decimal(serial) * 100))}%"
    except InvalidOperation:
        return number


def padded(number: str, *, width: int) -> str:
    """Return a whole number with the leading zeros that its format gives it: postal codes, article numbers."""
    text = plain(number)
    return text.zfill(width) if text.isdecimal() else text


def _serial(number: str) -> float | None:
    try:
        serial = float(number)
    except ValueError:
        return None
    return serial if 0 <= serial < LAST_DAY + 1 else None


def _first_day(days: int, *, since_1904: bool) -> date:
    if since_1904:
        return date(1904, 1, 1)
    return date(1899, 12, 31) if days < 60 else date(1899, 12, 30)
