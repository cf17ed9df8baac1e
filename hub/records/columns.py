"""The usual body, read a column at a time: half the time that pydantic takes record by record.

What this accepts, the schema accepts, and with the same result. Whatever else a body holds (faults, unknown names,
other spellings, blank identifiers) it leaves to `hub.records.schemas.parse`, which has something to say about it.
Values that are right but not yet in their normal form (capitals in an e-mail, a moment in another zone) get it from
pydantic.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from types import GenericAlias, UnionType
from typing import Annotated, Any, Generic, Required, Union, get_args, get_origin

import msgspec
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WrapValidator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, PydanticKnownError
from typing_extensions import get_type_hints, is_typeddict

from hub.records.emails import MOST_USUAL
from hub.records.emails import USUAL as USUAL_EMAIL
from hub.records.records import Column, Record, Records
from hub.records.types import (
    LETTERS_DIGITS_DASHES,
    NOT_BLANK,
    are_rounded,
    email,
    money,
    required_email,
    rounded,
    whole,
)

Check = Callable[[Column], bool]

ESCAPED_NUL = b"\\u0000"
# For each pattern of hub.records.types something quick that only values pass which match it, in their normal form.
USUAL: Mapping[str, Callable[[str], object]] = {
    NOT_BLANK: str.strip,
    LETTERS_DIGITS_DASHES: re.compile(r"[A-Za-z0-9-]+").fullmatch,
}


class ColumnRecords(Records[Record]):
    """Records that were read by column: their JSON costs less than the dicts, which are made when somebody asks."""

    def __init__(self, rows: Sequence[msgspec.Struct], names: Set[str]) -> None:
        self._rows, self._names = rows, names

    def __len__(self) -> int:
        return len(self._rows)

    @cached_property
    def _records(self) -> list[Record]:
        records: list[Record] = msgspec.to_builtins(self._rows)
        return records

    @property
    def json(self) -> str:
        return msgspec.json.encode(self._rows).decode()

    def json_without(self, name: str) -> str:
        held = self.column(name)
        try:
            for row in self._rows:
                setattr(row, name, [])
            return self.json
        finally:
            for row, records in zip(self._rows, held, strict=True):
                setattr(row, name, records)

    @property
    def names(self) -> Set[str]:
        return self._names

    def column(self, name: str) -> Column:
        return list(map(attrgetter(name), self._rows))

    def parts(self, name: str, key: str) -> Iterator[Column]:
        found = attrgetter(key)
        for row in self._rows:
            yield list(map(found, getattr(row, name)))


@dataclass(frozen=True)
class Field:
    """A field that needs looking at: checks that a column in its normal form passes, and what brings it there."""

    name: str
    checks: Sequence[Check]
    normal: Callable[[Any], Any]

    def settle(self, rows: Sequence[msgspec.Struct]) -> None:
        """Bring a column into its normal form; raises ValidationError, or its PydanticKnownError, for what has none."""
        values = _given(list(map(attrgetter(self.name), rows)))
        if not values or all(check(values) for check in self.checks):
            return
        for row in rows:
            if (value := getattr(row, self.name)) is not None:
                setattr(row, self.name, self.normal(value))


@dataclass(frozen=True)
class Layout:
    """A record type as msgspec reads it, its fields that need looking at, and those that hold records themselves."""

    struct: type[msgspec.Struct]
    fields: Sequence[Field]
    nested: Mapping[str, "Layout"]

    def settle(self, rows: Sequence[msgspec.Struct]) -> None:
        for field in self.fields:
            field.settle(rows)
        for name, layout in self.nested.items():
            layout.settle([inner for row in rows for inner in getattr(row, name)])


class Reader(Generic[Record]):
    """Reads an array of a TypedDict's records, at most `limit`, each with an identifier of `one_of`.

    The array may also be the one member, called `wrapped_in`, of an object.
    """

    def __init__(self, record: type[Record], limit: int, one_of: Sequence[str], wrapped_in: str = "") -> None:
        self.layout = layout_of(record)
        self.limit, self.one_of, self.wrapped_in = limit, one_of, wrapped_in
        array = GenericAlias(list, (self.layout.struct,))
        wrapper = msgspec.defstruct("Wrapper", [(wrapped_in, array)] if wrapped_in else [], forbid_unknown_fields=True)
        self.decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(array | wrapper if wrapped_in else array)

    def read(self, body: bytes) -> ColumnRecords[Record] | None:
        """Return the clean records, None where the body is not of the usual kind."""
        try:
            found = self.decoder.decode(body)
            rows = found if isinstance(found, list) else getattr(found, self.wrapped_in)
            if len(rows) > self.limit or ESCAPED_NUL in body or not self._identified(rows):
                return None
            self.layout.settle(rows)
        except (msgspec.DecodeError, UnicodeDecodeError, ValidationError, PydanticKnownError):
            return None
        return ColumnRecords(rows, frozenset(self.layout.struct.__struct_fields__))

    def _identified(self, rows: Sequence[msgspec.Struct]) -> bool:
        """Tell whether every record has an identifier, and none a blank one."""
        columns = [list(map(attrgetter(name), rows)) for name in self.one_of]
        if any(not all(map(str.strip, _given(column))) for column in columns):
            return False
        return any(None not in column for column in columns) or all(map(any, zip(*columns, strict=True)))


def _given(values: Column) -> Column:
    return [value for value in values if value is not None] if None in values else values


def layout_of(record: type) -> Layout:
    """Derive what reads a TypedDict's records from its hints; raises TypeError for a hint it does not know."""
    required: frozenset[str] = record.__required_keys__  # type: ignore[attr-defined]
    members, fields, nested = [], [], {}
    for name, hint in get_type_hints(record, include_extras=True).items():
        kind, rules = _taken_apart(hint)
        if get_origin(kind) is list and is_typeddict(inner := get_args(kind)[0]):
            nested[name] = layout_of(inner)
            kind = GenericAlias(list, (nested[name].struct,))
        elif checks := [*_checks(rules), *_item_checks(kind)]:
            fields.append(Field(name, checks, _normaliser(kind, rules)))
        bounded = _bounded(kind, rules)
        members.append((name, bounded) if name in required else (name, bounded | None, None))
    members.sort(key=len)
    struct = msgspec.defstruct(record.__name__, members, forbid_unknown_fields=True, omit_defaults=True, gc=False)
    return Layout(struct, fields, nested)


def _taken_apart(hint: Any) -> tuple[Any, list[Any]]:
    """Return a field's type and the rules about it, without Required and without None."""
    while get_origin(hint) in (Required, Union, UnionType):
        hint = get_args(hint)[0]
    kind, *rules = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    return kind, rules


def _checks(rules: Sequence[Any]) -> Iterator[Check]:
    for rule in rules:
        if isinstance(rule, StringConstraints):
            yield from _text_checks(rule)
        elif isinstance(rule, AfterValidator):
            yield _are_usual_emails if rule.func in (email, required_email) else _fixed_points(rule.func)
        elif isinstance(rule, WrapValidator) and rule.func is money:
            yield are_rounded
        elif not (isinstance(rule, FieldInfo) or (isinstance(rule, BeforeValidator) and rule.func is whole)):
            raise TypeError(f"a rule of unknown kind: {rule!r}")


def _are_usual_emails(values: Column) -> bool:
    return max(map(len, values)) <= MOST_USUAL and all(map(USUAL_EMAIL.fullmatch, values))


def _text_checks(rule: StringConstraints) -> Iterator[Check]:
    if rule.max_length is not None:
        most = rule.max_length
        yield lambda values: max(map(len, values)) <= most
    if rule.min_length:
        yield all
    if rule.pattern:
        usual = USUAL[str(rule.pattern)]
        yield lambda values: all(map(usual, values))
    elif rule.strip_whitespace:
        yield lambda values: values == list(map(str.strip, values))


def _fixed_points(normal: Callable[..., Any]) -> Check:
    def check(values: Column) -> bool:
        try:
            return all(normal(value) == value for value in set(values))
        except (PydanticCustomError, PydanticKnownError):
            return False

    return check


def _item_checks(kind: Any) -> Iterator[Check]:
    """Check the items of all of a column's lists as one column."""
    if get_origin(kind) is list:
        _, rules = _taken_apart(get_args(kind)[0])
        checks = list(_checks(rules))

        def check(lists: Column) -> bool:
            items = [item for items in lists for item in items]
            return not items or all(check(items) for check in checks)

        yield check


def _normaliser(kind: Any, rules: Sequence[Any]) -> Callable[[Any], Any]:
    if kind is float:  # its range is msgspec's to check; through pydantic 500 amounts take 0.3 ms more
        return rounded
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[kind, *rules], config=ConfigDict(strict=True))
    return adapter.validate_python


def _bounded(kind: Any, rules: Sequence[Any]) -> Any:
    """Return the type with its bounds, as msgspec has them."""
    bounds = {
        name: getattr(bound, name)
        for rule in rules
        if isinstance(rule, FieldInfo)
        for bound in rule.metadata
        for name in ("ge", "le", "min_length", "max_length")
        if hasattr(bound, name)
    }
    return Annotated[kind, msgspec.Meta(**bounds)] if bounds else kind
