"""The kinds of value a record may hold, for pydantic: every rule of the contract's table of values, once.

All are strict (a number is no string, "true" is no boolean). Optional fields are `… | None`: null means omitted.
Lengths are Unicode code points. `text` and the like go into `Annotated[str, text(100)]`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pycountry
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError, PydanticKnownError

EMAIL_PATTERN = (
    r"^(?:[^\s@\x00-\x1f]+@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}[\p{L}\p{N}-]*[\p{L}\p{N}])?$"
)
NOT_BLANK = r"\S"
LETTERS_DIGITS_DASHES = r"^(?:[\p{L}\p{Nd}-]+|\s*)$"

MOST_EMAIL = 255
MOST_MONEY = 999_999_999_999.9999  # numeric(16,4)
MOST_INTEGER = 2_147_483_647
MOST_CACHED = 100  # characters; a cache of longer values would be a client's to fill with megabytes
FOUR_DECIMALS = Decimal("0.0001")


def text(limit: int) -> StringConstraints:
    """Optional text, trimmed; "" clears the stored value."""
    return StringConstraints(strip_whitespace=True, max_length=limit)


def required_text(limit: int) -> StringConstraints:
    """Text that must not be blank, trimmed."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=limit)


def identifier(limit: int) -> StringConstraints:
    """An identifier that must not be blank: exact, case-sensitive, as sent."""
    return StringConstraints(max_length=limit, pattern=NOT_BLANK)


def optional_identifier(limit: int) -> StringConstraints:
    """An identifier that may be missing; blank counts as missing."""
    return StringConstraints(max_length=limit)


def letters_digits_dashes(limit: int) -> StringConstraints:
    """An identifier of letters, digits and dashes; blank counts as missing."""
    return StringConstraints(max_length=limit, pattern=LETTERS_DIGITS_DASHES)


def checked(kind: str, normalise: Callable[[str], str | None]) -> Any:
    """A validator that replaces text by its normal form, or fails with `kind` where there is none; "" passes."""

    @lru_cache(maxsize=4096)
    def normal_form(value: str) -> str | None:
        return normalise(value)

    def validate(value: str) -> str:
        found = (normal_form if len(value) <= MOST_CACHED else normalise)(value) if value else value
        if found is None:
            raise PydanticCustomError(kind, "{kind}", {"kind": kind})
        return found

    return AfterValidator(validate)


LANGUAGE_TAG = re.compile(
    "[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)


def normal_language(tag: str) -> str | None:
    """Return a BCP 47 tag in the usual case (RFC 5646, 2.1.1: `zh-hant-tw` → `zh-Hant-TW`), None for any other text."""
    if not LANGUAGE_TAG.fullmatch(tag):
        return None
    first, *rest = tag.lower().split("-")
    cased, after_singleton = [first], False
    for part in rest:
        after_singleton = after_singleton or len(part) == 1
        form = {2: part.upper(), 4: part.title()}.get(len(part), part)
        cased.append(part if after_singleton else form)
    return "-".join(cased)


CURRENCIES = frozenset(currency.alpha_3 for currency in pycountry.currencies)


def normal_currency(code: str) -> str | None:
    """Return an ISO 4217 code in capitals, None for any other text."""
    return code.upper() if code.upper() in CURRENCIES else None


MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)"
)


def normal_moment(value: str) -> str | None:
    """Return an ISO 8601 moment with a zone as most write it, `2025-08-22T21:00:00Z`, None for any other text."""
    if not MOMENT.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value.upper().replace(",", ".")).astimezone(UTC)
        return moment.isoformat().removesuffix("+00:00") + "Z"
    except (ValueError, OverflowError):
        return None


# By ISO 3166 code; Kosovo, whose code is one of those that ISO leaves to its users, is a country like the others.
COUNTRIES: Mapping[str, str] = {
    **{country.alpha_2: getattr(country, "common_name", country.name) for country in pycountry.countries},
    "XK": "Kosovo",
}
OTHER_COUNTRY_CODES = {"UK": "GB", "EL": "GR"}  # what the British say, and the European Union of Greece


def normal_country(code: str) -> str | None:
    """Return an ISO 3166 alpha-2 code in capitals, None for any other text; `uk` and `el` are GB and GR."""
    upper = code.upper()
    return upper if upper in COUNTRIES else OTHER_COUNTRY_CODES.get(upper)


DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def normal_date(value: str) -> str | None:
    """Return an ISO 8601 date as it is, None for any other text."""
    try:
        return date.fromisoformat(value).isoformat() if DATE.fullmatch(value) else None
    except ValueError:
        return None


LOCAL_MOMENT = re.compile(DATE.pattern + r"([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?)?")


def normal_local_moment(value: str, *, time_zone: str) -> str | None:
    """Return a date, or date and time, as a moment in UTC, None for any other text.

    What names no zone of its own is in `time_zone`; a date is its first moment there.
    """
    if not LOCAL_MOMENT.fullmatch(value):
        return normal_moment(value)
    try:
        local = datetime.fromisoformat(value.upper().replace(",", "."))
        return local.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


# The look-ahead and the possessive ++ keep it linear: 5,000 URLs of dots took minutes.
HTTPS_URL = re.compile(r"https://(?=[^/?#]+\.[^/?#])[^\s/?#@\\]++([/?#][^\s\\]*)?", re.IGNORECASE)


def normal_https_url(url: str) -> str | None:
    """Return the URL as it is, None where it is no https:// URL of a public host name."""
    return url if HTTPS_URL.fullmatch(url) else None


def rounded(amount: float) -> float:
    """Round to four decimals, half to even, as the decimal number the client wrote."""
    if round(amount, 4) == amount:
        return amount
    return float(Decimal(repr(amount)).quantize(FOUR_DECIMALS, ROUND_HALF_EVEN))


def still_short(email: str) -> str:
    """Refuse an e-mail that lower case makes too long: `İ` becomes two characters."""
    if len(email) > MOST_EMAIL:
        raise PydanticKnownError("string_too_long", {"max_length": MOST_EMAIL})
    return email


Flag = bool
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=MOST_EMAIL, pattern=EMAIL_PATTERN),
    AfterValidator(still_short),
]
RequiredEmail = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=MOST_EMAIL, pattern=EMAIL_PATTERN),
    AfterValidator(still_short),
]
Language = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10), checked("language", normal_language)]
Currency = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), checked("currency", normal_currency)]
Moment = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), checked("datetime", normal_moment)]
Country = Annotated[str, StringConstraints(strip_whitespace=True), checked("country", normal_country)]
Date = Annotated[str, StringConstraints(strip_whitespace=True), checked("date", normal_date)]
HttpsUrl = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000), checked("https_url", normal_https_url)
]
Money = Annotated[float, Field(ge=0, le=MOST_MONEY, allow_inf_nan=False), AfterValidator(rounded)]
Count = Annotated[int, Field(ge=0, le=MOST_INTEGER)]
PositiveCount = Annotated[int, Field(ge=1, le=MOST_INTEGER)]
