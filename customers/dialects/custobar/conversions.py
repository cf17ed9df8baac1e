"""What a value that is not as document 003 has it plainly means. Whatever could mean two things is left as it is."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from customers.dialects.custobar.fields import FLAGS, LISTS, MOMENTS

MOST_EXACT = 2**53  # a greater float has lost digits
YES = frozenset({"1", "true", "yes"})
# Wider than YES: an opt-out that is hard to read is one, a permission that is hard to read is none.
NO = frozenset(
    {"", "0", "0.0", "false", "no", "n", "f", "off", "none", "never", "optout", "optedout", "unsubscribed"},
)
NO_PART_OF_A_WORD = re.compile(r"[\s\-_.'\"]")
MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]00:00(?::00(?:\.0+)?)?(?:[Zz]|\+00:?00)?")
# The second is what PHP makes of the first.
NO_DATE = re.compile(r"(?:0000-00-00|-0001-11-30)(?:[Tt ].*)?")


def converted(name: str, value: Any) -> Any:
    """Return what the value of a field plainly means, the value itself where nothing does, None where it is none."""
    return CONVERSIONS.get(name, plain_text)(value)


def plain_text(value: Any) -> Any:
    """Write a number as text: 36 and 36.0 are "36"; true is no text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value) or abs(value) >= MOST_EXACT:
        return value
    return str(int(value)) if value.is_integer() else value if "e" in repr(value) else repr(value)


def flag(value: Any) -> Any:
    """Read true and false: 1, "Yes", "0", and whatever can only mean no."""
    if isinstance(value, int | float):
        return bool(value) if value in (0, 1) else value
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word in YES:
        return True
    return False if word in NO or NO_PART_OF_A_WORD.sub("", word) in NO else value


def language(value: Any) -> Any:
    """Read a locale: `en_US.UTF-8` is en_US."""
    return value.partition(".")[0] if isinstance(value, str) else value


def day(value: Any) -> Any:
    """Read a date with a midnight behind it as the date; any other time may be of the day before."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    return None if NO_DATE.fullmatch(text) else midnight[1] if (midnight := MIDNIGHT.fullmatch(text)) else value


def moment(value: Any) -> Any:
    """Read a zero date as none."""
    return None if isinstance(value, str) and NO_DATE.fullmatch(value.strip()) else value


def strings(value: Any) -> Any:
    """Read a single string as a list of it, "" as an empty one, and as a list what PHP numbers: {"0": …, "2": …}."""
    if isinstance(value, dict) and all(map(str.isdecimal, value)):
        value = list(value.values())
    if isinstance(value, list):
        return [plain_text(item) for item in value]
    text = plain_text(value)
    return ([text] if text.strip() else []) if isinstance(text, str) else value


CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(FLAGS, flag),
    **dict.fromkeys(LISTS, strings),
    **dict.fromkeys(MOMENTS, moment),
    "birth_date": day,
    "language": language,
}
