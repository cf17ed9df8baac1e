"""A body whose good records are taken and whose others are left out, each with all that is wrong with it.

What is said of a record is what `hub.records.schemas.parse` says of a body that holds it alone. What is wrong with a
body as a whole, broken JSON or too many records, is wrong here, too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from typing import Any

from pydantic import ValidationError

from hub.records.faults import Fault, failed, fault_of
from hub.records.reading import MOST_WARNINGS, Json, Reading, read_pairs
from hub.records.records import Record, RecordList
from hub.records.schemas import (
    MOST_SEARCHED,
    Batch,
    Schema,
    elements_sent,
    missing_in,
    oddities,
    parse_again,
    parse_usual,
)


@dataclass(frozen=True)
class Rejected:
    """A record that was left out: its index in the batch, the record as it was sent, and all that is wrong with it.

    `named` has its values under the documented names; nothing where it is no object.
    """

    index: int
    sent: Json
    named: Mapping[str, Any]
    faults: Sequence[Fault]


@dataclass
class Sifted(Batch[Record]):
    """The good records of a `body`, the place in it that each came from, and the records that were left out."""

    schema: Schema[Record]
    body: bytes
    places: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def received(self) -> int:
        """How many records the body held."""
        return len(self.places) + len(self.rejected)

    @property
    def faults(self) -> list[Fault]:
        """What is wrong with the records that are left out, by their places in the batch."""
        return [fault for record in self.rejected for fault in record.faults]

    def leave_out(self, faults: Iterable[Fault]) -> None:
        """Leave out good records about which, by their number among them, something was found after all.

        Raises ValidationFailed, with everything about all records, where no good one is left.
        """
        moved = [replace(fault, loc=(self.places[_index(fault)], *fault.loc[1:])) for fault in faults]
        sent = read_pairs(self.body)
        for index, found in groupby(sorted(moved, key=_index), _index):
            self.rejected.append(Rejected(index, sent[index], _named(self.schema, sent[index]), list(found)))
        out = {_index(fault) for fault in moved}
        kept = [i for i, place in enumerate(self.places) if place not in out]
        if not kept:
            raise failed([fault for rejected in self.rejected for fault in rejected.faults])
        self.records = RecordList([self.records[i] for i in kept])
        self.places = [self.places[i] for i in kept]


def _named(schema: Schema[Any], element: Json) -> Mapping[str, Any]:
    """Return an element's values under the documented names."""
    named = Reading().canonical(element, schema.shape, (0,))
    return named if isinstance(named, dict) else {}


def _index(fault: Fault) -> int:
    return int(fault.loc[0])


def sift(schema: Schema[Record], body: bytes) -> Sifted[Record]:
    """Read a request body as `parse` does, and leave out the records that are wrong.

    Raises ValidationFailed as `parse` does for what is wrong with the whole of it, and where no record is good.
    """
    sifted = sift_all(schema, body)
    if sifted.rejected and not sifted.places:
        parse_again(schema, body)  # which says what is wrong, as ever
    return sifted


def sift_all(schema: Schema[Record], body: bytes) -> Sifted[Record]:
    """Read a body as `sift` does, also one in which no record is good."""
    if usual := parse_usual(schema, body, sifts=True):
        return Sifted(usual.records, usual.warnings, schema, body, list(range(len(usual.records))))
    sifting = _Sifting(schema)
    for i, element in enumerate(elements_sent(schema, body)):
        sifting.take(i, element)
    return sifting.sifted(body)


class _Sifting:
    """Takes the elements of a body one by one, each as if it were the only one."""

    def __init__(self, schema: Schema[Any]) -> None:
        self.schema, self.searched = schema, 0
        self.good: dict[int, Any] = {}
        self.rejected: list[Rejected] = []
        self.warnings: list[tuple[str, list[str]]] = []

    def take(self, i: int, element: Json) -> None:
        """Keep a good record; note what is wrong with another one."""
        reading = Reading()
        named = reading.canonical(element, self.schema.shape, (i,))
        own = [replace(fault, loc=(i, *fault.loc[1:])) for fault in missing_in(self.schema, [named])]
        faults = [*reading.faults, *own]
        try:
            (record,) = self.schema.quick.validate_python([named])
        except ValidationError as error:
            faults += self._found(i, named, reading.elements, error)
        if faults:
            self.rejected.append(Rejected(i, element, named if isinstance(named, dict) else {}, faults))
            return
        self.good[i] = record
        self.warnings += islice(reading.warnings.items(), max(0, MOST_WARNINGS - len(self.warnings)))

    def _found(self, i: int, named: Json, elements: int, first: ValidationError) -> Iterator[Fault]:
        """Find all that is wrong with an element; the first fault must do once so many elements have been searched."""
        self.searched += elements
        error = first
        if self.searched <= MOST_SEARCHED:
            try:
                self.schema.adapter.validate_python([named])
            except ValidationError as whole:
                error = whole
        for details in error.errors(include_url=False):
            fault = fault_of(details)
            yield replace(fault, loc=(i, *fault.loc[1:]))

    def sifted(self, body: bytes) -> Sifted[Any]:
        records, places = RecordList(list(self.good.values())), list(self.good)
        odd = oddities(self.schema, records)
        warnings = [*self.warnings, *((_placed(key, places), texts) for key, texts in odd.items())]
        return Sifted(records, dict(warnings[:MOST_WARNINGS]), self.schema, body, places, self.rejected)


def _placed(key: str, places: Sequence[int]) -> str:
    """Return the key of a warning about a good record with the index it had in the body: `[0].Phone` → `[3].Phone`."""
    number, bracket, rest = key.removeprefix("[").partition("]")
    return f"[{places[int(number)]}{bracket}{rest}" if bracket and number.isdecimal() else key


def placed(warnings: Mapping[str, list[str]], places: Sequence[int]) -> dict[str, list[str]]:
    """Return warnings about good records under the records' indexes in the body."""
    return {_placed(key, places): texts for key, texts in warnings.items()}
