"""What the apps of records hand to tenants, each once, in its AppConfig.

What must work for every entity is written below the apps, and finds them here instead of importing upwards.
"""

from collections.abc import Mapping
from typing import Any, cast

from django.apps import AppConfig, apps


class EntityConfig(AppConfig):
    """An app of records: its label is the entity's name in changesets and addresses, `model` the records' model.

    `kept` is where the app says how its records are kept as before-images and go back (tenants.changes.images.Kept): a
    dotted path, for models are not there yet when an AppConfig is read.
    `requirable_fields` are the fields that a tenant may demand in every record: documented name → bool or str.
    """

    model: str
    kept: str
    requirable_fields: Mapping[str, Any] = {}


def entity_config(entity: str) -> EntityConfig:
    """Return what the app of an entity has handed over; raises LookupError for what is no entity."""
    return cast(EntityConfig, apps.get_app_config(entity))


def model_label(entity: str) -> str:
    """Return the label of the model of an entity's records: `customers.customer`."""
    return f"{entity}.{entity_config(entity).model}"


def customer_fields() -> Mapping[str, Any]:
    """Return the fields that a tenant may demand in every customer record."""
    return entity_config("customers").requirable_fields
