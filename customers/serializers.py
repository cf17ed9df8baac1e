"""How a customer is written when read back."""

from typing import Any

from rest_framework import serializers

from customers.ingest import CUSTOMERS
from customers.models import Customer
from hub.api.serializers import MomentField, fields_of, of_row
from hub.api.weights import InColumns
from hub.sql.hashes import content_hash, members_of
from tenants.entities import Reading
from tenants.reconciling import reconciliation

GROWING = InColumns(Customer, ("attributes", "tags", "mailing_lists"))
TEXTS = [column.name for column in CUSTOMERS.columns if column.type in ("text", "text[]", "jsonb")]

# What only the vendors' dialects fill is no part of a native record.
HASHED = members_of(CUSTOMERS, without=("Attributes", "Tags", "MailingLists"))
HASH = content_hash(HASHED, CUSTOMERS.name, tenant=f"{CUSTOMERS.name}.tenant_id")
RECONCILIATION = reconciliation(CUSTOMERS.name, "match_key", content_hash(HASHED, "t", tenant="%(tenant_id)s"))


class CustomerSerializer(serializers.Serializer[Customer]):
    """The documented fields, the hub id that changes name the customer by, and what other dialects stored."""

    HubId = serializers.IntegerField(source="id")
    locals().update(fields_of(CUSTOMERS))
    CreatedAt = MomentField(source="created_at")
    UpdatedAt = MomentField(source="updated_at")


def keys(customer: Customer) -> dict[str, Any]:
    """Return a customer's identifiers; the phone where there is no other."""
    found = {"CustomerId": customer.customer_id, "Email": customer.email}
    return found if any(found.values()) else {**found, "Phone": customer.phone}


def marks(customer: Customer | None) -> dict[str, Any]:
    """Say whether a customer may be processed: with GdprOptin, and without IsExcluded (document 001)."""
    return {"Processable": bool(customer and customer.gdpr_optin and not customer.is_excluded)}


READING = Reading(
    write=CustomerSerializer().to_representation,
    of_row=of_row(CustomerSerializer()),
    keys=keys,
    of_keys=("customer_id", "email", "phone", "gdpr_optin", "is_excluded"),
    marks=marks,
    growing=InColumns(Customer, TEXTS),
)
