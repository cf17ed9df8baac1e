"""How documented customer records are taken in again, after a batch left them out."""

from collections.abc import Mapping, Sequence
from typing import Any

from customers.flags import WITHDRAWN
from customers.ingest import upsert_customers
from customers.models import Customer
from customers.schemas import NAMING, CustomerRecord, customer_schema
from customers.serializers import READING
from hub.records.emails import normal_email
from hub.records.schemas import Batch, parse
from tenants.changes.changesets import Origin, Receipt
from tenants.columns import fields_of
from tenants.entities import Taking
from tenants.identity import COLUMNS, identifiers_of
from tenants.models import Tenant

MOST_FOUND = 5
# What a flag looks like that was meant and has another type: a withdrawal that is not taken must be seen.
WRITTEN: Mapping[bool, frozenset[str]] = {
    False: frozenset({"false", "0", "no", "off", "n", "f"}),
    True: frozenset({"true", "1", "yes", "on", "y", "t"}),
}


def means(value: Any, wanted: bool) -> bool:
    """Tell whether a value is a flag's, or writes it as text or number."""
    return value is wanted or (isinstance(value, int | str) and str(value).strip().lower() in WRITTEN[wanted])


def withdraws(record: Mapping[str, Any]) -> bool:
    """Tell whether a record takes consent away, be it in a value of the wrong type."""
    return any(means(record.get(name), value) for name, value in WITHDRAWN.items())


def only_withdraws(record: Mapping[str, Any]) -> bool:
    """Tell whether a record takes consent away and says nothing else but who is meant."""
    said = {name for name, value in record.items() if value is not None} - NAMING
    return bool(said) and all(name in WITHDRAWN and means(record[name], WITHDRAWN[name]) for name in said)


def _parse(tenant: Tenant, body: bytes) -> Batch[CustomerRecord]:
    return parse(customer_schema(tenant.required_fields), body)


def _store(tenant: Tenant, batch: Batch[CustomerRecord], origin: Origin) -> Receipt:
    return upsert_customers(tenant, batch.records, origin=origin)


def _find(tenant: Tenant, record: Mapping[str, Any]) -> Sequence[Customer]:
    """Return who has the record's priority identifier, else who has the other one."""
    for name in identifiers_of(tenant)[:2]:
        sent = record.get(name)
        value = (normal_email(sent) if name == "Email" else sent.strip()) if isinstance(sent, str) else None
        if value and "\0" not in value:
            found = Customer.objects.filter(tenant_id=tenant.pk, **{COLUMNS[name]: value})
            if named := list(found.order_by("match_key")[:MOST_FOUND]):
                return named
    return []


TAKING = Taking(
    fields=fields_of(CustomerRecord),
    identifiers=("CustomerId", "Email"),
    persons=tuple(CustomerRecord.__annotations__),
    parse=_parse,
    store=_store,
    find=_find,
    write=READING.write,
    withdraws=withdraws,
    only_withdraws=only_withdraws,
    schema=lambda tenant: customer_schema(tenant.required_fields),
    upsert=upsert_customers,
)
