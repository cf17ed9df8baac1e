"""A second look at a body: every name and value as it was sent, for what pydantic has no word for.

Names of unknown fields and other spellings, names sent twice, NUL characters, NaN, nesting, and numbers to their last
digit.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

from hub.records.faults import Fault, Loc, failed, path

Json = Any
MOST_WARNINGS = 20
MOST_FAULTS = 1000
DEEPEST = 64
HALF = re.compile("[\ud800-\udfff]")
UNPRINTABLE = re.compile("[\0\ud800-\udfff]")
UNKNOWN_FIELD = "Unknown field, ignored."


@dataclass(frozen=True)
class Shape:
    """The documented names of an object and, for fields that hold objects, the shape of those."""

    names: frozenset[str]
    by_lower_case: dict[str, str]
    nested: dict[str, "Shape"] = field(default_factory=dict)

    @classmethod
    def of(cls, record: type) -> "Shape":
        hints = get_type_hints(record)
        nested = {name: cls.of(inner) for name, hint in hints.items() for inner in _typed_dicts(hint)}
        return cls(frozenset(hints), {name.lower(): name for name in hints}, nested)

    def knows(self, records: Sequence[Mapping[str, Any]]) -> bool:
        """Tell whether every name in the records, and below, is spelt as documented."""
        return all(map(self.names.issuperset, records)) and all(
            shape.knows(record[name]) for name, shape in self.nested.items() for record in records
        )


def _typed_dicts(hint: Any) -> Iterator[type]:
    if is_typeddict(hint):
        yield hint
    elif get_origin(hint) is not None:
        for argument in get_args(hint):
            yield from _typed_dicts(argument)


class Pairs(list[tuple[str, Json]]):
    """A JSON object as it was sent: every name, in order, doubles included."""


def read_pairs(body: bytes) -> list[Json]:
    """Read JSON with objects as Pairs; what pydantic could read, this can, deep nesting apart."""
    try:
        elements = json.loads(body, object_pairs_hook=Pairs, parse_int=_integer, parse_float=_number)
    except RecursionError:
        raise failed([Fault((), "too_deep")]) from None
    if _depth(elements) > DEEPEST:
        raise failed([Fault((), "too_deep")])
    assert isinstance(elements, list)  # noqa: S101 — pydantic found an array
    return elements


def as_sent(value: Json) -> str:
    """Write what `read_pairs` or a JSON parser read as it was sent, blanks apart; whatever it holds is ASCII here."""
    if isinstance(value, Pairs):
        return f"{{{', '.join(f'{json.dumps(name)}: {as_sent(inner)}' for name, inner in value)}}}"
    if isinstance(value, dict):
        return as_sent(Pairs(value.items()))
    if isinstance(value, list):
        return f"[{', '.join(map(as_sent, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def is_array(body: bytes) -> bool:
    """Tell whether a body that pydantic could not read is an array for Python, which takes half a character."""
    try:
        return isinstance(json.loads(body, parse_int=_integer), list)
    except (ValueError, RecursionError):
        return False


def _integer(digits: str) -> int:
    """Read an integer; one of hundreds of digits is out of every range, and so are its first hundred."""
    return int(digits[:100])


def _number(text: str) -> Decimal | float:
    """Read a number to its last digit; one whose exponent has 19 digits is infinite, or nothing."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return float(text)


def _depth(value: Json) -> int:
    """Measure how deep arrays and objects are nested, level by level."""
    depth, level = 0, [value]
    while level := [inner for inner in level if isinstance(inner, list)]:
        depth += 1
        level = [x[1] if isinstance(outer, Pairs) else x for outer in level for x in outer]
        if depth > DEEPEST:
            break
    return depth


class Reading:
    """Collects what a second look at a body finds: names that are unknown, NUL characters, NaN and Infinity."""

    def __init__(self) -> None:
        self.warnings: dict[str, list[str]] = {}
        self.faults: list[Fault] = []
        self.elements = 0  # of arrays that should hold objects

    def canonical(self, value: Json, shape: Shape, loc: Loc) -> Json:
        """Return an object with documented names only: any case is accepted, of two spellings the last wins."""
        self.elements += 1
        if not isinstance(value, Pairs):
            return self.plain(value, loc)
        found: dict[str, Json] = {}
        for name, inner in value:
            known = shape.by_lower_case.get(name.lower())
            place = (*loc, known or UNPRINTABLE.sub("\ufffd", name[:100]))
            if known is None:
                first = len(self.faults)
                self.plain(name, place)
                self.finite(self.plain(inner, place), place)
                self.faults[first:] = [replace(fault, coined=True) for fault in self.faults[first:]]
                if len(self.warnings) < MOST_WARNINGS:
                    self.warnings.setdefault(path(place), [UNKNOWN_FIELD])
            elif known in shape.nested and type(inner) is list:
                found[known] = [self.canonical(x, shape.nested[known], (*place, i)) for i, x in enumerate(inner)]
            else:
                found[known] = inner if isinstance(inner, Decimal) else self.plain(inner, place)
        return found

    def plain(self, value: Json, loc: Loc) -> Json:
        """Return a value as ordinary lists, dicts and floats, noting what no value may be."""
        if isinstance(value, Pairs):
            return {self.plain(name, loc): self.plain(inner, loc) for name, inner in value}
        if isinstance(value, list):
            return [self.plain(inner, loc) for inner in value]
        if isinstance(value, str):
            return self._text(value, loc)
        return float(value) if isinstance(value, Decimal) else value

    def _text(self, value: str, loc: Loc) -> str:
        """Return a text whole, noting U+0000 and halves of characters."""
        if "\0" in value:
            self.note(loc, "forbidden_character")
        if HALF.search(value):
            self.note(loc, "lone_surrogate")
            return HALF.sub("\ufffd", value)
        return value

    def finite(self, value: Json, loc: Loc) -> None:
        """Note NaN and Infinity in an unknown field; of a known one pydantic says what it should have been."""
        if isinstance(value, dict | list):
            for inner in value.values() if isinstance(value, dict) else value:
                self.finite(inner, loc)
        elif isinstance(value, float) and not math.isfinite(value):
            self.note(loc, "not_a_number")

    def note(self, loc: Loc, kind: str) -> None:
        """Note a fault; an answer names a hundred, and 300,000 took a second and a half to write."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(loc, kind))
