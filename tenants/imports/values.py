"""What the cells of a table mean: their text as the value of a documented field, or what is wrong with it.

A cell that could mean two things is none of them, until whoever sends the file says which: nothing is guessed.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

import orjson

from hub.files.formats import Number
from hub.files.writing import unescaped
from hub.records.types import normal_local_moment
from tenants.columns import Kind
from tenants.imports.words import CONSENTS, FLAGS

Convert = Callable[[str], Any]  # a cell's text, not blank, to its value; None is no value; raises Unreadable

# What a spreadsheet leaves of a number of more than eleven digits.
SPOILT = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2,}", re.IGNORECASE)
ROUNDED = re.compile(r"-?0*[1-9][0-9]{15,}(?:\.[0-9]+)?")  # a workbook keeps fifteen digits of a number
AROUND = re.compile(
    r"^(?:[$€£¥₹₺₽₩₪฿₫₴₦]|[A-Z]{1,3}\$|[A-Z]{3}(?=[\s0-9.-])|kr\.?|Fr\.)\s*|\s*(?:[$€£¥₹₺₽₩₪฿₫₴₦]|[A-Z]{3}|kr\.?|zł|Kč|Ft|lei|,-)$"
)
GROUPED = re.compile(r"(?<=[0-9])[\s'’](?=[0-9]{3}(?:[^0-9]|$))")
PLAIN = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]{1,2})?")  # as most amounts are, and as JSON has them
NUMBER = re.compile(
    r"(?P<sign>[-−]?)(?P<whole>[0-9]{1,3}(?:(?P<group>[.,])[0-9]{3})(?:(?P=group)[0-9]{3})*|[0-9]+|)(?:(?P<point>[.,])(?P<decimals>[0-9]+))?"
)
DAY = re.compile(
    r"(?P<a>[0-9]{1,4})(?P<mark>[./-])(?P<b>[0-9]{1,2})(?P=mark)(?P<c>[0-9]{1,4})\.?(?:[T,]?\s*(?P<time>[0-9].*))?",
    re.DOTALL,
)
TIME = re.compile(
    r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2}))?(?P<part>[.,][0-9]{1,9})?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?(?:\s*(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2}))?"
)
ORDERS: Mapping[str, str] = {"dmy": "cba", "mdy": "cab", "ymd": "abc"}  # which of a day's three are year, month, day
MOST_NUMBER = MOST_MOMENT = 100  # characters


class Unreadable(Exception):
    """A cell can't be read as what its column holds: `kind` is that of a Fault, `limit` what its text needs."""

    def __init__(self, kind: str, limit: str = "") -> None:
        super().__init__(kind)
        self.kind, self.limit = kind, limit


@dataclass(frozen=True)
class Locale:
    """How a table writes dates and numbers ("" is undeclared), and the zone of moments that name none."""

    dates: str = ""
    decimal: str = ""
    time_zone: str = "UTC"


def converter(kind: Kind, locale: Locale, *, is_opposite: bool = False) -> Convert:
    """Return what reads the cells of a column."""
    if kind in (Kind.FLAG, Kind.CONSENT):
        words = FLAGS if kind is Kind.FLAG else CONSENTS
        turned = {word: value if value is None else value is not is_opposite for word, value in words.items()}
        return partial(flag, words=turned)
    if kind in (Kind.NUMBER, Kind.INTEGER):
        return partial(number, decimal=locale.decimal)
    if kind is Kind.MOMENT:
        read = lru_cache(maxsize=4096)(partial(moment, locale=locale))
        return lambda cell: read(cell[:MOST_MOMENT])
    return {Kind.LIST: items, Kind.IDENTIFIER: identifier}.get(kind, text)


def text(cell: str) -> str:
    """Read text: as it stands, without the apostrophe that keeps a spreadsheet from taking it for a formula; not a
    number of a workbook that lost its digits.
    """
    if isinstance(cell, Number) and ROUNDED.fullmatch(cell):
        raise Unreadable("spoilt_identifier")
    return unescaped(cell) if cell[0] == "'" else cell


def identifier(cell: str) -> str:
    """Read an identifier: as it stands, with leading zeros, however long; not one that lost its digits."""
    if "+" in cell and SPOILT.fullmatch(cell.strip()):
        raise Unreadable("spoilt_identifier")
    return text(cell)


def flag(cell: str, *, words: Mapping[str, bool | None]) -> bool | None:
    """Read yes or no."""
    found = words.get(cell, Ellipsis)
    if found is Ellipsis:
        found = words.get(" ".join(cell.casefold().split()), Ellipsis)
    if found is Ellipsis:
        raise Unreadable("not_yes_or_no")
    return found


def filled(_: str) -> bool:
    """Read yes, whatever the cell says: when something was done, which was done then."""
    return True


def number(cell: str, *, decimal: str = "") -> orjson.Fragment:
    """Read a number, to its last digit: `decimal` stands before its decimals, the other of comma and point is for
    thousands, as blanks and apostrophes are. Undeclared, it is read where it can mean one number only; what was a
    number in a workbook can.
    """
    if isinstance(cell, Number):
        decimal = "."
    if len(cell) > MOST_NUMBER:
        raise Unreadable("not_a_number")
    if decimal != "," and PLAIN.fullmatch(cell):
        return orjson.Fragment(cell)
    bare = GROUPED.sub("", AROUND.sub("", cell.strip()))
    found = NUMBER.fullmatch(bare)
    if not found or not (found["whole"] or found["decimals"]):
        raise Unreadable("not_a_number")
    group, point = found["group"], found["point"]
    whole, decimals = found["whole"], found["decimals"] or ""
    if group and not point and bare.count(group) == 1:
        if not decimal and whole[0] != "0":
            raise Unreadable("ambiguous_number")  # "1.234": a thousand and more, or a little more than one
        if decimal in ("", group):
            point, (whole, _, decimals), group = group, whole.partition(group), None
    clashes = (decimal and (point or decimal) != decimal) or (group and (group in (point, decimal) or whole[0] == "0"))
    if clashes:
        raise Unreadable("declared_decimal" if decimal else "not_a_number", decimal)
    whole = whole.replace(group, "") if group else whole
    return _exact(f"{found['sign']}{whole or '0'}{'.' if decimals else ''}{decimals}")


def _exact(digits: str) -> orjson.Fragment:
    """Write a number as JSON does, as it stands: 0.10 stays that, and a number of thirty digits keeps them."""
    sign = "-" if digits[0] in "-−" else ""
    whole, point, decimals = digits.lstrip("-−").partition(".")
    return orjson.Fragment(f"{sign}{whole.lstrip('0') or '0'}{point}{decimals}".encode())


def moment(cell: str, *, locale: Locale) -> str:
    """Read a moment, or a day, which is its first moment: ISO 8601, or as the table's dates are declared."""
    found = DAY.fullmatch(cell.strip())
    if not found:
        raise Unreadable("not_a_date")
    order = _order(found, locale.dates)
    year, month, day = (found[name] for name in ORDERS[order])
    if len(year) != 4 or len(month) > 2 or len(day) > 2:
        raise Unreadable("declared_date" if locale.dates else "not_a_date", locale.dates)
    time = _time(found["time"])
    read = normal_local_moment(f"{year}-{month:0>2}-{day:0>2}{time}", time_zone=locale.time_zone)
    if read is None:
        raise Unreadable("declared_date" if locale.dates not in ("", "iso") else "not_a_date", locale.dates)
    return read


def _order(found: re.Match[str], declared: str) -> str:
    """Return in which order day, month and year stand."""
    if len(found["a"]) == 4:
        return "ymd"
    if declared in ("", "iso"):
        raise Unreadable(_undeclared(found))
    return declared


def _undeclared(found: re.Match[str]) -> str:
    """Return what is wrong with a date that ends with its year, by how many days it may be."""
    days = set()
    for order in ("dmy", "mdy"):
        year, month, day = (found[name] for name in ORDERS[order])
        with suppress(ValueError):
            days.add(date(int(year) if len(year) == 4 else 0, int(month), int(day)))
    return ("not_a_date", "undeclared_date", "ambiguous_date")[len(days)]


def _time(text: str | None) -> str:
    """Return a time as ISO 8601 writes it behind a date."""
    if not text:
        return ""
    found = TIME.fullmatch(text.strip())
    if not found:
        raise Unreadable("not_a_date")
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise Unreadable("not_a_date")
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    zone = found["zone"] or ""
    zone = "Z" if zone.upper() in ("Z", "UTC", "GMT") else zone
    return f"T{hour:02}:{found['minute']}:{found['second'] or '00'}{found['part'] or ''}{zone}"


def items(cell: str) -> list[str]:
    """Read a list: a JSON array, a path of categories with > between them, or items with ; or else , between them.

    Of several paths with commas between them the first goes.
    """
    text = cell.strip()
    if text.startswith("["):
        return _json_items(text)
    if ">" in text:
        paths = [path for path in text.split(",") if path.strip()]
        first = paths[0] if all(">" in path for path in paths) else text
        return _parts(first, ">")
    return _parts(text, ";" if ";" in text else ",")


def _json_items(text: str) -> list[str]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Unreadable("not_a_list") from None
    if not all(isinstance(item, str) for item in found):
        raise Unreadable("not_a_list")
    return list(found)


def _parts(text: str, mark: str) -> list[str]:
    return [part.strip() for part in text.split(mark) if part.strip()]
