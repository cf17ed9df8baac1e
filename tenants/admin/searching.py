"""How a search finds records by identifiers: as they were pasted, else spelled otherwise, else in any case.

A column is looked up by itself, in its index: in one OR with ORDER BY id the planner takes the wrong end of the table
for a prefix of old records (1 ms against 280). The indexes serve prefixes where the database compares bytewise (C or
C.UTF-8, as the embedded one); elsewhere each look-up is a scan.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any

from django.db import OperationalError
from django.db.models import Q, QuerySet
from psycopg.errors import QueryCanceled

from hub.admin import changelist
from hub.records.emails import one_beginning
from hub.records.phones import normal_phone
from hub.sql.bigint import is_bigint

MOST_MATCHES = 1000  # of a search, for each column
BEGINS_A_PHONE = re.compile("[0-9+(]")


@dataclass(frozen=True)
class Column:
    """An identifier that a search looks at, of the rows of the user's tenants; `key` leads to the record's hub id.

    `lookup` is `startswith`, or `exact` where the beginning of an identifier is not enough.
    """

    rows: QuerySet[Any]
    name: str
    key: str = "pk"
    lookup: str = "startswith"

    def spellings(self, text: str) -> list[str]:
        """Return a text as the column has it, if it can: e-mails, and how they begin, in their one form."""
        if self.name == "email":
            return [one_beginning(text)]
        return [text] if self.name != "phone" or BEGINS_A_PHONE.match(text) else []

    def other_spellings(self, text: str) -> list[str]:
        """Return what else a text may stand for: a phone number without blanks, an id in capitals."""
        if self.name == "email":
            return []
        if self.name == "phone":
            return [phone for phone in (normal_phone(text), normal_phone(f"+{text}")) if phone][:1]
        return [other for other in dict.fromkeys([text.upper(), text.lower(), text.capitalize()]) if other != text]

    def ids(self, texts: Sequence[str]) -> list[int]:
        """Return the hub ids of records whose identifier one of the texts names."""
        return self._ids(self.lookup, texts) if texts else []

    def has_cases(self, text: str) -> bool:
        """Say whether the text could stand here in another case; e-mails have one."""
        return self.name not in ("email", "phone") and text.upper() != text.lower()

    def ids_in_any_case(self, text: str) -> list[int]:
        """Return those that the text names in any case: a scan."""
        return self._ids(f"i{self.lookup}", [text])

    def _ids(self, lookup: str, texts: Sequence[str]) -> list[int]:
        named = reduce(or_, (Q(**{f"{self.name}__{lookup}": text}) for text in texts))
        return first_ids(self.rows.filter(named), self.key)


def first_ids(rows: QuerySet[Any], key: str = "pk") -> list[int]:
    """Return the hub ids that `key` leads to, of so many rows as a search shows at most."""
    return list(rows.values_list(key, flat=True)[:MOST_MATCHES])


def as_pasted(columns: Iterable[Column], readings: Sequence[str]) -> list[int]:
    """Return the hub ids of records that the readings name as they stand."""
    return [pk for column in columns for text in readings for pk in column.ids(column.spellings(text))]


def otherwise(columns: Sequence[Column], readings: Sequence[str]) -> list[int]:
    """Return those that they name when spelled in another way, for who found none: by index, else by scanning."""
    spelled = [pk for c in columns for pk in c.ids([*chain.from_iterable(map(c.other_spellings, readings))])]
    return spelled or _in_any_case(columns, readings)


def _in_any_case(columns: Sequence[Column], readings: Sequence[str]) -> list[int]:
    """Return those of the first column that has some, none where a scan outlasts the list's patience.

    10 to 18 ms a column at 100,000 rows; an index on each would cost every upsert a fifth of its speed.
    """
    scans = [(column, text) for column in columns for text in readings if column.has_cases(text)]
    if not scans:
        return []
    try:
        with changelist.patience(changelist.patience_ms()):
            return next(filter(None, (column.ids_in_any_case(text) for column, text in scans)), [])
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
    return []


def hub_ids_in(readings: Iterable[str]) -> list[int]:
    """Return the readings that may be hub ids."""
    return [int(text) for text in readings if is_bigint(text)]


def is_name(text: str) -> bool:
    """Tell whether a text may be somebody's name, and no identifier."""
    return "@" not in text and ":" not in text and not any(character.isdigit() for character in text)


def searches_words(readings: Sequence[str]) -> bool:
    """Tell whether a text may be words, too: not where it is written as a hub id, or asks for a value by its name."""
    name, _, value = readings[-1].partition("=")
    return not (readings[0].startswith("#") or (name and value))
