"""Products are found by any part of their name: by reading all names, for a catalogue is small."""

import unicodedata
from collections.abc import Iterable
from functools import reduce
from operator import and_

from django.db import OperationalError
from django.db.models import Func, Q, QuerySet, TextField
from psycopg.errors import QueryCanceled

from hub.admin import changelist
from products.models import Product
from tenants.admin.searching import first_ids

PATIENCE = 3  # times as long as a list walks its key: 20,000 names take 15 ms, without accents 60
MOST_WORDS = 10
ANY_PART = 3  # characters and more are found anywhere, fewer where a word begins


class WithoutAccents(Func):
    """A text in lower case without its accents."""

    template = "regexp_replace(normalize(lower(%(expressions)s), NFKD), '[\u0300-\u036f]', '', 'g')"
    output_field = TextField()


def ids_by_name(within: QuerySet[Product], text: str) -> list[int]:
    """Return the hub ids of products whose name has all words of a text, as it is accented; else without accents.

    None where that takes too long.
    """
    words = text.split()[:MOST_WORDS]
    as_typed = _soon(within.filter(_all(words, "product_name__icontains", "product_name__istartswith")))
    if as_typed:
        return as_typed
    plain = [without_accents(word) for word in words]
    named = within.alias(plain_name=WithoutAccents("product_name"))
    return _soon(named.filter(_all(plain, "plain_name__contains", "plain_name__startswith")))


def without_accents(text: str) -> str:
    """Return a text as WithoutAccents makes a column's."""
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(character for character in apart if not "\u0300" <= character <= "\u036f")


def _all(words: Iterable[str], contains: str, begins: str) -> Q:
    return reduce(and_, (_one(word, contains, begins) for word in words), Q())


def _one(word: str, contains: str, begins: str) -> Q:
    if len(word) >= ANY_PART:
        return Q(**{contains: word})
    return Q(**{begins: word}) | Q(**{contains: f" {word}"})


def _soon(rows: QuerySet[Product]) -> list[int]:
    try:
        with changelist.patience(PATIENCE * changelist.patience_ms()):
            return first_ids(rows)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
    return []
