"""The reference model of the consent policy: what a source and staff leave behind of a customer's flags, said plainly.

It remembers what the hub does not store: the last value of the source, and who changed a flag last.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.customers.model import FLAGS, WITHDRAWN, Customer, Shop

Row = tuple[int | None, int, int, int]  # before, after, channels, against_staff


def bits(names: Iterable[str]) -> int:
    return sum(1 << FLAGS.index(name) for name in names)


@dataclass(eq=False)
class Person(Customer):
    """A customer whose source and whose staff may disagree; `held` are grants of the last record that did not apply."""

    sticks: bool = False
    source: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(FLAGS, False))
    opted_out: set[str] = field(default_factory=set)
    held: list[str] = field(default_factory=list)

    @property
    def flags(self) -> int:
        return bits(name for name in FLAGS if self.values[name])

    def apply(self, record: Mapping[str, Any]) -> None:
        """Take what a source sends, but for a grant it had sent before, where staff withdrew since and that sticks."""
        self.held = [name for name in FLAGS if name in record and self.holds(name, record[name])]
        for name in record.keys() & {*FLAGS} - {*self.held}:
            self.source[name] = record[name]
        super().apply({name: value for name, value in record.items() if name not in self.held})

    def holds(self, name: str, value: bool) -> bool:
        is_withdrawn = self.values[name] is WITHDRAWN[name]
        return self.sticks and value is not WITHDRAWN[name] and is_withdrawn and self.source[name] is value

    def staff_set(self, name: str, value: bool) -> bool:
        """Set a flag; return whether that says anything new."""
        if self.values[name] is value and name in self.supplied:
            return False
        super().apply({name: value})
        (self.opted_out.add if value is WITHDRAWN[name] else self.opted_out.discard)(name)
        return True


@dataclass
class PolicyShop(Shop):
    """A tenant with a consent policy."""

    sticks: bool = False
    held: set[str] = field(default_factory=set)

    def create(self) -> Person:
        self.customers.append(person := Person(sticks=self.sticks))
        return person

    def post(self, batch: Iterable[Mapping[str, Any]]) -> tuple[set[Customer], dict[str, int]]:
        """Store records one after the other; `held` are then the places of grants that did not apply."""
        touched: set[Customer] = set()
        self.held = set()
        for i, record in enumerate(batch):
            told, _ = super().post([record])
            self.held |= {f"[{i}].{name}" for person in told if isinstance(person, Person) for name in person.held}
            touched |= told
        return touched, {}


def row_of(before: int | None, person: Person) -> list[Row]:
    """Return the row of the ledger that a write leaves of a person with these flags before, None for a new one.

    What a write grants and takes back is as if never granted: its row says what became of the flags in all.
    """
    granted = {name for name in FLAGS if person.values[name] is not WITHDRAWN[name]}
    again = bits(person.opted_out & granted)
    person.opted_out -= granted
    channels = bits(person.supplied & {*FLAGS}) if before is None else before ^ person.flags
    return [(before, person.flags, channels, again)] if channels else []
