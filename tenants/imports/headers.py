"""The headers of a table matched to documented fields, in the words of whoever exported it."""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from hub.records.emails import USUAL as EMAIL
from tenants.columns import Columns, Vendor
from tenants.imports.items import FileRefused
from tenants.imports.options import MOST_COLUMNS, Options, unmarked

REJECTED = ("_line", "_errors")  # what rejected rows gain, and may have when they are sent again
OURS = Vendor("", {})
NO_COLUMN = "No column of the table gives {names}. Name the columns in its first row, or say which one it is."
NO_HEADERS = "The first row of a table names its columns, but holds an e-mail address: put a row of names above it."
NOT_THERE = "The mapping names the header {header!r}, which the table does not have."
TOO_MANY = "A table may have at most {n:,} columns."
TELLING = 2  # headers that tell whose export a table is
UNKNOWN, DOUBLED, KNOWN, DECLINED = "unknown", "doubled", "known", "declined"


@dataclass(frozen=True)
class Column:
    """A column of a table: its place and header, and the fields that it gives; `why` it gives none."""

    place: int
    header: str
    fields: Sequence[str] = ()
    why: str = ""


@dataclass(frozen=True)
class Match:
    """A table's columns, and by whom it was exported, where that can be told: OURS else."""

    columns: Sequence[Column]
    vendor: Vendor

    def given(self, name: str) -> list[Column]:
        """Return the columns that may give a field: its own first, then those whose first choice it is after theirs."""
        ranked = [
            (place, column.place, column)
            for column in self.columns
            for place, field in enumerate(column.fields)
            if unmarked(field) == name
        ]
        return [column for _, _, column in sorted(ranked, key=lambda found: found[:2])]


def normalised(header: str) -> str:
    """Return a header without case, accents, blanks, dashes, underscores and other marks."""
    text = unicodedata.normalize("NFKD", header).casefold().replace("#", " number")
    return "".join(filter(str.isalnum, text))


def digest(header: Sequence[str]) -> str:
    """Return what tables with the same headers have in common, however these are spelt."""
    return hashlib.sha256(orjson.dumps(list(map(normalised, header)))).hexdigest()


@dataclass(frozen=True)
class _Words:
    """What the headers of a vendor mean, by their normalised forms."""

    vendor: Vendor
    fields: Mapping[str, Sequence[str]]


def _words(columns: Columns) -> tuple[list[_Words], list[_Words]]:
    """Return what headers mean to everybody, the documented names first, and what they mean to each vendor."""
    short = {normalised(name.rpartition(".")[2]): [name] for name in reversed([*columns.fields])}
    ours = _Words(OURS, short | {normalised(name): [name] for name in columns.fields})
    others = [
        _Words(vendor, {normalised(name): fields for name, fields in vendor.headers.items()})
        for vendor in columns.vendors
    ]
    return [ours, *(each for each in others if not each.vendor.name)], [each for each in others if each.vendor.name]


def match(columns: Columns, header: Sequence[str], options: Options) -> Match:
    """Match a table's headers; raises FileRefused where no column gives an identifier, or the mapping names none.

    A row that is a record and no header is refused, too: headers are kept with the job, and no erasure looks there.
    """
    if len(header) > MOST_COLUMNS:
        raise FileRefused(TOO_MANY.format(n=MOST_COLUMNS))
    if any(EMAIL.fullmatch(name.strip().lower()) for name in header):
        raise FileRefused(NO_HEADERS)
    names = list(map(normalised, header))
    declared = {normalised(name): fields for name, fields in options.mapping.items()}
    for name in options.mapping:
        if normalised(name) not in names:
            raise FileRefused(NOT_THERE.format(header=name))
    common, vendors = _words(columns)
    spoken = _spoken(set(names), common, vendors)
    meanings = [_meaning(name, declared, [*spoken, *common], vendors) for name in names]
    vendor = spoken[0].vendor if spoken else OURS
    found = Match(list(_columns(header, names, meanings, set(declared))), vendor)
    if not any(map(found.given, columns.identifiers)):
        raise FileRefused(NO_COLUMN.format(names=" or ".join(columns.identifiers)))
    return found


def _spoken(names: set[str], common: Sequence[_Words], vendors: Sequence[_Words]) -> list[_Words]:
    """Return the vendor whose words most headers are, where several of them are nobody else's way to say it."""
    own = {name for name in names if not any(name in words.fields for words in common)}
    best = max(vendors, key=lambda words: (len(own & words.fields.keys()), len(names & words.fields.keys())))
    return [best] if len(own & best.fields.keys()) >= TELLING else []


def _meaning(
    name: str, declared: Mapping[str, Sequence[str]], words: Iterable[_Words], vendors: Iterable[_Words]
) -> tuple[Sequence[str], str]:
    """Return the fields a header gives, or why it gives none: what the vendors don't mean alike is not known."""
    if name in declared:
        return declared[name], "" if declared[name] else DECLINED
    for known in words:
        if name in known.fields:
            return known.fields[name], "" if known.fields[name] else KNOWN
    meant = [known.fields[name] for known in vendors if name in known.fields]
    taken = [fields for fields in meant if fields]
    if not taken:
        return (), KNOWN if meant else UNKNOWN
    return (taken[0], "") if len({fields[0] for fields in taken}) == 1 else ((), UNKNOWN)


def _columns(
    header: Sequence[str], names: Sequence[str], meanings: Sequence[tuple[Sequence[str], str]], declared: set[str]
) -> Iterable[Column]:
    """Yield the columns; of several that give a field the declared one does, else the first."""
    order = sorted(range(len(header)), key=lambda place: (names[place] not in declared, place))
    taken: set[str] = set()
    found: dict[int, Column] = {}
    for place in order:
        fields, why = meanings[place]
        own = unmarked(fields[0]) if fields else ""
        if own in taken:
            fields, why = (), DOUBLED
        taken |= {own} if own else set()
        found[place] = Column(place, header[place], tuple(fields), why)
    return [found[place] for place in range(len(header))]
