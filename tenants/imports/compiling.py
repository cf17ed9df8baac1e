"""A table's columns made into what reads its rows: all that can be known before the first row is known once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from hub.records.faults import Fault
from hub.records.types import BLANK
from tenants.columns import Columns, Kind
from tenants.imports.headers import Column, Match, normalised
from tenants.imports.options import FILLED, OPPOSITE, Options, unmarked
from tenants.imports.values import Convert, Locale, Unreadable, converter, filled

Record = dict[str, Any]
Place = tuple[int | str, ...]  # as a Fault has it
Cells = Sequence[str]
TEXTS = (Kind.TEXT, Kind.IDENTIFIER)
MOST_KNOWN = 1000  # cells of a column whose values are remembered: flags, prices and days are the same again and again


@dataclass(frozen=True)
class Source:
    """A column that may give a field: the place of its cells, and what reads them."""

    place: int
    convert: Convert


@dataclass(frozen=True)
class Member:
    """A member of records, or of their parts: the first of its columns that has a value gives it, else a constant."""

    name: str
    kind: Kind
    sources: Sequence[Source]
    constant: Any = None


class Members:
    """The members of records, or of their parts: most have one column, and most of these hold text."""

    def __init__(self, members: Sequence[Member]) -> None:
        plain = [member for member in members if len(member.sources) == 1 and member.constant is None]
        columns = [(member, member.name, member.sources[0].place, member.sources[0].convert) for member in plain]
        self.texts = [(name, at, read) for member, name, at, read in columns if member.kind in TEXTS]
        self.values = [
            (name, at, read, dict[str, Any]()) for member, name, at, read in columns if member.kind not in TEXTS
        ]
        self.others = [member for member in members if member not in plain]

    def read(self, cells: Cells, faults: list[Fault], place: Place) -> Record:
        """Return what a row says; a blank cell says nothing. What is wrong with it joins the faults, at `place`.

        Text that begins like most and can be no spoilt number is its own value, and others are remembered: 13 columns
        of a row take 2 µs, 4.4 where each is read.
        """
        found = {}
        for name, at, convert in self.texts:
            cell = cells[at]
            if "(" <= cell < "\x7f" and "+" not in cell and type(cell) is str:
                found[name] = cell
            elif cell and (value := _read(convert, cell, faults, place, name)) is not None:
                found[name] = value
        for name, at, convert, known in self.values:
            if not (cell := cells[at]):
                continue
            value = known.get(cell)
            if value is None:
                value = _read(convert, cell, faults, place, name)
                if len(known) < MOST_KNOWN:
                    known[cell] = value
            if value is not None:
                found[name] = value
        for member in self.others:
            if (value := _first(member, cells, faults, place)) is not None:
                found[member.name] = value
        return found


def _is_blank(cell: str) -> bool:
    """Tell whether a cell says nothing, as records have it: Python takes four characters more for blanks."""
    return not cell or (cell.isspace() and BLANK.fullmatch(cell) is not None)


def _read(convert: Convert, cell: str, faults: list[Fault], place: Place, name: str) -> Any:
    """Return what a cell says, None for nothing."""
    if _is_blank(cell):
        return None
    try:
        return convert(cell)
    except Unreadable as error:
        faults.append(Fault((*place, name), error.kind, limit=error.limit))
        return None


def _first(member: Member, cells: Cells, faults: list[Fault], place: Place) -> Any:
    """Return what the first cell that is not blank says, else the constant."""
    for source in member.sources:
        cell = cells[source.place]
        if not _is_blank(cell):
            return _read(source.convert, cell, faults, place, member.name)
    return member.constant


@dataclass(frozen=True)
class Compiled:
    """What reads a table's rows.

    `own` are the fields that have a column of their own. `once` are the places of what a record's first row says for
    its other rows, too. `keys` are the columns that name a row's record. `of_record`, `of_part` and `of_key` take from
    a row the cells of its record, those that make it a part, and those of its key.
    """

    width: int
    record: Members
    parts: Members
    own: frozenset[str]
    once: Sequence[int]
    keys: Sequence[Source]
    of_record: Callable[[Cells], tuple[str, ...]]
    of_part: Callable[[Cells], tuple[str, ...]]
    of_key: Callable[[Cells], tuple[str, ...]]
    is_whole: Callable[[Cells], bool]

    def fitted(self, cells: list[str], faults: list[Fault]) -> list[str]:
        """Return a row as wide as the header; one that has more is not cut without a word."""
        if any(map(str.strip, cells[self.width :])):
            faults.append(Fault((0,), "too_many_cells", limit=self.width))
        return [*cells[: self.width], *[""] * (self.width - len(cells))]

    def key(self, cells: Cells) -> str:
        """Return the name of a row's record, "" where it has none."""
        source = next((source for source in self.keys if not _is_blank(cells[source.place])), None)
        if source is None:
            return ""
        try:
            return str(source.convert(cells[source.place]))
        except Unreadable:
            return cells[source.place]

    def has_part(self, cells: Cells) -> bool:
        """Tell whether a row is a part, not only its record."""
        return any(map(str.strip, self.of_part(cells))) and not self.is_whole(cells)


def compiled(columns: Columns, found: Match, options: Options, time_zone: str) -> Compiled:
    """Return what reads the rows of a table whose headers were matched."""
    locale = Locale(options.dates, options.decimal or found.vendor.decimal, options.time_zone or time_zone)
    members = list(_members(columns, found, options, locale))
    prefix = f"{columns.part}." if columns.part else "\0"
    parts = [member for member in members if member.name.startswith(prefix)]
    record = [member for member in members if not member.name.startswith(prefix)]
    keys = next((member.sources for member in members if member.name == columns.group), ())
    own = {column.place: unmarked(column.fields[0]) for column in found.columns if column.fields}
    once = _places(found, *found.vendor.once)
    return Compiled(
        width=len(found.columns),
        record=Members(record),
        parts=Members([Member(m.name.removeprefix(prefix), m.kind, m.sources, m.constant) for m in parts]),
        own=frozenset(own.values()),
        once=once,
        keys=keys,
        of_record=_taker([source.place for member in record for source in member.sources]),
        of_part=_taker([at for at, name in own.items() if name.startswith(prefix) and at not in once]),
        of_key=_taker([source.place for source in keys]),
        is_whole=_wholes(found),
    )


def _members(columns: Columns, found: Match, options: Options, locale: Locale) -> Iterator[Member]:
    for name, kind in columns.fields.items():
        sources = [Source(column.place, _source(column, name, kind, found, locale)) for column in found.given(name)]
        text = options.constants.get(name, "")
        constant = converter(kind, locale)(text) if text.strip() else None
        if sources or constant is not None:
            yield Member(name, kind, sources, constant)


def _source(column: Column, name: str, kind: Kind, found: Match, locale: Locale) -> Convert:
    """Return what reads a field from a column, without what a vendor writes before it."""
    if FILLED + name in column.fields:
        return filled
    read = converter(kind, locale, is_opposite=OPPOSITE + name in column.fields)
    befores = {normalised(header): text for header, text in found.vendor.before.items()}
    before = befores.get(normalised(column.header))
    return (lambda cell: read(cell.removeprefix(before) or cell)) if before else read


def _places(found: Match, *headers: str) -> list[int]:
    wanted = set(map(normalised, headers))
    return [column.place for column in found.columns if normalised(column.header) in wanted]


def _taker(places: Sequence[int]) -> Callable[[Cells], tuple[str, ...]]:
    """Return what takes some cells from a row, as a tuple however many they are."""
    if not places:
        return lambda cells: ()
    # The first once more: of a single place itemgetter would return no tuple.
    return itemgetter(places[0], *places)


def _wholes(found: Match) -> Callable[[Cells], bool]:
    """Return what tells the rows that are no part of their record: `variable`, or `variable, downloadable`."""
    header, values = found.vendor.whole
    places = _places(found, header) if header else []
    if not places:
        return lambda cells: False
    return lambda cells: not set(values).isdisjoint(cells[places[0]].lower().replace(" ", "").split(","))
