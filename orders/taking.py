"""How order records are taken in again, after a batch left them out."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.records.schemas import Batch, parse
from orders.ingest import upsert_orders
from orders.models import Order
from orders.schemas import ORDERS, OrderRecord
from orders.serializers import GROWING, READING
from tenants.changes.changesets import Origin, Receipt
from tenants.columns import fields_of
from tenants.entities import Taking
from tenants.models import Tenant


def _store(tenant: Tenant, batch: Batch[OrderRecord], origin: Origin) -> Receipt:
    return upsert_orders(tenant, batch.records, origin=origin)


def _find(tenant: Tenant, record: Mapping[str, Any]) -> Sequence[Order]:
    order_id = record.get("OrderId")
    if not isinstance(order_id, str) or "\0" in order_id:
        return []
    found = list(Order.objects.filter(tenant_id=tenant.pk, order_id=order_id))
    GROWING.complete(found)
    return found


TAKING = Taking(
    fields=fields_of(OrderRecord),
    identifiers=("OrderId", "CustomerId", "Email"),
    persons=("CustomerId", "Email"),
    parse=lambda tenant, body: parse(ORDERS, body),
    store=_store,
    find=_find,
    write=READING.write,
    schema=lambda tenant: ORDERS,
    upsert=upsert_orders,
)
