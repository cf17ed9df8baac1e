"""What the apps of records hand to tenants, each once, in its AppConfig.

What must work for every entity is written below the apps, and finds them here instead of importing upwards.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, cast

from django.apps import AppConfig, apps
from django.utils.module_loading import import_string

from hub.api.weights import Growing

NO_MARKS: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Reading:
    """How an entity's records are read by hub id, for whoever tells of changes.

    `write` returns a record as its endpoints answer it, `keys` its identifiers, for which the columns `of_keys` are
    read, and `marks` what else is said of it, and of one that is gone (None). `growing` says how records are read.
    """

    write: Callable[[Any], Mapping[str, Any]]
    keys: Callable[[Any], Mapping[str, Any]]
    of_keys: Sequence[str]
    growing: Growing
    marks: Callable[[Any], Mapping[str, Any]] = lambda record: NO_MARKS


class Take(Protocol):
    """Stores the records of a tenant's body, checked as the native endpoint checks them; returns the receipt.

    Raises ValidationFailed, with nothing stored, where they are not what the endpoint takes.
    """

    def __call__(self, tenant: Any, body: bytes, *, origin: Any) -> Any: ...


class EntityConfig(AppConfig):
    """An app of records: its label is the entity's name in changesets and addresses, `model` the records' model.

    `reads` names its Reading, and `kept` is where the app says how its records are kept as before-images and go back
    (tenants.changes.images.Kept): dotted paths, for models are not there yet when an AppConfig is read.
    `takes` is the function that stores a body as the entity's endpoint does (Take), a dotted path, too.
    `requirable_fields` are the fields that a tenant may demand in every record: documented name → bool or str.
    """

    model: str
    reads: str
    kept: str
    takes: str
    requirable_fields: Mapping[str, Any] = {}

    @cached_property
    def reading(self) -> Reading:
        """How its records are read."""
        return cast(Reading, import_string(self.reads))

    @cached_property
    def take(self) -> "Take":
        """How a body is stored."""
        return cast(Take, import_string(self.takes))


def entity_config(entity: str) -> EntityConfig:
    """Return what the app of an entity has handed over; raises LookupError for what is no entity."""
    return cast(EntityConfig, apps.get_app_config(entity))


def model_label(entity: str) -> str:
    """Return the label of the model of an entity's records: `customers.customer`."""
    return f"{entity}.{entity_config(entity).model}"


def customer_fields() -> Mapping[str, Any]:
    """Return the fields that a tenant may demand in every customer record."""
    return entity_config("customers").requirable_fields
