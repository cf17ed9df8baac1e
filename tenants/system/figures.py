"""A figure of the system page: what it is, whether that is bad, and what to do then."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction

PATIENCE_MS = 2000  # for what one card asks the database
TOO_LONG = "Not shown: the database took longer than 2 seconds, or refused. Reload the page, or ask it with psql."


@dataclass(frozen=True, slots=True)
class Figure:
    """What is measured, in words. `rule` says when it is bad and what to do then; "" where it is never bad."""

    name: str
    value: str
    rule: str = ""
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below a card's figures; `note` says what they are, `empty` stands in their place."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    note: str = ""
    empty: str = "None."


@dataclass(frozen=True, slots=True)
class Card:
    """What belongs together on the page; `unknown` says why there is nothing of it."""

    title: str
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    unknown: str = ""

    @property
    def bad(self) -> list[Figure]:
        """The figures that need somebody."""
        return [figure for figure in self.figures if figure.is_bad]


def patiently(title: str, make: Callable[[], Card]) -> Card:
    """Return a card, or one that says that the database gave it up: the rest of the page is shown whatever happens."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            return make()
    except DatabaseError:
        return Card(title, unknown=TOO_LONG)


def ask(statement: str, parameters: Mapping[str, int] | None = None) -> list[tuple[object, ...]]:
    """Return the rows of a statement about the database itself: of its catalogs, or of procrastinate's tables."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def said(seconds: float | None) -> str:
    """Write a length of time in its largest unit: 90 s, 12 min, 5 h, 3 days."""
    if seconds is None:
        return "–"
    for least, unit, name in ((172_800, 86_400, "days"), (7_200, 3_600, "h"), (120, 60, "min")):
        if seconds >= least:
            return f"{seconds / unit:,.0f} {name}"
    return f"{max(seconds, 0):,.0f} s"


def sized(size: int | None) -> str:
    """Write a number of bytes: 12 kB, 3.4 GB."""
    if size is None:
        return "–"
    for least, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= least:
            return f"{size / least:,.1f} {name}"
    return f"{size} B"
