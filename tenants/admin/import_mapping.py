"""What the preview asks of a table: how it is written, which field each column gives, and what can't be guessed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.files.sniffing import Dialect
from hub.files.tables import Row
from tenants.columns import Columns, Kind
from tenants.entities import entity_config
from tenants.imports.headers import normalised
from tenants.imports.items import FileRefused
from tenants.imports.mapping import SuggestedColumn, Suggestion, suggest
from tenants.imports.options import FILLED, MARKS, OPPOSITE, Options, read_options, unmarked
from tenants.models import Import

MOST_MAPPED = 900  # columns: a form may have a thousand fields
LEFT_OUT = "The header stands twice in the table, or is empty: name the column in the file to take it."
FURTHER = f"This page shows the first {MOST_MAPPED:,} columns; the others are taken as they are named."
ENCODINGS = {"": "as found", "utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
DELIMITERS = {"": "as found", ",": "comma ,", ";": "semicolon ;", "\t": "tab", "|": "vertical bar |"}
DATES = {
    "": "not said",
    "dmy": "day, month, year: 31.12.2026",
    "mdy": "month, day, year: 12/31/2026",
    "ymd": "year, month, day: 2026/12/31",
    "iso": "as in ISO 8601 only: 2026-12-31",
}
DECIMALS = {"": "not said", ".": "a point: 1,234.50", ",": "a comma: 1.234,50"}
CHOICES = {"encoding": ENCODINGS, "delimiter": DELIMITERS, "dates": DATES, "decimal": DECIMALS}
LABELS = {"encoding": "Encoding", "delimiter": "Cells are separated by", "dates": "Dates", "decimal": "Decimals after"}


@dataclass(frozen=True)
class Select:
    """A select of the preview's form: its name, label, choices and what is chosen; what was found, what is asked."""

    name: str
    label: str
    choices: Sequence[tuple[str, str]]
    value: str
    found: str = ""
    asked: str = ""


@dataclass(frozen=True)
class MappedColumn:
    """A column of the preview, with the select of its field; without one where its header names no one column."""

    header: str
    samples: Sequence[str]
    note: str
    select: Select | None


@dataclass(frozen=True)
class Asked:
    """A table as the preview shows it: what is suggested, what is wrong with what was said, and what is missing."""

    suggestion: Suggestion
    columns: Sequence[MappedColumn]
    selects: Sequence[Select]
    constants: Sequence[tuple[str, str]]
    problem: str
    note: str

    @property
    def unanswered(self) -> list[str]:
        """The questions that nobody has answered."""
        return [select.label for select in self.selects if select.asked and not select.value]


def said_of_form(form: Mapping[str, str], header: Sequence[str], columns: Columns) -> Options:
    """Return the options that a form says; raises OptionsRefused with what is wrong with them."""
    said: dict[str, Any] = {name: form.get(name, "") for name in CHOICES}
    mapping = {}
    for place in places(header):
        value = form.get(f"column:{place}")
        if value is not None:
            mapping[header[place]] = value.split(",") if value else None
    constants = {
        name.removeprefix("constant:"): text.strip()
        for name, text in form.items()
        if name.startswith("constant:") and text.strip()
    }
    return read_options({**said, "mapping": mapping, "constants": constants}, columns)


def places(header: Sequence[str]) -> list[int]:
    """Return the places of the columns that their headers name, each alone."""
    names = list(map(normalised, header))
    return [place for place, name in enumerate(names[:MOST_MAPPED]) if name and names.count(name) == 1]


def asked_of(job: Import, table: Sequence[Row], options: Options, dialect: Dialect | None) -> Asked:
    """Return what the preview shows of a table whose first rows these are, read by what is said already."""
    header, samples = table[0].cells, [row.cells for row in table[1:]]
    columns, problem = entity_config(job.entity).columns, ""
    try:
        found = suggest(job.tenant, job.entity, header, samples, options)
    except FileRefused as refused:
        problem = str(refused)
        found = _without_identifier(job, header, samples, options, columns)
    own = set(places(header))
    return Asked(
        found,
        [_mapped(column, columns, column.place in own) for column in found.columns if column.place < MOST_MAPPED],
        list(_selects(found, dialect)),
        list(_constants(job, found)),
        problem,
        FURTHER if len(header) > MOST_MAPPED else "",
    )


def _without_identifier(
    job: Import, header: Sequence[str], samples: Sequence[Sequence[str]], options: Options, columns: Columns
) -> Suggestion:
    """Return what is suggested of a table in which nothing names its records: as if a last column did."""
    last = len(header)
    known = {normalised(name) for name in header}
    mapping = {name: fields for name, fields in options.mapping.items() if normalised(name) in known}
    missing = next(name for name in columns.identifiers)
    fit = replace(options, mapping=mapping)
    try:
        found = suggest(job.tenant, job.entity, [*header, missing], samples, fit)
    except FileRefused:
        found = Suggestion([SuggestedColumn(i, name, (), (), "") for i, name in enumerate(header)], fit, (), ())
    shown = [column for column in found.columns if column.place != last]
    said = {column.header: column.fields for column in shown if column.fields}
    return replace(found, columns=shown, options=replace(found.options, mapping=said))


def _mapped(column: SuggestedColumn, columns: Columns, is_own: bool) -> MappedColumn:
    if not is_own:
        return MappedColumn(column.header, column.samples, column.note or LEFT_OUT, None)
    value = ",".join(column.fields)
    choices = [("", "– left out –"), *((name, name) for name in columns.fields)]
    marked = {OPPOSITE: (Kind.FLAG, Kind.CONSENT), FILLED: (Kind.FLAG,)}
    for mark, kinds in marked.items():
        flags = [name for name, kind in columns.fields.items() if kind in kinds]
        choices += [(f"{mark}{name}", f"{name}, {MARKS[mark]}") for name in flags]
    if value not in dict(choices):
        choices.append((value, ", else ".join(column.fields)))
    select = Select(f"column:{column.place}", f"Field of {column.header}", choices, value)
    return MappedColumn(column.header, column.samples, column.note, select)


def _selects(found: Suggestion, dialect: Dialect | None) -> Iterator[Select]:
    questions = {question.option: question for question in found.ambiguous}
    seen = {"encoding": _encoding(dialect), "delimiter": DELIMITERS.get(dialect.delimiter, "")} if dialect else {}
    for name, choices in CHOICES.items():
        if name in ("encoding", "delimiter") and not dialect:
            continue
        question, asked = questions.get(name), ""
        if question:
            asked = f"{question.text} {', '.join(question.headers[:3])}: {', '.join(question.samples[:3])}"
        yield Select(name, LABELS[name], list(choices.items()), getattr(found.options, name), seen.get(name, ""), asked)


def _encoding(dialect: Dialect) -> str:
    name = next((shown for name, shown in ENCODINGS.items() if name and dialect.encoding.startswith(name)), "")
    guess = ", a guess: look at letters with accents" if dialect.is_guess else ""
    return f"{name or dialect.encoding}{' with a mark' if dialect.has_bom else ''}{guess}"


def _constants(job: Import, found: Suggestion) -> Iterator[tuple[str, str]]:
    """Yield the fields that every record must have and no column gives, with what was said of them."""
    given = {unmarked(name) for column in found.columns for name in column.fields}
    columns = entity_config(job.entity).columns
    demanded = job.tenant.required_fields if entity_config(job.entity).requirable_fields else []
    wanted = [*found.missing, *demanded, *found.options.constants]
    for name in dict.fromkeys(wanted):
        if name in columns.fields and name not in given and name not in columns.identifiers:
            yield name, found.options.constants.get(name, "")
