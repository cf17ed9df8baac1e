"""The words a customer is searched by, and what a typed text asks of them."""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from hub.records.phones import dialled
from hub.records.plain import OF_NUMBER, digits_of, loose, plain, spellings, words_of

ANY_PART = 3  # characters and more are found anywhere in a word, fewer where one begins: a trigram has as many
MOST_WORDS = 10  # of a text that are looked for


def searched_words(
    name: str | None,
    surname: str | None,
    email: str | None,
    phone: str | None,
    username: str | None,
    customer_id: str | None,
) -> str:
    """Return the words of a customer, each between blanks."""
    names = [found for text in (name, surname) if text for found in map(loose, spellings(text))]
    others = [found for text in (email, username, customer_id) if text for found in spellings(text)]
    words = [*names, *others, digits(phone) if phone else ""]
    return f" {' '.join(dict.fromkeys(filter(None, words)))} "


def digits(number: str) -> str:
    """Return a phone number's digits without what one dials to leave a country, or a town."""
    return digits_of(dialled(number)).lstrip("0")


def condition_of(text: str) -> Q | None:
    """Return what a typed text asks of searched words: each of its words, in any order; None where it has none."""
    asked = [reduce(or_, (Q(words__contains=part) for part in parts)) for parts in parts_of(text)]
    return reduce(and_, asked) if asked else None


def parts_of(text: str) -> Iterator[Sequence[str]]:
    """Yield for each word of a text what customers' words may hold in its place."""
    for _, word in zip(range(MOST_WORDS), words_of(text), strict=False):
        readings = [*spellings(word), *map(loose, spellings(word))]
        if OF_NUMBER.fullmatch(word):
            readings.append(digits(word))
        parts = [part if len(part) >= ANY_PART else f" {part}" for part in dict.fromkeys(readings) if part]
        if parts:
            yield parts


__all__ = ["condition_of", "parts_of", "plain", "searched_words"]
