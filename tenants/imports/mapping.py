"""A table as documented records: its columns mapped to fields, as it is suggested and as its rows are then read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from hub.files.tables import Row
from tenants.columns import Columns, Kind
from tenants.entities import entity_config
from tenants.imports.compiling import compiled
from tenants.imports.grouping import grouped_items, single_items
from tenants.imports.headers import DOUBLED, KNOWN, REJECTED, UNKNOWN, Match, match, normalised
from tenants.imports.items import FileRefused, Item
from tenants.imports.options import DECIMALS, Options, unmarked
from tenants.imports.remembering import recalled
from tenants.imports.values import Locale, Unreadable, converter
from tenants.models import Tenant

SAMPLES = 5  # of a column
LONGEST_SAMPLE = 100  # characters
NO_ROWS = "The file has no rows. Its first row must name the columns."
NOTES = {
    DOUBLED: "Another column gives this field.",
    KNOWN: "There is no field for this.",
    UNKNOWN: "Not known; say which field it is, or leave it out.",
}
QUESTIONS = {
    "dates": "Which of the numbers is the day?",
    "decimal": "What stands before the decimals?",
}
ASKED_BY = {"ambiguous_date": "dates", "ambiguous_number": "decimal", "undeclared_date": "dates"}
CHOICES = {"dates": ("dmy", "mdy"), "decimal": DECIMALS}


@dataclass(frozen=True)
class SuggestedColumn:
    """A column as it is shown: the fields it gives, the first of them its own, some of its values, and a note."""

    place: int
    header: str
    fields: Sequence[str]
    samples: Sequence[str]
    note: str = ""


@dataclass(frozen=True)
class Question:
    """What must be asked: the option that answers it, its choices that fit the samples of the columns."""

    option: str
    text: str
    choices: Sequence[str]
    headers: Sequence[str]
    samples: Sequence[str]


@dataclass(frozen=True)
class Suggestion:
    """How a table would be read: its columns, and the options that say so in full.

    `ambiguous` are questions whose answers are never guessed: rows that need them are rejected until they are
    answered. `missing` are fields that every record must have and that nothing gives: a constant may.
    `vendor` is whose export the table looks like, "" where it can't be told. `is_remembered`: a table with the same
    headers was read so before.
    """

    columns: Sequence[SuggestedColumn]
    options: Options
    ambiguous: Sequence[Question]
    missing: Sequence[str]
    vendor: str = ""
    is_remembered: bool = False


def settled(tenant: Tenant, entity: str, header: Sequence[str], options: Options) -> Options:
    """Return options with what is remembered of tables with these headers where they say nothing.

    To be kept with a job before its first row is read: what is remembered may change before its last.
    """
    return options.over(recalled(tenant, entity, header) or Options())


def suggest(
    tenant: Tenant, entity: str, header: Sequence[str], samples: Iterable[Sequence[str]], options: Options | None = None
) -> Suggestion:
    """Suggest how a table is read, by its header and some of its rows; `options` are what is said already.

    Raises FileRefused where no column gives an identifier.
    """
    columns = entity_config(entity).columns
    remembered = recalled(tenant, entity, header)
    known = (options or Options()).over(remembered or Options())
    found = match(columns, header, known)
    shown = list(_shown(found, list(samples)))
    mapping = {
        column.header: column.fields for column in shown if normalised(column.header) and not _is_doubled(column)
    }
    decimal = known.decimal or found.vendor.decimal
    said = replace(known, mapping=mapping, decimal=decimal)
    return Suggestion(
        columns=shown,
        options=said,
        ambiguous=list(_questions(columns, shown, said, tenant.time_zone)),
        missing=[name for name in columns.required if not found.given(name) and name not in said.constants],
        vendor=found.vendor.name,
        is_remembered=remembered is not None,
    )


def table_items(tenant: Tenant, entity: str, rows: Iterable[Row], options: Options) -> Iterator[Item]:
    """Yield the records of a table, whose first row is its header; raises FileRefused for what is no such table."""
    columns = entity_config(entity).columns
    following = iter(rows)
    header = next(following, None)
    if header is None:
        raise FileRefused(NO_ROWS)
    reader = compiled(columns, match(columns, header.cells, options), options, tenant.time_zone)
    yield from grouped_items(following, reader, columns) if columns.part else single_items(following, reader)


def _is_doubled(column: SuggestedColumn) -> bool:
    return column.note == NOTES[DOUBLED]


def _shown(found: Match, samples: Sequence[Sequence[str]]) -> Iterator[SuggestedColumn]:
    for column in found.columns:
        if column.header not in REJECTED:
            cells = (_sample(row[column.place]) for row in samples if column.place < len(row))
            some = list(islice(dict.fromkeys(filter(str.strip, cells)), SAMPLES))
            yield SuggestedColumn(column.place, column.header, column.fields, some, NOTES.get(column.why, ""))


def _sample(cell: str) -> str:
    """Return a cell, shortened; one that is short stays what it is, a number of a workbook."""
    return cell if len(cell) <= LONGEST_SAMPLE else cell[:LONGEST_SAMPLE]


def _questions(
    columns: Columns, shown: Sequence[SuggestedColumn], options: Options, time_zone: str
) -> Iterator[Question]:
    locale = Locale(options.dates, options.decimal, options.time_zone or time_zone)
    asked: dict[str, list[tuple[SuggestedColumn, Kind]]] = {}
    for column in shown:
        for kind in {columns.fields[unmarked(name)] for name in column.fields}:
            for option in {ASKED_BY[why] for why in _faults(column.samples, kind, locale) if why in ASKED_BY}:
                asked.setdefault(option, []).append((column, kind))
    for option, found in sorted(asked.items()):
        fitting = [
            choice
            for choice in CHOICES[option]
            if not any(_faults(column.samples, kind, replace(locale, **{option: choice})) for column, kind in found)
        ]
        samples = list(dict.fromkeys(chain.from_iterable(column.samples for column, _ in found)))
        yield Question(
            option,
            QUESTIONS[option],
            fitting or CHOICES[option],
            list(dict.fromkeys(column.header for column, _ in found)),
            samples[:SAMPLES],
        )


def _faults(samples: Iterable[str], kind: Kind, locale: Locale) -> set[str]:
    """Return the kinds of what is wrong with a column's samples."""
    read, found = converter(kind, locale), set()
    for cell in samples:
        try:
            read(cell)
        except Unreadable as error:
            found.add(error.kind)
    return found
