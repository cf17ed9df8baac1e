"""How a customer is written when read back."""

from rest_framework import serializers

from customers.ingest import CUSTOMERS
from customers.models import Customer
from hub.api.serializers import MomentField, fields_of
from hub.api.weights import InColumns

GROWING = InColumns(("attributes", "tags", "mailing_lists"))


class CustomerSerializer(serializers.Serializer[Customer]):
    """The documented fields, the hub id that changes name the customer by, and what other dialects stored."""

    HubId = serializers.IntegerField(source="id")
    locals().update(fields_of(CUSTOMERS))
    CreatedAt = MomentField(source="created_at")
    UpdatedAt = MomentField(source="updated_at")
