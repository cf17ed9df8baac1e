"""Texts as a search compares them: without case, accents and other alphabets, in ASCII alone.

What PostgreSQL's trigrams take for a letter depends on how the database was made: on one with the locale C, as the
embedded one, only ASCII is. So letters of other alphabets are written as numbers, which also have three characters,
whatever they are: a part of a Chinese name is found by index, too. So is an emoji.
"""

import re
import unicodedata
from collections.abc import Iterator

# What has no accent that could be taken off.
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
# What people type who have no such key.
TYPED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
APOSTROPHES = frozenset("'\u2018\u2019\u02bc`\u00b4")  # O'Brien is found by obrien
OF_EMOJI = frozenset(
    "\u200d\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
)  # joiner, variants, skin tones
OF_IDENTIFIERS = frozenset("@._-+/#&%=:~$!?*")  # ASCII that stands in e-mails and ids
SEPARATOR = re.compile("[^0-9a-zA-Z]+")
MOST_KEPT = 10_000  # characters
DIGITS = re.compile(r"\d+")
OF_NUMBER = re.compile(r"[\d+()./\u2010-\u2015\u2212-]+")


class Written(dict[int, str]):
    """How each character of a text in lower case is written, by its code point; the first that are asked are kept."""

    def __missing__(self, point: int) -> str:
        written = _written(chr(point))
        if len(self) < MOST_KEPT:
            self[point] = written
        return written


def plain(text: str) -> str:
    """Return a text in the one spelling that is stored for a search, and looked for: ASCII, words between blanks."""
    if not text.isascii():
        composed = unicodedata.normalize("NFC", text).casefold().translate(LETTERS)
        text = unicodedata.normalize("NFKD", composed)
    return " ".join(text.casefold().translate(WRITTEN).split())


def spellings(text: str) -> list[str]:
    """Return a text's plain spelling, and the one of who types ae for ä, where that differs."""
    if text.isascii():
        return [plain(text)]
    typed = unicodedata.normalize("NFC", text).casefold().translate(TYPED)
    return list(dict.fromkeys([plain(text), plain(typed)]))


def loose(text: str) -> str:
    """Return a plain text's words without what joins them: jean luc for jean-luc."""
    return SEPARATOR.sub(" ", text).strip()


def digits_of(text: str) -> str:
    """Return the digits of a text, of every script, in ASCII."""
    return "".join(str(unicodedata.decimal(c)) for part in DIGITS.findall(text) for c in part)


def _written(character: str) -> str:
    """Write a letter of another alphabet as a number, a symbol as a word of its own; what is neither is a blank.

    Accents that NFKD has taken off a letter, apostrophes, and what says how an emoji looks are nothing.
    """
    if character in APOSTROPHES or character in OF_EMOJI or unicodedata.combining(character):
        return ""
    if character.isascii():
        return character if character.isalnum() or character in OF_IDENTIFIERS else " "
    if ord(character) in LETTERS:
        return str(LETTERS[ord(character)])
    if character.isalnum() or unicodedata.category(character).startswith("M"):
        return f"Z{ord(character):05x}"
    return f" Z{ord(character):05x} " if unicodedata.category(character).startswith("S") else " "


WRITTEN = Written()


def words_of(text: str) -> Iterator[str]:
    """Yield the words of a text as somebody typed them; those that a number is written in are one, without blanks."""
    number = ""
    for word in text.split():
        if OF_NUMBER.fullmatch(word):
            number += word
            continue
        if number:
            yield number
        number = ""
        yield word
    if number:
        yield number
