"""How the rows of a table are read, as whoever sends the file says it: Import.options, a query's parameters, a file."""

import codecs
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any
from zoneinfo import available_timezones

from tenants.columns import Columns, Kind

DATES = ("iso", "dmy", "mdy", "ymd")
DECIMALS = (".", ",")
DELIMITERS = (",", ";", "\t", "|")
QUOTES = ('"', "'")
ENCODINGS = ("utf-8", "utf-16", "cp1252")
JSON_NAMES = {"time_zone": "timeZone"}
SPELT = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "point": "."}
OPPOSITE = "!"  # before a flag: the column says the opposite
FILLED = "?"  # before a flag: any filled cell says yes, a moment above all
MARKS = {OPPOSITE: "the opposite", FILLED: "where filled"}
MOST_COLUMNS = 1000
MOST_TEXT = 500


class OptionsRefused(ValueError):
    """Options can't be used: `errors` says of each by its name on the wire what is wrong with it."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {text}" for name, text in errors.items()))
        self.errors = errors


@dataclass(frozen=True)
class Options:
    """How a table is read; "" is as found out, or undeclared, and what is undeclared is never guessed.

    `mapping` says of headers, however they are spelt, which fields their columns give: the first is the column's own,
    further ones it gives where no column of their own has a value; none: the column is not taken. Headers that it
    does not name are matched by what is known of them. `constants` are texts for fields that no column has a value
    for. `dates` is the order of day and month, `decimal` what stands before decimals, `time_zone` that of moments
    which name none, instead of the tenant's.
    """

    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    mapping: Mapping[str, Sequence[str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    dates: str = ""
    decimal: str = ""
    time_zone: str = ""

    @cached_property
    def json(self) -> dict[str, Any]:
        """The options as JSON, as Import.options and a file hold them: what is declared."""
        said = {JSON_NAMES.get(name.name, name.name): getattr(self, name.name) for name in fields(self)}
        return {name: _plain(value) for name, value in said.items() if value}

    def over(self, others: "Options") -> "Options":
        """Return these options, and the others' where these say nothing."""
        said = {name.name: getattr(self, name.name) or getattr(others, name.name) for name in fields(self)}
        return Options(**said)


def unmarked(name: str) -> str:
    """Return a column's field without what is before it."""
    return name[1:] if name[:1] in MARKS else name


NAMES = tuple(JSON_NAMES.get(name.name, name.name) for name in fields(Options))


def _plain(value: Any) -> Any:
    """Write an option as people would: a single field without brackets, none as null."""
    if isinstance(value, str):
        return value
    return {name: _fields_as_said(said) for name, said in value.items()}


def _fields_as_said(said: Any) -> Any:
    if isinstance(said, str):
        return said
    return list(said) if len(said) > 1 else next(iter(said), None)


def read_options(said: Any, columns: Columns) -> Options:
    """Read options from JSON: an object of those named in NAMES; raises OptionsRefused with all that is wrong."""
    if not isinstance(said, Mapping):
        raise OptionsRefused({"options": "Must be a JSON object."})
    reading = _Reading(columns)
    found = {name: reading.option(str(name), value) for name, value in said.items() if value is not None}
    if reading.errors:
        raise OptionsRefused(reading.errors)
    wire = {wire: ours for ours, wire in JSON_NAMES.items()}
    return Options(**{wire.get(name, name): value for name, value in found.items()})


def options_of_parameters(parameters: Mapping[str, str], columns: Columns) -> Options:
    """Read options from a query's parameters, of which `mapping` and `constants` are JSON; raises OptionsRefused."""
    said: dict[str, Any] = {}
    errors = {}
    for name in NAMES:
        text = parameters.get(name)
        if text is None:
            continue
        said[name] = text
        if name in ("mapping", "constants"):
            try:
                said[name] = json.loads(text)
            except (ValueError, RecursionError):
                errors[name] = 'Must be a JSON object, for example {"Customer no.": "CustomerId"}.'
    if errors:
        raise OptionsRefused(errors)
    return read_options(said, columns)


@dataclass
class _Reading:
    """Reads options, noting what is wrong with each."""

    columns: Columns
    errors: dict[str, str] = field(default_factory=dict)

    def option(self, name: str, value: Any) -> Any:
        read = READERS.get(name)
        if read is None:
            self.errors[name[:100]] = f"Unknown option. There are {', '.join(NAMES)}."
            return None
        try:
            return read(value, self.columns)
        except ValueError as error:
            self.errors[name] = str(error)
            return None


def _one_of(*allowed: str) -> Callable[[Any, Columns], str]:
    def read(value: Any, _: Columns) -> str:
        word = SPELT.get(value.lower(), value) if isinstance(value, str) else value
        if word not in ("", *allowed):
            shown = ["tab" if choice == "\t" else choice for choice in allowed]
            raise ValueError(f"Must be one of these: {'  '.join(shown)}")
        return str(word)

    return read


def _encoding(value: Any, _: Columns) -> str:
    try:
        found = codecs.lookup(value).name if value else ""
    except (LookupError, TypeError, ValueError):
        found = "?"
    if found == "iso8859-1":
        found = "cp1252"  # as browsers read it: the same, but for control characters
    if found and not found.startswith(ENCODINGS):
        raise ValueError("Must be one of these: utf-8, utf-16, windows-1252")
    return found


def _time_zone(value: Any, _: Columns) -> str:
    if value and value not in available_timezones():
        raise ValueError("Must be a time zone, for example Europe/Helsinki.")
    return str(value)


def _mapping(value: Any, columns: Columns) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping) or len(value) > MOST_COLUMNS:
        raise ValueError(f"Must be an object of at most {MOST_COLUMNS:,} headers, each with a field, a list, or null.")
    found = {str(header)[:MOST_TEXT]: _fields(header, said, columns) for header, said in value.items()}
    own = [unmarked(names[0]) for names in found.values() if names]
    if doubled := {name for name in own if own.count(name) > 1}:
        raise ValueError(f"Two columns give {', '.join(sorted(doubled))}. Say null for the one that is not meant.")
    return found


def _fields(header: Any, said: Any, columns: Columns) -> tuple[str, ...]:
    names = [said] if isinstance(said, str) else said or []
    if not isinstance(names, list | tuple):
        raise ValueError(f"The header {header!r} must have a field, a list of fields, or null.")
    return tuple(_field(name, columns) for name in names)


def _field(name: Any, columns: Columns) -> str:
    text = str(name).strip()
    mark = text[: len(text) - len(unmarked(text))]
    known = columns.named(unmarked(text))
    if known is None:
        raise ValueError(f"There is no field {text[:100]!r}. There are {', '.join(columns.fields)}.")
    if mark == OPPOSITE and columns.fields[known] not in (Kind.FLAG, Kind.CONSENT):
        raise ValueError(f"{known} is no flag, so no column can say its opposite.")
    if mark == FILLED and columns.fields[known] is not Kind.FLAG:
        raise ValueError(f"{known} is no flag that a filled cell can set. No consent is one.")
    return mark + known


def _constants(value: Any, columns: Columns) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError('Must be an object of fields with texts, for example {"Currency": "EUR"}.')
    found = {_field(name, columns): text[:MOST_TEXT] for name, text in value.items()}
    if named := [name for name in found if name in (*columns.identifiers, *columns.persons)]:
        raise ValueError(f"{named[0]} can't be the same in all records.")
    return found


READERS: Mapping[str, Callable[[Any, Columns], Any]] = {
    "encoding": _encoding,
    "delimiter": _one_of(*DELIMITERS),
    "quote": _one_of(*QUOTES),
    "mapping": _mapping,
    "constants": _constants,
    "dates": _one_of(*DATES),
    "decimal": _one_of(*DECIMALS),
    "timeZone": _time_zone,
}
