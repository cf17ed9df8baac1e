"""Clean records, the one type that everything past `parse` takes: a sequence of dicts that also knows its JSON.

`RecordList` holds dicts; `hub.records.columns.ColumnRecords` holds what was read by column, at half the cost.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal
from typing import Any, Generic, TypeVar, overload

import orjson

Record = TypeVar("Record", bound=Mapping[str, Any])
Column = list[Any]


def exact(value: object) -> orjson.Fragment:
    """Write a Decimal as a JSON number, to its last digit; for orjson's `default`."""
    if not isinstance(value, Decimal):
        raise TypeError(f"no JSON for {type(value)}")
    return orjson.Fragment(f"{value.normalize():f}")


class Records(Sequence[Record], Generic[Record]):
    """Records by their documented names, in the order sent. A field that was left out, or null, is None in a column."""

    @property
    @abstractmethod
    def _records(self) -> Sequence[Record]:
        """The records as dicts."""

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | Sequence[Record]:
        return self._records[place]

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    @property
    @abstractmethod
    def json(self) -> str:
        """The records as a JSON array of objects: what the upserts read."""

    @abstractmethod
    def json_without(self, name: str) -> str:
        """Return the same without a field that holds records of its own."""

    @property
    @abstractmethod
    def names(self) -> Set[str]:
        """The fields that records may have: no record has another one."""

    @abstractmethod
    def column(self, name: str) -> Column:
        """Return a field of every record."""

    @abstractmethod
    def parts(self, name: str, key: str) -> Iterator[Column]:
        """Yield for every record the `key` of each record in its field `name`."""

    def all_differ(self, name: str) -> bool:
        """Tell whether every record has the field, and no two have the same value in it."""
        return _differ(self.column(name))

    def parts_differ(self, name: str, key: str) -> bool:
        """Tell whether within each record those in its field `name` have different values of `key`."""
        return all(map(_differ, self.parts(name, key)))


def _differ(column: Column) -> bool:
    values = set(column)
    return None not in values and len(values) == len(column)


class RecordList(Records[Record]):
    """Records as dicts."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._dicts = records

    @property
    def _records(self) -> Sequence[Record]:
        return self._dicts

    def __len__(self) -> int:
        return len(self._dicts)

    @property
    def json(self) -> str:
        return orjson.dumps(self._dicts, default=exact).decode()

    def json_without(self, name: str) -> str:
        return orjson.dumps([{**record, name: None} for record in self._dicts], default=exact).decode()

    @property
    def names(self) -> Set[str]:
        return {name for record in self._dicts for name in record}

    def column(self, name: str) -> Column:
        return [record.get(name) for record in self._dicts]

    def parts(self, name: str, key: str) -> Iterator[Column]:
        for record in self._dicts:
            yield [part.get(key) for part in record.get(name) or ()]
