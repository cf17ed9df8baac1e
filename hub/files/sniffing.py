"""How a table of text is written: its encoding, delimiter and quotation marks, seen from its first bytes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

SAMPLE = 1_000_000  # bytes that are worth looking at


@dataclass(frozen=True)
class Dialect:
    """How a table is written. `encoding` is a name of ENCODINGS, `quote` is "" where none is used.

    `escape` is the backslash where that, not doubling, saves quotation marks in cells. `has_separator_line`: the first
    line is Excel's `sep=;`, no row. `is_guess`: the bytes would read as well in other encodings, so show it.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    line_end: str = "\n"
    has_bom: bool = False
    has_separator_line: bool = False
    is_guess: bool = False

    def replace(self, **known: Any) -> "Dialect":
        """Return it with what somebody knows better; raises FileProblem for an unknown encoding."""
        return replace(self, **known)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Dialect":
        """Return what to_json gave; what is missing is as usual, what is unknown is left out."""
        names = {field.name for field in fields(cls)}
        return cls().replace(**{name: value for name, value in stored.items() if name in names})


def sniff(sample: bytes, *, is_whole: bool = False) -> Dialect:
    """Return how a table is written, by its first bytes (up to SAMPLE); `is_whole`: there are no more."""
    return Dialect()
