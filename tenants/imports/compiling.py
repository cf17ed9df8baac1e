"""A table's columns made into what reads its rows: everything that can be known before the first row is known once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub.records.faults import Fault
from tenants.entities import Columns, Kind
from tenants.imports.headers import Column, Match, normalised
from tenants.imports.options import OPPOSITE, Options
from tenants.imports.values import Convert, Locale, Unreadable, converter

Record = dict[str, Any]
Source = tuple[int, Convert]  # the place of a cell, and what reads it


@dataclass(frozen=True)
class Member:
    """A member of records, or of their parts: the columns that may give it, the first that does goes, and else."""

    name: str
    sources: Sequence[Source]
    constant: Any = None


@dataclass(frozen=True)
class Members:
    """The members of records, or of their parts: most have one column; the `others` are looked for."""

    plain: Sequence[tuple[str, int, Convert]]
    others: Sequence[Member]

    def read(self, cells: Sequence[str], faults: list[Fault], place: tuple[int | str, ...]) -> Record:
        """Return what a row says; a blank cell says nothing. What is wrong with it joins the faults, at `place`."""
        found = {}
        for name, at, convert in self.plain:
            cell = cells[at]
            if cell and not cell.isspace():
                try:
                    found[name] = convert(cell)
                except Unreadable as error:
                    faults.append(Fault((*place, name), error.kind, limit=error.limit))
        for member in self.others:
            value = member.constant
            for at, convert in member.sources:
                cell = cells[at]
                if cell and not cell.isspace():
                    try:
                        value = convert(cell)
                    except Unreadable as error:
                        faults.append(Fault((*place, member.name), error.kind, limit=error.limit))
                    break
            if value is not None:
                found[member.name] = value
        return found


@dataclass(frozen=True)
class Compiled:
    """What reads a table's rows. `own` are the fields that have a column of their own."""

    width: int
    record: Members
    parts: Members
    own: frozenset[str]
    part: str
    part_places: Sequence[int]
    once: Sequence[int]
    is_whole: Callable[[Sequence[str]], bool]
    keys: Sequence[Source]

    def fitted(self, cells: list[str], faults: list[Fault]) -> list[str]:
        """Return a row as wide as the header; one that has more is not cut without a word."""
        if len(cells) == self.width:
            return cells
        if any(map(str.strip, cells[self.width :])):
            faults.append(Fault((0,), "too_many_cells", limit=self.width))
        return [*cells[: self.width], *[""] * (self.width - len(cells))]

    def key(self, cells: Sequence[str]) -> str:
        """Return what rows of the same record have in common, "" where a row names none."""
        for at, convert in self.keys:
            cell = cells[at] if at < len(cells) else ""
            if cell and not cell.isspace():
                try:
                    return str(convert(cell))
                except Unreadable:
                    return cell
        return ""

    def has_part(self, cells: Sequence[str]) -> bool:
        """Tell whether a row is a part, not only its record."""
        return any(cells[at] and not cells[at].isspace() for at in self.part_places) and not self.is_whole(cells)


def compiled(columns: Columns, found: Match, options: Options, time_zone: str) -> Compiled:
    """Return what reads the rows of a table whose headers were matched."""
    locale = Locale(options.dates, options.decimal or found.vendor.decimal, options.time_zone or time_zone)
    members = list(_members(columns, found, options, locale))
    prefix = f"{columns.part}." if columns.part else "\0"
    parts = [member for member in members if member.name.startswith(prefix)]
    names = list(map(normalised, (column.header for column in found.columns)))
    once = set(map(normalised, found.vendor.once))
    return Compiled(
        width=len(found.columns),
        record=_split([member for member in members if member not in parts], ""),
        parts=_split(parts, prefix),
        own=frozenset(column.fields[0].removeprefix(OPPOSITE) for column in found.columns if column.fields),
        part=columns.part,
        part_places=[
            column.place
            for column in found.columns
            if column.fields
            and column.fields[0].removeprefix(OPPOSITE).startswith(prefix)
            and names[column.place] not in once
        ],
        once=[place for place, name in enumerate(names) if name in once],
        is_whole=_wholes(found, names),
        keys=next((member.sources for member in members if member.name == columns.group), ()),
    )


def _split(members: Sequence[Member], prefix: str) -> Members:
    named = [Member(member.name.removeprefix(prefix), member.sources, member.constant) for member in members]
    plain = [member for member in named if len(member.sources) == 1 and member.constant is None]
    return Members(
        [(member.name, *member.sources[0]) for member in plain], [member for member in named if member not in plain]
    )


def _members(columns: Columns, found: Match, options: Options, locale: Locale) -> Iterator[Member]:
    given = found.given
    for name, kind in columns.fields.items():
        sources = [(column.place, _source(column, name, kind, found, locale)) for column in given.get(name, ())]
        text = options.constants.get(name)
        constant = converter(kind, locale)(text) if text and text.strip() else None
        if sources or constant is not None:
            yield Member(name, sources, constant)


def _source(column: Column, name: str, kind: Kind, found: Match, locale: Locale) -> Convert:
    """Return what reads a field from a column, without what a vendor writes before it."""
    read = converter(kind, locale, is_opposite=OPPOSITE + name in column.fields)
    befores = {normalised(header): text for header, text in found.vendor.before.items()}
    before = befores.get(normalised(column.header))
    return (lambda cell: read(cell.removeprefix(before) or cell)) if before else read


def _wholes(found: Match, names: Sequence[str]) -> Callable[[Sequence[str]], bool]:
    header, values = found.vendor.whole
    if normalised(header) not in names or not values:
        return lambda cells: False
    place = names.index(normalised(header))
    return lambda cells: any(value in values for value in cells[place].lower().replace(" ", "").split(","))
