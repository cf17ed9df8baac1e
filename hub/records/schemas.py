"""From a request body to clean records: pydantic on the raw bytes, every fault found at once, one text for each kind.

A clean record is a dict of documented names. None means omitted (or null), "" means "clear this field"; past `parse`
nothing checks types again.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Annotated, Any, Generic

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from hub.records.columns import ESCAPED_NUL, Reader
from hub.records.faults import Fault, failed, fault_of, no_array, unreadable
from hub.records.reading import MOST_WARNINGS, Json, Reading, Shape, is_array, read_pairs
from hub.records.records import Record, RecordList, Records
from hub.records.types import BLANK, NOT_BLANK

# Extras are kept so that they can be named; what stands below a field describes it in the OpenAPI document.
STRICT = ConfigDict(extra="allow", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)

HALF_CHARACTER = "hex escape"  # what pydantic calls half a character, \\ud800 without \\udc00
MOST_SEARCHED = 5000  # records and lines of a body that are all searched for faults; past that the first must do
MOST_VALUES = 1_000_000  # 10 MB of real records have fewer; 9 million empty arrays took 19 s
MOST_SOUGHT = 200_000  # of those in a body that is read twice, at 1 to 4 µs a value


@dataclass
class Batch(Generic[Record]):
    """What a body held: clean records in the order sent, and what was odd without being wrong."""

    records: Records[Record]
    warnings: dict[str, list[str]]


@dataclass(frozen=True)
class Schema(Generic[Record]):
    """What a body may hold: an array of `record` (a TypedDict), at most `limit` of them, called `noun` in texts.

    `one_of` names identifiers of which every record must have one; a blank one is a missing one, and taken out of the
    record.
    `demanded` are fields that every record must have, too, but for those that `excuses` lets pass.
    `odd` is a field, what its usual values pass, and the text about those that don't: odd without being wrong.
    `by_column`: most bodies are read by `hub.records.columns`; for schemas whose callers take null for omitted.
    """

    record: type[Record]
    noun: str
    limit: int
    one_of: tuple[str, ...] = ()
    demanded: tuple[str, ...] = ()
    excuses: Callable[[Mapping[str, Any]], bool] = lambda record: False
    odd: tuple[str, Callable[[str], object], str] | None = None
    by_column: bool = False

    @cached_property
    def adapter(self) -> TypeAdapter[list[Record]]:
        body: Any = Annotated[list[self.record], Field(max_length=self.limit)]  # type: ignore[name-defined]
        return TypeAdapter(body)

    @property
    def body(self) -> Any:
        """The type of a body as the OpenAPI document tells it, with what a record must have one of."""
        text = {"type": "string", "pattern": NOT_BLANK}
        choices = [{"required": [name], "properties": {name: text}} for name in self.one_of]
        extra: Any = {"anyOf": choices} if choices else {}
        element: Any = Annotated[self.record, Field(json_schema_extra=extra)]
        return Annotated[list[element], Field(max_length=self.limit)]

    @cached_property
    def reader(self) -> Reader[Record] | None:
        return Reader(self.record, self.limit, self.one_of) if self.by_column else None

    @cached_property
    def quick(self) -> SchemaValidator:
        """The same, stopping at the first fault: 10 MB of empty line items have 13 million, which took a minute."""
        return SchemaValidator(_failing_fast(self.adapter.core_schema))

    @cached_property
    def shape(self) -> Shape:
        return Shape.of(self.record)


def _failing_fast(schema: Any) -> Any:
    """Return a core schema whose lists stop at their first bad item."""
    if isinstance(schema, dict):
        hasty = {"fail_fast": True} if schema.get("type") == "list" else {}
        return {name: _failing_fast(inner) for name, inner in schema.items()} | hasty
    return [_failing_fast(inner) for inner in schema] if isinstance(schema, list) else schema


def parse(schema: Schema[Record], body: bytes) -> Batch[Record]:
    """Read a request body.

    Returns the clean records in the order sent, and warnings by place: {"[3].Emailoptn": ["Unknown field, ignored."]}.
    Raises ValidationFailed with every fault of every record, or with the one fault of a body that is no array.

    Read by column 500 customers take 0.9 ms, record by record 1.9; only what has unknown names or faults is read twice.
    """
    return parse_usual(schema, body) or parse_again(schema, body)


def parse_usual(schema: Schema[Record], body: bytes, *, sifts: bool = False) -> Batch[Record] | None:
    """Read a body about whose records there is nothing to say but what is odd; None where there is more.

    Raises ValidationFailed for a body of which nothing can be said record by record; where somebody `sifts` it, an
    array in a record that is too long is that record's fault alone.
    """
    refuse_too_many_values(body)
    if schema.reader and (records := schema.reader.read(body)) and _has_demanded(schema, records):
        return Batch(records, oddities(schema, records))
    try:
        elements = schema.quick.validate_json(body)
    except ValidationError as error:
        _refuse_unreadable(schema, body, error)
        if not sifts:
            _refuse_too_long(body, error)
    else:
        if ESCAPED_NUL not in body and _is_clean(schema, elements):
            return _batch(schema, elements)
    return None


def refuse_too_many_values(body: bytes, most: int = MOST_VALUES) -> None:
    """Raise ValidationFailed for a body of more than `most` values, before anything is made of them."""
    if has_more_values(body, most):
        raise failed([Fault((), "too_many_values", limit=most)])


def has_more_values(body: bytes, most: int) -> bool:
    """Tell whether a body has more than `most` values: each follows a comma or a bracket, of which there are as many.

    Those in texts are counted, too. 10 MB take 10 ms.
    """
    return len(body) > most and sum(map(body.count, (b",", b"[", b"{"))) > most


def _batch(schema: Schema[Record], elements: Sequence[Record]) -> Batch[Record]:
    records = RecordList(elements)
    return Batch(records, oddities(schema, records))


def _is_clean(schema: Schema[Any], elements: Sequence[Json]) -> bool:
    """Tell whether nothing is to be said about valid elements; takes blank identifiers out of them."""
    if not schema.shape.knows(elements) or list(_unidentified(schema, elements)):
        return False
    return not list(_lacking(schema, elements))


def _has_demanded(schema: Schema[Any], records: Records[Any]) -> bool:
    """Tell whether records, whose blank values are "", have all that the schema demands: a column at a time."""
    columns = map(records.column, schema.demanded)
    return not any(None in column or "" in column for column in columns) or not list(_lacking(schema, records))


def _lacking(schema: Schema[Any], records: Sequence[Json]) -> Iterator[Fault]:
    """Find the demanded fields that are left out, null or blank."""
    for i, record in enumerate(records if schema.demanded else ()):
        if isinstance(record, Mapping):
            names = [name for name in schema.demanded if _is_missing(record.get(name))]
            if names and not schema.excuses(record):
                yield from (Fault((i, name), "required") for name in names)


def _is_missing(value: Json) -> bool:
    return value is None or (isinstance(value, str) and BLANK.fullmatch(value) is not None)


def _unidentified(schema: Schema[Any], records: Sequence[Json]) -> Iterator[Fault]:
    """Find the records without any identifier; on the way, take the blank ones out of the others."""
    for i, record in enumerate(records if schema.one_of else ()):
        found = not isinstance(record, dict)  # that is a fault of another kind
        for name in () if found else schema.one_of:
            value = record.get(name)
            if value == "" or (isinstance(value, str) and value.isspace()):
                record[name] = None
            elif value is not None:
                found = True
        if not found:
            yield Fault((i,), "identifier_missing", name=", ".join(schema.one_of))


def oddities(schema: Schema[Any], records: Records[Any]) -> dict[str, list[str]]:
    """Say what is odd."""
    if schema.odd is None:
        return {}
    name, usual, text = schema.odd
    values = records.column(name)
    if all(map(usual, filter(None, values))):
        return {}
    odd = (i for i, value in enumerate(values) if value and not usual(value))
    return {f"[{i}].{name}": [text] for i in islice(odd, MOST_WARNINGS)}


def _refuse_unreadable(schema: Schema[Any], body: bytes, found: ValidationError) -> None:
    """Raise at once for a body of which nothing can be said record by record."""
    error = found.errors(include_url=False, include_input=False)[0]
    if error["loc"]:
        return
    if error["type"] == "json_invalid":
        reason = error["ctx"]["error"]
        if reason.startswith("recursion limit"):
            raise failed([Fault((), "too_deep")])
        if HALF_CHARACTER in reason and is_array(body):
            return  # `read_pairs` finds the field
        place = re.search(r"at line (\d+) column (\d+)$", reason)
        raise failed([unreadable(body, at=f" (line {place[1]}, column {place[2]})" if place else "")])
    if error["type"] == "too_long":
        raise failed([Fault((), "batch_too_large", name=schema.noun, limit=schema.limit)])
    raise failed([no_array(found.errors(include_url=False)[0]["input"], schema.shape.by_lower_case)])


def _refuse_too_long(body: bytes, found: ValidationError) -> None:
    """Raise at once for an array inside a record that is too long, where there is too much in it to look at again."""
    error = found.errors(include_url=False, include_input=False)[0]
    if error["type"] == "too_long" and len(body) > MOST_SOUGHT:
        raise failed([fault_of({**error, "input": ()})])


def elements_sent(schema: Schema[Any], body: bytes) -> list[Json]:
    """Return a body's elements as they were sent, objects as Pairs; raises ValidationFailed for too many of them."""
    refuse_too_many_values(body, MOST_SOUGHT)
    sent = read_pairs(body)
    if len(sent) > schema.limit:
        raise failed([Fault((), "batch_too_large", name=schema.noun, limit=schema.limit)])
    return sent


def missing_in(schema: Schema[Any], elements: Sequence[Json]) -> list[Fault]:
    """Find identifiers and demanded fields that elements lack; takes blank identifiers out of them."""
    return [*_unidentified(schema, elements), *_lacking(schema, elements)]


def parse_again(schema: Schema[Record], body: bytes) -> Batch[Record]:
    """Parse a body that has unknown names, other spellings, NULs or faults: slower, and with something to say.

    Numbers are exact here, so what a float cannot decide (amounts above 2^38, `2.0` for an integer) comes here, too.
    """
    reading = Reading()
    elements = [reading.canonical(item, schema.shape, (i,)) for i, item in enumerate(elements_sent(schema, body))]
    reading.faults += missing_in(schema, elements)
    validator = schema.adapter if reading.elements <= MOST_SEARCHED else schema.quick
    records: list[Record] = []
    try:
        records = validator.validate_python(elements)
    except ValidationError as error:
        reading.faults += map(fault_of, error.errors(include_url=False))
    if reading.faults:
        raise failed(sorted(reading.faults, key=lambda fault: str(fault.loc[0]).zfill(6)))
    batch = _batch(schema, records)
    warnings = {**reading.warnings, **batch.warnings}
    return Batch(batch.records, dict(list(warnings.items())[:MOST_WARNINGS]))
