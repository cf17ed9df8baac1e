"""What the apps of records hand to tenants, each once, in its AppConfig.

What must work for every entity is written below the apps, and finds them here instead of importing upwards.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from django.apps import AppConfig, apps
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string
from django_filters import FilterSet
from rest_framework.serializers import Serializer

from hub.api.serializers import layout_of
from hub.api.weights import Growing
from hub.sql.lines import Layout
from tenants.columns import Columns

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
