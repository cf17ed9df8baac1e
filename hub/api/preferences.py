"""What a client would rather have, in the header `Prefer` (RFC 7240)."""

import re
from collections.abc import Iterator, Mapping

NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# One piece of the header: a quoted string, in which commas and semicolons mean nothing, or anything else.
PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[^"]', re.DOTALL)
PREFERENCE = re.compile(rf'\s*({NAME})\s*(?:=\s*("(?:[^"\\]|\\.)*"|{NAME})?)?\s*', re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
MOST = 4096  # characters of a header that are read
LENIENT = ("handling", "lenient")


def preferences(header: str) -> Mapping[str, str]:
    """Return a client's preferences by their names in lower case, without parameters.

    Of one that stands there twice the first counts, and what is none is passed over.
    """
    found: dict[str, str] = {}
    for text in _split(header[:MOST], ","):
        if match := PREFERENCE.fullmatch(next(_split(text, ";"))):
            found.setdefault(match[1].lower(), _word(match[2] or ""))
    return found


def _word(text: str) -> str:
    return ESCAPED.sub(r"\1", text[1:-1]) if text.startswith('"') else text


def _split(text: str, separator: str) -> Iterator[str]:
    """Yield the parts of a header, which a separator inside quotes does not end."""
    part: list[str] = []
    for piece in PIECE.findall(text):
        if piece == separator:
            yield "".join(part)
            part = []
        else:
            part.append(piece)
    yield "".join(part)


def prefers_lenient(header: str) -> bool:
    """Tell whether a header `Prefer` asks to have the good records taken: `handling=lenient`, in any case."""
    name, value = LENIENT
    return bool(header) and preferences(header).get(name, "").lower() == value
