"""Folding records into one row a customer: which record means whom, as if stored one after the other."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from customers.flags import withdrawals
from customers.former import supersede
from customers.overrides import (
    HELD_BACK,
    hold_back,
)
from tenants.changes.changesets import Warnings
from tenants.changes.results import Meant
from tenants.identity import match_key

Row = dict[str, Any]  # a record with its match_key


class Carriers:
    """Who carries which value of the identifier that is not the priority one, as records hand it about."""

    def __init__(self, values: Iterable[str], stored: Iterable[Sequence[str]]) -> None:
        self.keys: dict[str, dict[str, None]] = {value: {} for value in values}
        self.value: dict[str, str] = {}
        self._known: dict[str, tuple[str, ...]] = {}  # a till's has 10,000, and a batch 1,000 such records
        for value, key in stored:
            self.hand(value, key)

    def of(self, value: str) -> tuple[str, ...]:
        """Return the keys of the customers that carry a value now."""
        if value not in self._known:
            self._known[value] = tuple(self.keys[value])
        return self._known[value]

    def hand(self, value: str, key: str) -> None:
        """Note that the customer `key` carries `value` from now on, and no other."""
        if (old := self.value.pop(key, None)) is not None:
            del self.keys[old][key]
            self._known.pop(old, None)
        if value in self.keys:
            self.keys[value][key] = None
            self.value[key] = value
            self._known.pop(value, None)


class Folding:
    """Folds records into one row a customer, each with its match_key, as if stored one after the other.

    Later supplied fields win. `first` names the priority identifier and `second` the other one; `carriers` knows every
    customer that carries the second one of a record that has no more than that. Where several do, the record's
    withdrawals are for all of them and the rest of it for none; `several` says so, by the record's index.
    `standing` are staff's withdrawals that a source's grants do not undo, by match_key; `held` says which they met.
    """

    def __init__(self, first: str, second: str, carriers: Carriers) -> None:
        self.first, self.second, self.carriers = first, second, carriers
        self.rows: dict[str, Row] = {}
        self.several: dict[int, str] = {}
        self.keys: dict[int, tuple[str, ...]] = {}
        self.skipped: set[int] = set()
        self.standing: dict[str, int] = {}
        self.held: dict[int, list[str]] = {}
        # By identifier, what is withdrawn from all its carriers: a till's has 10,000, and a batch 1,000 such records.
        self.withdrawn: dict[str | None, dict[str, bool]] = {}

    def add(self, i: int, record: Mapping[str, Any]) -> None:
        """Fold in the record `i`, which parse() saw to it has one identifier or the other."""
        keys = self.keys[i] = self._keys(record)
        if len(keys) > 1:
            self._withdraw(i, record, keys)
            return
        key, carriers = keys[0], self.carriers
        self._fold(i, record, key)
        if carriers.keys and (other := record.get(self.second)) is not None:
            self.withdrawn.pop(carriers.value.get(key), None)
            carriers.hand(other, key)
        self.withdrawn.pop(carriers.value.get(key), None)

    def _withdraw(self, i: int, record: Mapping[str, Any], keys: Sequence[str]) -> None:
        """Withdraw from all whom record `i` means; what the records before withdrew from them all is withdrawn."""
        withdrawn, other = withdrawals(record), record[self.second]
        more = {name for name, value in record.items() if value is not None} - withdrawn.keys() - {self.second}
        self.several[i] = several_meant(len(keys), withdrawn=bool(withdrawn), more=bool(more), missing=self.first)
        if not withdrawn:
            self.skipped.add(i)
        done = self.withdrawn.setdefault(other, {})
        if fresh := {name: value for name, value in withdrawn.items() if name not in done}:
            for key in keys:
                self._fold(i, fresh, key)
            done.update(fresh)

    def _fold(self, i: int, record: Mapping[str, Any], key: str) -> None:
        if standing := self.standing.get(key):
            held, self.standing[key] = hold_back(record, standing)
            if held:
                self.held[i] = held
                record = {**record, **dict.fromkeys(held)}
        if row := self.rows.get(key):
            supersede(row, record)
            row.update((name, value) for name, value in record.items() if value is not None)
        else:
            self.rows[key] = {**record, "match_key": key}

    def _keys(self, record: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the match_keys of the customers that a record means."""
        if (value := record.get(self.first)) is not None:
            return (match_key(self.first, value),)
        other = record[self.second]
        return self.carriers.of(other) or (match_key(self.second, other),)

    def meant(self, received: int) -> Meant:
        """Return whom each of the records received means; who was not folded in is forgotten."""
        return Meant([self.keys.get(i, ()) for i in range(received)], self.skipped)

    def keys_of(self, records: Iterable[Mapping[str, Any]]) -> set[str]:
        """Return the match_keys of all whom these records may mean, whatever identifiers they hand about."""
        named = {
            match_key(name, value)
            for record in records
            for name in (self.first, self.second)
            if (value := record.get(name)) is not None
        }
        return named.union(*self.carriers.keys.values())

    @property
    def warnings(self) -> Warnings:
        """What is said of the records that mean several customers, and of grants that were held back."""
        return {f"[{i}].{self.second}": [text] for i, text in self.several.items()} | held_warnings(self.held)


def several_meant(number: int, *, withdrawn: bool, more: bool, missing: str) -> str:
    """Say what became of a record that means several customers, and which identifier would have told them apart."""
    parts = ["what it withdraws is withdrawn from all of them"] if withdrawn else []
    if more or not withdrawn:
        rest = "everything else" if withdrawn else "it"
        parts.append(f"{rest} is applied to none. Send {missing} to say who is meant")
    return f"{number:,} customers are meant: {', '.join(parts)}."


def fold(records: Iterable[Mapping[str, Any]], first: str, second: str) -> list[Row]:
    """Fold records that all have the priority identifier, `first`."""
    folding = Folding(first, second, Carriers((), ()))
    for i, record in enumerate(records):
        folding.add(i, record)
    return list(folding.rows.values())


def held_warnings(held: Mapping[int, Iterable[str]]) -> Warnings:
    """Say of each grant that was held back, by the record's index, that it was."""
    return {f"[{i}].{name}": [HELD_BACK] for i, names in held.items() for name in names}
