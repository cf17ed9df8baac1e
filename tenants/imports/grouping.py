"""The rows of a table as records: a row each, or several that stand together for the parts of one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from hub.files.tables import Row
from hub.records.faults import Fault
from tenants.entities import Columns
from tenants.imports.compiling import Compiled
from tenants.imports.items import Item

MOST_FAULTS = 100  # of a record


def single_items(rows: Iterable[Row], reader: Compiled) -> Iterator[Item]:
    """Yield a record for each row."""
    dumps, read, width = orjson.dumps, reader.record.read, reader.width
    place = (0,)
    for line, cells in rows:
        faults: list[Fault] = []
        fitted = cells if len(cells) == width else reader.fitted(cells, faults)
        record = read(fitted, faults, place)
        yield Item(line, 1, dumps(record), dumps([cells]).decode(), faults)


class Seen:
    """The groups that were seen, by 8 bytes of a hash: a million take 15 MB, where a set would take 100.

    Two of them look the same in one of 37 million tables of a million.
    """

    def __init__(self) -> None:
        self._ends: dict[bytes, bytearray] = {}

    def add(self, key: str) -> bool:
        """Remember a key; return whether it was there."""
        mark = blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest()
        ends, end = self._ends.setdefault(mark[:2], bytearray()), mark[2:]
        at = ends.find(end)
        while at >= 0 and at % len(end):
            at = ends.find(end, at + 1)
        if at < 0:
            ends += end
        return at >= 0


@dataclass
class Group:
    """Rows of one record: itself and its parts, as far as there is room for them."""

    key: str
    line: int
    record: dict[str, Any] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    count: int = 0


def grouped_items(rows: Iterable[Row], reader: Compiled, columns: Columns) -> Iterator[Item]:
    """Yield a record for the rows that stand together and have the same group; one that names none stands alone.

    A group that comes again would replace what its first rows said, and is rejected.
    """
    seen = Seen()
    group: Group | None = None
    for line, cells in rows:
        key = reader.key(cells)
        if group is None or not key or key != group.key:
            if group:
                yield _item(group, columns)
            group = Group(key, line)
            if key and seen.add(key):
                group.faults.append(Fault((0, columns.group), "apart"))
        _add(group, cells, reader, columns)
    if group:
        yield _item(group, columns)


def _add(group: Group, cells: list[str], reader: Compiled, columns: Columns) -> None:
    """Add a row to its group; rows past the bound of parts are only counted."""
    group.count += 1
    if len(group.parts) > columns.most_parts or len(group.rows) > columns.most_parts + 1:
        return
    group.rows.append(cells)
    faults: list[Fault] = []
    fitted = cells if len(cells) == reader.width else reader.fitted(cells, faults)
    group.first = group.first or fitted
    for name, value in reader.record.read(fitted, faults, (0,)).items():
        if (
            group.record.setdefault(name, value) != value
            and name in reader.own
            and not _same(group.record[name], value)
        ):
            faults.append(Fault((0, name), "differs_by_row"))
    if reader.has_part(fitted):
        for at in reader.once:
            if not fitted[at].strip() and group.first[at]:
                fitted = [*fitted[:at], group.first[at], *fitted[at + 1 :]]
        group.parts.append(reader.parts.read(fitted, faults, (0, columns.part, len(group.parts))))
    group.faults += (fault for fault in faults if len(group.faults) < MOST_FAULTS and fault not in group.faults)


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are written the same as JSON: numbers that are kept to the last digit don't compare."""
    return orjson.dumps(one) == orjson.dumps(other)


def _item(group: Group, columns: Columns) -> Item:
    if len(group.parts) > columns.most_parts or group.count > len(group.rows):
        group.faults.append(Fault((0, columns.part), "too_many", limit=columns.most_parts))
        group.parts = []
    record = orjson.dumps({**group.record, columns.part: group.parts})
    return Item(group.line, group.count, record, orjson.dumps(group.rows).decode(), group.faults)
