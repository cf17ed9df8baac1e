"""What the apps of records hand to tenants, each once, in its AppConfig.

What must work for every entity is written below the apps, and finds them here instead of importing upwards.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, Required, Union, cast, get_args, get_origin
from uuid import UUID

from django.apps import AppConfig, apps
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string
from django_filters import FilterSet
from rest_framework.serializers import Serializer
from typing_extensions import get_type_hints, is_typeddict

from hub.api.serializers import layout_of
from hub.api.weights import Growing
from hub.records.types import Count, Moment, PositiveCount
from hub.sql.lines import Layout

NO_MARKS: Mapping[str, Any] = {}
REACH = """SELECT max(page.key), count(*)
  FROM (SELECT {key} AS key
          FROM {table}
         WHERE tenant_id = %(tenant_id)s AND {key} > %(key)s
         ORDER BY {key}
         LIMIT %(most)s) page"""


@dataclass(frozen=True)
class Reading:
    """How an entity's records are read by hub id, for whoever tells of changes.

    `write` returns a record as its endpoints answer it, `keys` its identifiers, for which the columns `of_keys` are
    read, and `marks` what else is said of it, and of one that is gone (None). `growing` says how records are read.
    `of_row` writes a record, by the columns of its row, as a read shows it, but for its hub id and times.
    """

    write: Callable[[Any], Mapping[str, Any]]
    of_row: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    keys: Callable[[Any], Mapping[str, Any]]
    of_keys: Sequence[str]
    growing: Growing
    marks: Callable[[Any], Mapping[str, Any]] = lambda record: NO_MARKS


def _no_files(*args: Any, **options: Any) -> Any:
    raise LookupError("no files come through this door")


@dataclass(frozen=True)
class Taking:
    """How one door takes an entity's records in, for whoever sends what did not come through it.

    `fields` are the documented names with what their values are: str, bool, float or list. `identifiers` are those that
    a record is named by, `persons` those that may hold what a person is named by. `parse` reads a body and `store`
    stores what it read, for an origin; both raise ValidationFailed. `withdraws` tells whether a record, as it was sent,
    takes consent away, `only_withdraws` whether it does nothing else. `find` returns the stored records that one names
    now, the one it means first, and `write` one of them under the door's names.
    Of a door that files come through, too, `schema` returns what a tenant's bodies are read by, and `upsert` stores.
    """

    fields: Mapping[str, type]
    identifiers: Sequence[str]
    persons: Sequence[str]
    parse: Callable[[Any, bytes], Any]
    store: Callable[[Any, Any, Any], Any]
    find: Callable[[Any, Mapping[str, Any]], Sequence[Any]]
    write: Callable[[Any], Mapping[str, Any]]
    withdraws: Callable[[Mapping[str, Any]], bool] = lambda record: False
    only_withdraws: Callable[[Mapping[str, Any]], bool] = lambda record: False
    schema: Callable[[Any], Any] = _no_files
    upsert: Callable[..., Any] = _no_files


@dataclass(frozen=True)
class ConsentFlag:
    """A flag of the consent ledger: its documented name, what people call it, its bit, and the value that grants."""

    name: str
    title: str
    bit: int
    grants: bool


@dataclass(frozen=True)
class Exporting:
    """How an entity's records leave as a file: by which filters, as which layout, in the order of its unique key.

    `rows` returns the query of a tenant's records. `reach` finds how far so many of them go from a key on, whatever the
    filters: the greatest key and how many there are.
    """

    rows: Callable[[UUID], QuerySet[Any]]
    filters: type[FilterSet]
    layout: Layout
    reach: str


def exporting(model: type[Model], filters: type[FilterSet], serializer: Serializer[Any], key: str) -> Exporting:
    """Compose it of a model, its filters, what writes its records, and its unique key."""
    layout = layout_of(model, serializer, key)
    rows = model._default_manager.filter
    reach = REACH.format(table=layout.table, key=layout.key)
    return Exporting(lambda tenant_id: rows(tenant_id=tenant_id), filters, layout, reach)


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


Finding = Callable[[Sequence[UUID], str, int], list[int] | None]


class EntityConfig(AppConfig):
    """An app of records: its label is the entity's name in changesets and addresses, `model` the records' model.

    `reads` names its Reading, `exports` its Exporting, and `kept` is where the app says how its records are kept as
    before-images and go back (tenants.changes.images.Kept): dotted paths, for models are not there yet when an
    AppConfig is read.
    `takes` names a Taking for each door whose records have names of their own, by source, and for all others "".
    `tables` names its Columns.
    `requirable_fields` are the fields that a tenant may demand in every record: documented name → bool or str.
    `tells_consents` is where it says which flags the consent ledger tells of: each a ConsentFlag.
    `finds` names the function that finds records of some tenants by words: (tenant ids, text, most) → hub ids, or None
    where that takes too long.
    """

    model: str
    reads: str
    exports: str
    kept: str
    takes: Mapping[str, str]
    tables: str
    requirable_fields: Mapping[str, Any] = {}
    tells_consents: str = ""
    finds: str = ""

    @cached_property
    def reading(self) -> Reading:
        """How its records are read."""
        return cast(Reading, import_string(self.reads))

    @cached_property
    def consents(self) -> Sequence[ConsentFlag]:
        """The flags that the consent ledger tells of; none where records hold no consent."""
        return cast(Sequence[ConsentFlag], import_string(self.tells_consents)) if self.tells_consents else ()

    @cached_property
    def finding(self) -> Finding:
        """How its records are found by words."""
        return cast(Finding, import_string(self.finds))

    @cached_property
    def columns(self) -> Columns:
        """How its records stand in a table."""
        return cast(Columns, import_string(self.tables))

    @cached_property
    def exporting(self) -> Exporting:
        """How its records leave as a file."""
        return cast(Exporting, import_string(self.exports))

    def taking(self, source: str) -> Taking:
        """Return how the records that came through a source are taken in."""
        return cast(Taking, import_string(self.takes.get(source) or self.takes[""]))


def entity_config(entity: str) -> EntityConfig:
    """Return what the app of an entity has handed over; raises LookupError for what is no entity."""
    return cast(EntityConfig, apps.get_app_config(entity))


def model_label(entity: str) -> str:
    """Return the label of the model of an entity's records: `customers.customer`."""
    return f"{entity}.{entity_config(entity).model}"


def customer_fields() -> Mapping[str, Any]:
    """Return the fields that a tenant may demand in every customer record."""
    return entity_config("customers").requirable_fields
