"""How an entity's records stand in a table: its columns, and those of the shop systems whose exports are known."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, Required, Union, cast, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from hub.records.types import Count, Moment, PositiveCount


def fields_of(record: type) -> Mapping[str, type]:
    """Return what the values of a record type are, a TypedDict's: moments, too, are sent as text."""
    return {name: _kind(hint) for name, hint in get_type_hints(record, include_extras=True).items()}


def _kind(hint: Any) -> type:
    while get_origin(hint) in (Annotated, Required, Union, UnionType):
        hint = get_args(hint)[0]
    plain = get_origin(hint) or hint
    return cast(type, {int: float, datetime: str}.get(plain, plain))


class Kind(StrEnum):
    """What the cells of a column hold. A spreadsheet that takes an IDENTIFIER for a number spoils it for good; a
    CONSENT is a FLAG whose words may be those of a subscription.
    """

    TEXT = "text"
    IDENTIFIER = "identifier"
    FLAG = "flag"
    CONSENT = "consent"
    NUMBER = "number"
    INTEGER = "integer"
    MOMENT = "moment"
    LIST = "list"


PLAIN: Mapping[type, Kind] = {bool: Kind.FLAG, float: Kind.NUMBER, list: Kind.LIST, str: Kind.TEXT}


@dataclass(frozen=True)
class Vendor:
    """The columns of a shop system's exports, as it calls them: for each the fields that it gives.

    The first of a column's fields is its own; the further ones it gives where no column of their own has a value. A
    field with ! before it is a flag that says the opposite, one with ? before it a flag that any filled cell sets, a
    blank one leaves as it is. A column without a field is known, and not taken.
    `decimal` is what all its exports write before decimals, "" where that goes by the shop's settings.
    `once` are the columns of parts that have a value in a record's first row, which goes for its other rows, too.
    `whole` is a column, and its values in rows that are no part of their record; `before` is what some columns write
    before an id.
    """

    name: str
    headers: Mapping[str, Sequence[str]]
    decimal: str = ""
    once: Sequence[str] = ()
    whole: tuple[str, Sequence[str]] = ("", ())
    before: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Columns:
    """How an entity's records stand in a table, a row each, or a row for each of their parts.

    `fields` are the documented names with what their columns hold; a part's field has the part's name before it:
    OrderItems.Sku. Of `identifiers` one must have a column. `required` are the fields that no record, and no part, is
    without. `persons` are those that say who somebody is: what is kept of a table's options may hold none of them.
    Rows that have the same `group` are a record, whose parts are in its member `part`, at most `most_parts`.
    `vendors` are those whose exports are known; the one without a name has what many others call the fields.
    """

    fields: Mapping[str, Kind]
    identifiers: Sequence[str]
    required: Sequence[str]
    vendors: Sequence[Vendor]
    persons: Sequence[str] = ()
    part: str = ""
    group: str = ""
    most_parts: int = 0

    def named(self, text: str) -> str | None:
        """Return the field that is called so in any case; a part's may be called without the part's name."""
        return self._names.get(text.lower())

    @cached_property
    def _names(self) -> Mapping[str, str]:
        short = {name.rpartition(".")[2].lower(): name for name in reversed([*self.fields])}
        return short | {name.lower(): name for name in self.fields}


def kinds_of(record: type, *, part: str = "", **special: Container[str]) -> dict[str, Kind]:
    """Return the fields of a record type, a TypedDict's, with what their columns hold, but for those of its parts.

    `part` is the member that has these records as parts; `special` names the fields of a Kind that the type
    doesn't tell: identifier=("Sku",).
    """
    told = {name: Kind(kind) for kind, names in special.items() for name in record.__annotations__ if name in names}
    hints = get_type_hints(record, include_extras=True).items()
    kinds = {name: told.get(name) or _column(hint) for name, hint in hints if not _has_parts(hint)}
    return {f"{part}.{name}" if part else name: kind for name, kind in kinds.items()}


def own_exports(fields: Mapping[str, Kind], *others: str) -> Vendor:
    """Return the hub's own exports as a vendor's: the documented fields, and what else a read shows."""
    nothing: Sequence[str] = ()
    return Vendor("the hub", {**{name: [name] for name in fields}, **dict.fromkeys(others, nothing)}, decimal=".")


def required_of(record: type, *, part: str = "") -> list[str]:
    """Return the fields that a record type, a TypedDict, demands, but for its parts."""
    hints = get_type_hints(record, include_extras=True).items()
    demanded: Container[str] = record.__required_keys__  # type: ignore[attr-defined]
    names = [name for name, hint in hints if name in demanded and not _has_parts(hint)]
    return [f"{part}.{name}" if part else name for name in names]


def _bare(hint: Any) -> Any:
    """Return a hint without Required and without None."""
    while get_origin(hint) in (Required, Union, UnionType):
        hint = get_args(hint)[0]
    return hint


def _has_parts(hint: Any) -> bool:
    if _kind(hint) is not list:
        return False
    hint = _bare(hint)
    inner = get_args(get_args(hint)[0] if get_origin(hint) is Annotated else hint)[0]
    return is_typeddict(inner)


def _column(hint: Any) -> Kind:
    bare = _bare(hint)
    if bare == Moment:
        return Kind.MOMENT
    return Kind.INTEGER if bare in (Count, PositiveCount) else PLAIN[_kind(hint)]
