"""Chunks: records of a file that are stored together, read and sifted before the database is asked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec

from hub.files.problems import FileProblem
from hub.records.faults import Fault, ValidationFailed
from hub.records.reading import Json, read_pairs
from hub.records.schemas import Schema
from hub.records.sifting import Sifted, sift_all
from tenants.imports.items import FileRefused, Item

MOST_ITEMS = 1000
MOST_BYTES = 1_000_000  # of records, where there are several
TOO_MUCH = frozenset({"too_many_values", "batch_too_large"})  # of records together, each of which may do
UNREADABLE = frozenset({"invalid_json", "not_utf8", "empty_body"})  # what a line is said to be as a body
ELEMENTS: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class LeftOutItem:
    """A record that is not stored, all that is wrong with it, and its value, None where that can't be read."""

    item: Item
    faults: Sequence[Fault]
    value: Json = None


@dataclass
class Chunk:
    """Records that are stored in one transaction: `rows` of the file, which follow `start` others.

    `batch` are those that can be read, and `taken` their items, by index in the batch; `refused` are the others.
    `bytes_read` is how much of the file was read when they had been.
    """

    start: int
    rows: int
    batch: Sifted[Any]
    taken: Sequence[Item]
    refused: Sequence[LeftOutItem] = ()
    bytes_read: int = 0

    @property
    def until(self) -> int:
        """How many rows of the file have been dealt with after it."""
        return self.start + self.rows

    @property
    def received(self) -> int:
        """How many records it holds."""
        return len(self.taken) + len(self.refused)

    def left_out(self) -> list[LeftOutItem]:
        """Return what is not stored, in the order of the file."""
        sifted = [LeftOutItem(self.taken[each.index], each.faults, each.sent) for each in self.batch.rejected]
        return sorted([*self.refused, *sifted], key=lambda each: each.item.line)


@dataclass
class Cutter:
    """Cuts a file's items into chunks. `told` tells how many bytes of the file were read by now."""

    schema: Schema[Any]
    told: Callable[[], int] = field(default=lambda: 0)

    def cut(self, items: Iterable[Item], position: int = 0) -> Iterator[Chunk]:
        """Yield the chunks after the first `position` rows; before a file that can't be read on from somewhere ends."""
        start, together, size = position, list[Item](), 0
        rest = _after(items, position)
        try:
            for item in rest:
                if together and (len(together) >= MOST_ITEMS or size + len(item.record) > MOST_BYTES):
                    yield from self._chunks(together, start)
                    start, together, size = start + _rows(together), [], 0
                together.append(item)
                size += len(item.record)
        except (FileProblem, FileRefused):
            yield from self._chunks(together, start)
            raise
        yield from self._chunks(together, start)

    def _chunks(self, items: Sequence[Item], start: int) -> Iterator[Chunk]:
        """Yield items as a chunk, or as two where they are too much for one batch."""
        if not items:
            return
        try:
            yield replace(self._chunk(items, start), bytes_read=self.told())
        except ValidationFailed:
            half = (len(items) + 1) // 2
            yield from self._chunks(items[:half], start)
            yield from self._chunks(items[half:], start + _rows(items[:half]))

    def _chunk(self, items: Sequence[Item], start: int) -> Chunk:
        """Sift items; raises ValidationFailed where several are too much to be sifted together."""
        taken, refused = _sorted_out(self.schema, items)
        try:
            batch = sift_all(self.schema, _body(taken))
        except ValidationFailed as failure:
            if len(taken) > 1 and any(fault.kind in TOO_MUCH for fault in failure.faults):
                raise
            taken, alone = _apart(self.schema, taken)
            refused += alone
            batch = sift_all(self.schema, _body(taken))
        return Chunk(start, _rows(items), batch, taken, refused)


@lru_cache(maxsize=64)
def of_chunks(schema: Schema[Any]) -> Schema[Any]:
    """Return a schema whose batches may be as large as a chunk."""
    return replace(schema, limit=max(schema.limit, MOST_ITEMS))


def _rows(items: Iterable[Item]) -> int:
    return sum(item.rows for item in items)


def _after(items: Iterable[Item], position: int) -> Iterator[Item]:
    """Yield the items after the first `position` rows, which whole items make up."""
    all_items = iter(items)
    for item in all_items:
        if position <= 0:
            return chain([item], all_items)
        position -= item.rows
    return iter(())


def _body(items: Iterable[Item]) -> bytes:
    return b"[%b]" % b",".join(item.record for item in items)


def _sorted_out(schema: Schema[Any], items: Sequence[Item]) -> tuple[Sequence[Item], list[LeftOutItem]]:
    """Return the items of which a body can be made, one element each, and those that are refused before."""
    fit = [item for item in items if not item.faults]
    refused = [_found(schema, item) for item in items if item.faults]
    if not _are_elements([item for item in fit if item.cells is None]):  # a table's reader writes JSON
        faults = {item.line: _unreadable(item) for item in fit}
        refused += [LeftOutItem(item, faults[item.line]) for item in fit if faults[item.line]]
        fit = [item for item in fit if not faults[item.line]]
    return fit, refused


def _apart(schema: Schema[Any], items: Sequence[Item]) -> tuple[list[Item], list[LeftOutItem]]:
    """Return the items that can be sifted, and those that can't even alone: half a character, nested too deep."""
    fit, refused = list[Item](), list[LeftOutItem]()
    for item in items:
        try:
            sift_all(schema, _body([item]))
        except ValidationFailed as failure:
            refused.append(LeftOutItem(item, _of_line(failure.faults)))
        else:
            fit.append(item)
    return fit, refused


def _are_elements(items: Sequence[Item]) -> bool:
    """Tell whether each is one JSON value: joined by commas, what is none might make one with its neighbours.

    It looks into no text: one that is no UTF-8 is found when they are sifted. 1,000 customers take 0.6 ms.
    """
    try:
        found = ELEMENTS.decode(_body(items))
    except (msgspec.DecodeError, RecursionError):
        return False
    return list(map(bytes, found)) == [item.record for item in items]


def _unreadable(item: Item) -> Sequence[Fault]:
    """Say why an item is no JSON value; nothing where it is one, if only for the second look at a body."""
    try:
        item.record.decode()
        if len(read_pairs(b"[%b]" % item.record)) == 1:
            return ()
    except ValidationFailed as failure:
        return failure.faults
    except ValueError:
        pass
    return [Fault((0,), "not_json_line")]


def _of_line(faults: Sequence[Fault]) -> Sequence[Fault]:
    """Say of a line what was said of a body."""
    return [Fault((0,), "not_json_line") if fault.kind in UNREADABLE else fault for fault in faults]


def _found(schema: Schema[Any], item: Item) -> LeftOutItem:
    """Return an item that its reader found faults with, and what else is wrong with it, in other fields."""
    named = {fault.loc[1:2] for fault in item.faults}
    try:
        sifted = sift_all(schema, _body([item]))
    except ValidationFailed:
        return LeftOutItem(item, item.faults)
    more = [fault for fault in sifted.faults if fault.loc[1:2] not in named]
    return LeftOutItem(item, [*item.faults, *more], read_pairs(_body([item]))[0])
