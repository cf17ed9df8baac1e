"""Sandboxes are filled with sample data: what a partner of a shop might send, invented, the same each time."""

from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from tenants.audit.events import Actor, record
from tenants.changes.changesets import Origin
from tenants.demo import Shop, generate_for
from tenants.demo.history import batches
from tenants.entities import entity_config
from tenants.models import AuditKind, Source, Tenant
from tenants.sandboxes.twins import tenant_of

LEAST, MOST = 20, 2000  # customers that are made at once
SIZES = {100: "100 customers, 300 orders", 500: "500 customers, 1,500 orders"}  # that a page waits for
ORDERS_OF_CUSTOMER, PRODUCTS_OF_HUNDRED = 3, 40
SENDER = "sample data"


@dataclass(frozen=True, slots=True)
class Filled:
    """What a sandbox was sent, in records, and how many of them were new or changed."""

    sent: int
    stored: int


def fill_sandbox(sandbox: Tenant, customers: int, *, by: Actor) -> Filled:
    """Send a sandbox invented customers, with their orders and products, in batches as a partner does.

    Each batch is a write of its own, by the way that the endpoints take. It is the same data each time.
    Raises NotASandbox, ValueError for a number of customers that is not from LEAST to MOST.
    """
    if not LEAST <= customers <= MOST:
        raise ValueError(f"Sample data is of {LEAST} to {MOST:,} customers.")
    sandbox = Tenant.objects.get(pk=sandbox.pk)
    original = tenant_of(sandbox)
    record(AuditKind.SANDBOX_FILLED, by, tenant_id=original.pk, details=[f"customers: {customers}"])
    dataset = generate_for(
        _shop(sandbox),
        today=datetime.now(UTC).date(),
        customers=customers,
        orders=customers * ORDERS_OF_CUSTOMER,
        products=max(1, customers * PRODUCTS_OF_HUNDRED // 100),
    )
    origin = Origin(Source.IMPORT, SENDER, by.trace_id, user_id=by.user_id)
    sent = stored = 0
    for entity, records in batches(dataset):
        taking = entity_config(entity).taking(origin.source)
        receipt = taking.store(sandbox, taking.parse(sandbox, orjson.dumps(records)), origin)
        sent, stored = sent + len(records), stored + receipt.created + receipt.updated
    return Filled(sent, stored)


def _shop(sandbox: Tenant) -> Shop:
    """Return a shop that sends what the sandbox demands, and names customers as it does."""
    return Shop(
        name=sandbox.name,
        slug="sandbox",  # the seed of what is invented
        priority="email" if sandbox.priority == "email" else "customerid",
        required=tuple(sandbox.required_fields),
        time_zone=sandbox.time_zone,
        country=sandbox.default_country,
        key_labels=(),
    )
