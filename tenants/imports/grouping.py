"""The rows of a table as records: a row each, or several that stand together for the parts of one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import orjson

from hub.files.tables import Row
from hub.records.faults import Fault
from tenants.columns import Columns
from tenants.imports.compiling import Compiled
from tenants.imports.items import Item

MOST_FAULTS = 100  # of a record
PLACE = (0,)  # of a record among others, as a Fault has it


def single_items(rows: Iterable[Row], reader: Compiled) -> Iterator[Item]:
    """Yield a record for each row."""
    read, width, dumps = reader.record.read, reader.width, orjson.dumps
    for line, cells in rows:
        faults: list[Fault] = []
        fitted = cells if len(cells) == width else reader.fitted(cells, faults)
        record = dumps(read(fitted, faults, PLACE))
        yield Item(line, 1, record, [cells], faults)


class Seen:
    """The groups that were seen, by 8 bytes of a hash: a million take 20 MB, where a set would take 77.

    Two of them look the same in one of 37 million tables of a million.
    """

    def __init__(self) -> None:
        self.ends: dict[bytes, bytearray] = {}

    def add(self, key: str) -> bool:
        """Remember a key; return whether it was there."""
        mark = blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest()
        ends, end = self.ends.setdefault(mark[:2], bytearray()), mark[2:]
        at = ends.find(end)
        while at >= 0 and at % len(end):
            at = ends.find(end, at + 1)
        if at < 0:
            ends += end
        return at >= 0


@dataclass
class Group:
    """Rows of one record: itself and its parts, as far as there is room for them.

    `first` is its first row, `said` the cells of the record in the last one, `named` those of its key.
    """

    key: str
    line: int
    named: tuple[str, ...]
    first: list[str]
    said: tuple[str, ...] | None = None
    record: dict[str, Any] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    def note(self, faults: Iterable[Fault]) -> None:
        """Note what is wrong, each thing once."""
        self.faults += (fault for fault in faults if len(self.faults) < MOST_FAULTS and fault not in self.faults)


def grouped_items(rows: Iterable[Row], reader: Compiled, columns: Columns) -> Iterator[Item]:
    """Yield a record for the rows that stand together and have the same group; one that names none stands alone.

    A group that comes again would replace what its first rows said, and is rejected.
    """
    seen = Seen()
    group: Group | None = None
    for line, cells in rows:
        faults: list[Fault] = []
        fitted = cells if len(cells) == reader.width else reader.fitted(cells, faults)
        named = reader.of_key(fitted)
        if group is None or not group.key or named != group.named:
            key = reader.key(fitted)
            if group is None or not key or key != group.key:
                if group:
                    yield _item(group, columns)
                group = Group(key, line, named, fitted)
                if key and seen.add(key):
                    faults.append(Fault((0, columns.group), "apart"))
        _add(group, cells, fitted, faults, reader, columns)
    if group:
        yield _item(group, columns)


def _add(
    group: Group, cells: list[str], fitted: list[str], faults: list[Fault], reader: Compiled, columns: Columns
) -> None:
    """Add a row to its group; rows past the bound of parts are only counted."""
    group.count += 1
    if len(group.rows) > columns.most_parts:
        return
    group.rows.append(cells)
    if (said := reader.of_record(fitted)) != group.said:
        _add_said(group, reader.record.read(fitted, faults, PLACE), faults, reader)
        group.said = said
    if reader.has_part(fitted):
        if reader.once and len(group.rows) > 1:
            fitted = fitted.copy()
            for at in reader.once:
                fitted[at] = fitted[at].strip() or group.first[at]
        group.parts.append(reader.parts.read(fitted, faults, (0, columns.part, len(group.parts))))
    if faults:
        group.note(faults)


def _add_said(group: Group, said: dict[str, Any], faults: list[Fault], reader: Compiled) -> None:
    """Add what a row says of its record: the first row that says something goes, and no other may say it otherwise."""
    for name, value in said.items():
        kept = group.record.setdefault(name, value)
        if kept is not value and name in reader.own and not _same(kept, value):
            faults.append(Fault((0, name), "differs_by_row"))


def _same(one: Any, other: Any) -> bool:
    """Tell whether two cells say the same: 20.00 is 20.0, and a number that is kept to the last digit is no float."""
    if isinstance(one, orjson.Fragment) and isinstance(other, orjson.Fragment):
        return Decimal(orjson.dumps(one).decode()) == Decimal(orjson.dumps(other).decode())
    return bool(one == other)


def _item(group: Group, columns: Columns) -> Item:
    if len(group.parts) > columns.most_parts or group.count > len(group.rows):
        group.faults.append(Fault((0, columns.part), "too_many", limit=columns.most_parts))
        group.parts = group.parts[:1]  # the rest would be said to be too many again
    record = orjson.dumps({**group.record, columns.part: group.parts})
    return Item(group.line, group.count, record, group.rows, group.faults)
