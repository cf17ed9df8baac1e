"""Customers are found by words: by the trigrams' index, and where many have them, the newest by walking their key."""

from collections.abc import Sequence
from uuid import UUID

from django.db import OperationalError
from django.db.models import QuerySet
from psycopg.errors import QueryCanceled

from customers.models import SearchedWords
from customers.searching.words import condition_of
from hub.admin import changelist

# Times as long as a list walks its key. Together less than the 200 ms that a list may take.
BY_INDEX, BY_WALKING = 2, 4


def ids_by_words(tenants: Sequence[UUID], text: str, most: int) -> list[int] | None:
    """Return the hub ids of at most `most` customers of some tenants who have all the words of a text.

    The index reads all who have a word before it returns one: of "gmail" a million. What takes too long there is soon
    found by walking. Returns None where that takes too long, too.
    """
    condition = condition_of(text)
    if condition is None:
        return []
    rows = SearchedWords.objects.filter(condition, tenant_id__in=tenants)
    found = _soon(rows.order_by(), most, BY_INDEX)
    return found if found is not None else _soon(rows.order_by("-pk"), most, BY_WALKING)


def _soon(rows: QuerySet[SearchedWords], most: int, times: int) -> list[int] | None:
    """Return the hub ids of the first rows, None where that takes too long."""
    try:
        with changelist.patience(times * changelist.patience_ms()):
            return list(rows.values_list("pk", flat=True)[:most])
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
    return None
