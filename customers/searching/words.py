"""The words a customer is searched by, and what a typed text asks of them."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import and_, or_

from django.db.models import Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from hub.records.phones import INTERNATIONAL, dialled
from hub.records.plain import OF_NUMBER, digits_of, loose, plain, spellings, words_of

ANY_PART = 3  # characters and more are found anywhere in a word, fewer where one begins: a trigram has as many
ENTRY = re.compile(r"(tag|list):(.+)", re.IGNORECASE | re.DOTALL)
MOST_WORDS = 10  # of a text that are looked for


def searched_words(
    name: str | None,
    surname: str | None,
    email: str | None,
    phone: str | None,
    username: str | None,
    customer_id: str | None,
    tags: Sequence[str] = (),
    lists: Sequence[str] = (),
) -> str:
    """Return the words of a customer, each between blanks; what is called by several is one with its kind before it."""
    names = [found for text in (name, surname) if text for found in map(loose, spellings(text))]
    others = [found for text in (email, username, customer_id) if text for found in spellings(text)]
    words = [*names, *others, digits(phone) if phone else ""]
    words += [entry_of(kind, text) for kind, texts in (("tag", tags), ("list", lists)) for text in texts]
    return f" {' '.join(dict.fromkeys(filter(None, words)))} "


def entry_of(kind: str, text: str) -> str:
    """Return the word of a tag or a mailing list: tag:black_friday."""
    return f"{kind}:{'_'.join(plain(text).split())}"


def digits(number: str) -> str:
    """Return a phone number's digits without what one dials to leave a country, or a town."""
    usual = INTERNATIONAL.fullmatch(number)
    return number[1:] if usual else digits_of(dialled(number)).lstrip("0")


def in_index(part: str) -> Q:
    """Ask for a part of the words, as the trigrams' index answers it."""
    return Q(words__contains=part)


def in_text(part: str) -> Q:
    """Ask for a part of the words so that rows are read one after the other: no index knows of this."""
    return Q(GreaterThan(StrIndex("words", Value(part)), 0))


def condition_of(text: str, asks: Callable[[str], Q]) -> Q | None:
    """Return what a typed text asks of searched words: each of its words, in any order; None where it has none."""
    if named := ENTRY.fullmatch(text):
        return asks(f" {entry_of(named[1].lower(), named[2])} ")
    asked = [reduce(or_, map(asks, parts)) for parts in parts_of(text)]
    return reduce(and_, asked) if asked else None


def parts_of(text: str) -> Iterator[Sequence[str]]:
    """Yield for each word of a text what customers' words may hold in its place; nothing that holds another of these.

    Whoever has 0155500 has 155500, too, and each part is a look of its own into the index.
    """
    for _, word in zip(range(MOST_WORDS), words_of(text), strict=False):
        readings = [*spellings(word), *map(loose, spellings(word))]
        if OF_NUMBER.fullmatch(word):
            readings.append(digits(word))
        parts = [part if len(part) >= ANY_PART else f" {part}" for part in dict.fromkeys(readings) if part]
        if parts:
            yield [part for part in parts if not any(other in part for other in parts if other != part)]
