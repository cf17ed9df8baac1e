"""The kinds of value a record may hold, for pydantic: every rule of the contract's table of values, once.

All are strict (a number is no string, "true" is no boolean). Optional fields are `… | None`: null means omitted.
Lengths are Unicode code points. `text` and the like go into `Annotated[str, text(100)]`.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from itertools import repeat
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pycountry
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WrapValidator
from pydantic_core import PydanticCustomError, PydanticKnownError

from hub.records.currencies import CURRENCIES
from hub.records.emails import MOST_EMAIL, normal_email, one_form

NOT_BLANK = r"\S"
BLANK = re.compile(r"[^\S\x1c-\x1f]*")  # what pydantic strips; Python has four characters more
LETTERS_DIGITS_DASHES = r"^(?:[\p{L}\p{Nd}-]+|\s*)$"

MOST_MONEY = 999_999_999_999.9999  # numeric(16,4)
MOST_INTEGER = 2_147_483_647
MOST_CACHED = 100  # characters; a cache of longer values would be a client's to fill with megabytes
FOUR_DECIMALS = Decimal("0.0001")
CERTAIN = 2.0**38  # below, a float with four decimals is what was sent, rounded: there they are 3.05e-5 apart
HALFWAY = 0.00005
FAR = Decimal(10**15)  # out of every range


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
    """Return a BCP 47 tag in the usual case (RFC 5646, 2.1.1: `zh_hant-tw` → `zh-Hant-TW`), None for any other text.

    POSIX writes `en_US`, and so do many shops.
    """
    tag = tag.replace("_", "-").lower()
    if not LANGUAGE_TAG.fullmatch(tag):
        return None
    first, *rest = tag.split("-")
    cased, after_singleton = [first], False
    for part in rest:
        after_singleton = after_singleton or len(part) == 1
        form = {2: part.upper(), 4: part.title()}.get(len(part), part)
        cased.append(part if after_singleton else form)
    return "-".join(cased)


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
    """Round to four decimals, half to even, as the number that the client wrote.

    Raises PydanticKnownError where that is more than a float tells: of several numbers that may have been written for
    it, some are rounded up and some down. Quick where the float is far from the middle between two results.
    """
    near = round(amount, 4)
    if amount < CERTAIN and (near == amount or abs(abs(amount - near) - HALFWAY) > 4 * math.ulp(amount)):
        return near
    reach = Decimal(math.ulp(amount)) / 2
    low, high = ((Decimal(amount) + end).quantize(FOUR_DECIMALS, ROUND_HALF_EVEN) for end in (-reach, reach))
    if low != high:
        raise PydanticKnownError("float_type")
    return float(low)


def are_rounded(amounts: Sequence[float]) -> bool:
    """Tell whether `rounded` leaves amounts as they are: 500 in 0.1 ms."""
    distinct = list(set(amounts))
    return max(distinct) < CERTAIN and list(map(round, distinct, repeat(4))) == distinct


def money(amount: Any, as_float: Callable[[Any], float]) -> float | Decimal:
    """Return an amount rounded to four decimals: a float where that is written the same, else a Decimal.

    Its range is checked after rounding. A float may be refused that is fine: `hub.records.schemas` then reads the body
    again, with Decimals.
    """
    if not isinstance(amount, Decimal):
        near = as_float(amount)
        return near if isinstance(amount, int) else rounded(near)
    exact = amount.quantize(FOUR_DECIMALS, ROUND_HALF_EVEN) if -FAR < amount < FAR else amount
    near = as_float(float(exact))
    return near if Decimal(repr(near)) == exact else exact


def whole(number: Any) -> Any:
    """Return a Decimal without a fraction as the integer it is: `2.0`, `2e0`; anything else as it is."""
    if isinstance(number, Decimal) and number == number.to_integral_value():
        return int(max(-FAR, min(number, FAR)))
    return number


def email(value: str) -> str:
    """Return an e-mail in its one form, a blank one as ""; raises PydanticKnownError and PydanticCustomError."""
    if (found := normal_email(value)) is not None:
        return found
    if BLANK.fullmatch(value):
        return ""
    if len(one_form(value)) > MOST_EMAIL:
        raise PydanticKnownError("string_too_long", {"max_length": MOST_EMAIL})
    raise PydanticCustomError("email", "{kind}", {"kind": "email"})


def required_email(value: str) -> str:
    """The same for one that must not be blank."""
    if not value.strip():
        raise PydanticKnownError("string_too_short", {"min_length": 1})
    return email(value)


def described(**schema: Any) -> Any:
    """Say of a type what JSON Schema can say, for the OpenAPI document; the rule itself is a validator's."""
    return Field(json_schema_extra=schema)


def or_empty(pattern: str) -> str:
    """Return the pattern of a whole text, which may be "", too: that clears an optional field."""
    return f"^({pattern})?$"


IN_ANY_CASE = LANGUAGE_TAG.pattern.replace("a-z", "A-Za-z")
Flag = bool
Email = Annotated[str, AfterValidator(email), described(maxLength=MOST_EMAIL, format="idn-email")]
RequiredEmail = Annotated[
    str, AfterValidator(required_email), described(minLength=1, maxLength=MOST_EMAIL, format="idn-email")
]
Language = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=10),
    checked("language", normal_language),
    described(pattern=or_empty(IN_ANY_CASE), examples=["en-US"]),
]
Currency = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    checked("currency", normal_currency),
    described(enum=sorted(CURRENCIES), examples=["EUR"]),
]
Moment = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    checked("datetime", normal_moment),
    described(format="date-time", examples=["2025-08-22T21:00:00Z"]),
]
Country = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    checked("country", normal_country),
    described(enum=["", *sorted(COUNTRIES)], examples=["SE"]),
]
Date = Annotated[str, StringConstraints(strip_whitespace=True), checked("date", normal_date), described(format="date")]
HttpsUrl = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000),
    checked("https_url", normal_https_url),
    described(pattern=or_empty(r"https://[^\s/?#@\\]+\.[^\s/?#@\\]+([/?#][^\s\\]*)?")),
]
Money = Annotated[float, Field(ge=0, le=MOST_MONEY, allow_inf_nan=False), WrapValidator(money)]
Count = Annotated[int, Field(ge=0, le=MOST_INTEGER), BeforeValidator(whole)]
PositiveCount = Annotated[int, Field(ge=1, le=MOST_INTEGER), BeforeValidator(whole)]
