"""How stored values are written when read back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from hub.api.responses import utc
from hub.sql.upsert import Table

MOST_FLOAT = 2**39


class MomentField(serializers.Field[datetime, datetime, str, Any]):
    """A moment, written as the API does everywhere."""

    def to_representation(self, value: datetime) -> str:
        return utc(value)


class MoneyField(serializers.Field[Decimal, Decimal, float | Decimal, Any]):
    """A JSON number: 29.99 in gives 29.99 out. Above 2^39 a float has no four decimals, and the Decimal is written."""

    def to_representation(self, value: Decimal) -> float | Decimal:
        return float(value) if value < MOST_FLOAT else value


READ_AS: dict[str, type[serializers.Field[Any, Any, Any, Any]]] = {
    "boolean": serializers.BooleanField,
    "integer": serializers.IntegerField,
    "jsonb": serializers.DictField,
    "numeric(16,4)": MoneyField,
    "text": serializers.CharField,
    "text[]": serializers.ListField,
    "timestamptz": MomentField,
}


def fields_of(table: Table) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """Return how the columns that records fill are read back: under the fields' documented names, in their order."""
    return {column.field: READ_AS[column.type](source=column.name) for column in table.columns}
