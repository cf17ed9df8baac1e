"""How stored values are written when read back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from hub.api.responses import utc


class MomentField(serializers.Field[datetime, datetime, str, Any]):
    """A moment, written as the API does everywhere."""

    def to_representation(self, value: datetime) -> str:
        return utc(value)


class MoneyField(serializers.Field[Decimal, Decimal, float, Any]):
    """A JSON number: 29.99 in gives 29.99 out."""

    def to_representation(self, value: Decimal) -> float:
        return float(value)
