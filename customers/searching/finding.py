"""Customers are found by words: among the newest by reading them, else by the trigrams' index, or by reading on."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.db import OperationalError
from django.db.models import QuerySet
from psycopg.errors import QueryCanceled

from customers.models import SearchedWords
from customers.searching.words import condition_of, in_index, in_text
from hub.admin import changelist

Found = TypeVar("Found")
NEWEST = 5_000  # customers who are read first: a few milliseconds
FREQUENT = 100  # of these with the words, so that a thousand are found sooner by reading on than by the index
# Times as long as a list walks its key. Together less than the 200 ms that a list may take.
BY_INDEX, BY_WALKING = 3, 2


class Newest(NamedTuple):
    """The hub ids of the newest customers who have the words, and whether no more are to be looked for."""

    ids: list[int]
    are_all: bool


def ids_by_words(tenants: Sequence[UUID], text: str, most: int) -> list[int] | None:
    """Return the hub ids of at most `most` customers of some tenants who have all the words of a text.

    The index reads all who have a word before it returns one: of "gmail" a million. How many of the newest have the
    words tells which way is short; the other is taken where that one takes too long all the same. Returns None where
    both do.
    """
    by_index, by_reading = condition_of(text, in_index), condition_of(text, in_text)
    if by_index is None or by_reading is None:
        return []
    rows = SearchedWords.objects.filter(tenant_id__in=tenants)
    read = rows.filter(by_reading).order_by("-pk")
    newest = _soon(lambda: _among_newest(read, rows, most), 1)
    if newest is not None and newest.are_all:
        return newest.ids
    ways = [(rows.filter(by_index).order_by(), BY_INDEX), (read, BY_WALKING)]
    for way, times in reversed(ways) if newest and len(newest.ids) >= FREQUENT else ways:
        found = _soon(lambda: _hub_ids(way, most), times)  # noqa: B023 (called at once)
        if found is not None:
            return found
    return None


def _among_newest(read: QuerySet[SearchedWords], rows: QuerySet[SearchedWords], most: int) -> Newest:
    """Read the newest customers, all where there are no more of them."""
    before = list(rows.order_by("-pk").values_list("pk", flat=True)[NEWEST : NEWEST + 1])
    ids = _hub_ids(read.filter(pk__gt=before[0]) if before else read, most)
    return Newest(ids, not before or len(ids) == most)


def _hub_ids(rows: QuerySet[SearchedWords], most: int) -> list[int]:
    return list(rows.values_list("pk", flat=True)[:most])


def _soon(read: Callable[[], Found], times: int) -> Found | None:
    """Return what is read, None where that takes too long."""
    try:
        with changelist.patience(times * changelist.patience_ms()):
            return read()
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
    return None
