"""Writing orders: the order by OrderId, its line items replaced, and the deletes."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from hub.records.records import RecordList, Records
from hub.records.schemas import parse
from hub.sql.files import read_sql
from hub.sql.upsert import Column, Table
from orders.models import Order, OrderItem
from orders.schemas import ORDERS as SCHEMA
from orders.schemas import OrderRecord
from tenants.changes.changesets import Origin, Receipt, Warnings
from tenants.changes.deleting import delete, deletion
from tenants.changes.documents import Documents, parents_statement, parts_statements
from tenants.changes.erasure import Identifier, pseudonym, suppressed
from tenants.changes.images import Kept, Parts
from tenants.changes.results import meant_by
from tenants.models import Entity, Source, Tenant

ORDERS = Table(
    "orders_order",
    key={"order_id": 's."OrderId"'},
    sent={"OrderId": "text"},
    columns=[
        Column("customer_id", "CustomerId", bit=0),
        Column("email", "Email", clears=True, bit=1),
        Column("order_date", "OrderDate", "timestamptz", bit=2),
        Column("total_revenue", "TotalRevenue", "numeric(16,4)", bit=3),
        Column("currency", "Currency", bit=4),
        Column("total_quantity", "TotalQuantity", "integer", bit=5),
        Column("unique_quantity", "UniqueQuantity", "integer", bit=6),
        Column("is_order_cancelled", "IsOrderCancelled", "boolean", "false", bit=7),
    ],
)
KEPT = Kept(Entity.ORDERS, Order, "order_id", Parts(OrderItem, "order_id", "line_no"))
REPLACE_LINES = read_sql("orders", "replace_lines")
DOCUMENTS = Documents(
    Entity.ORDERS,
    parents_statement(ORDERS),
    parts_statements(REPLACE_LINES),
    "OrderItems",
    KEPT.images_of_sent('"OrderId" text', 's."OrderId"'),
    parts_statements(REPLACE_LINES, kept=KEPT),
)
DELETE_ORDER = deletion(
    KEPT,
    "DELETE FROM orders_order WHERE tenant_id = %(tenant_id)s AND order_id = %(order_id)s RETURNING id",
    which="t.order_id = %(order_id)s",
)
DELETE_ITEM = deletion(KEPT, read_sql("orders", "delete_item"), which="t.order_id = %(order_id)s", parts=True)
DELETE_ORDERS_BY_ID = deletion(
    KEPT,
    "DELETE FROM orders_order WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]) RETURNING id",
    which="t.id = ANY (%(ids)s::bigint[])",
)
DELETE_ITEMS_BY_ID = deletion(
    KEPT,
    read_sql("orders", "delete_items_by_id"),
    which="t.id IN (SELECT order_id FROM orders_orderitem"
    " WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]))",
    parts=True,
)
ANONYMISED = "A forgotten person: stored as an anonymous sale."


def take_orders(tenant: Tenant, body: bytes, *, origin: Origin) -> Receipt:
    """Store the orders of a body (tenants.entities.Take)."""
    return upsert_orders(tenant, parse(SCHEMA, body).records, origin=origin)


def upsert_orders(tenant: Tenant, records: Records[OrderRecord], *, origin: Origin, results: bool = False) -> Receipt:
    """Store orders as if one after the other, in one transaction; a record's line items replace the stored ones.

    A forgotten person's orders are stored as anonymous sales; the receipt's warnings say which. Its results, where
    asked for, say what each record became.
    """
    suppress = partial(_without_suppressed, tenant, origin.source, records)
    meant = meant_by(records, "OrderId") if results else None
    received = len(records)
    return DOCUMENTS.store(tenant, folded(records), received=received, origin=origin, suppress=suppress, meant=meant)


def folded(records: Records[Any]) -> Records[Any]:
    """Fold records into one an order: later supplied fields win, the last line items are the order's."""
    if records.all_differ("OrderId"):
        return records
    orders: dict[str, dict[str, Any]] = {}
    for record in records:
        if order := orders.get(record["OrderId"]):
            order.update((name, value) for name, value in record.items() if value is not None)
        else:
            orders[record["OrderId"]] = dict(record)
    return RecordList(list(orders.values()))


def _without_suppressed(tenant: Tenant, source: Source, records: Records[OrderRecord]) -> tuple[Records[Any], Warnings]:
    """Make the records of forgotten persons anonymous sales, and warn which they were."""
    forgotten = suppressed(tenant, source, (identifier for record in records for identifier in _identifiers(record)))
    theirs = {i for i, record in enumerate(records) if forgotten & _identifiers(record)}
    kept = [_anonymous(tenant, record) if i in theirs else record for i, record in enumerate(records)]
    return folded(RecordList(kept)), {f"[{i}]": [ANONYMISED] for i in sorted(theirs)}


def _identifiers(record: OrderRecord) -> set[Identifier]:
    return {("CustomerId", record["CustomerId"]), ("Email", record["Email"])}


def _anonymous(tenant: Tenant, record: OrderRecord) -> Mapping[str, Any]:
    return {**record, "CustomerId": pseudonym(tenant, record["CustomerId"]), "Email": ""}


def delete_order(tenant: Tenant, order_id: str, *, origin: Origin) -> Receipt:
    """Delete an order with its line items; nothing happens where there is none."""
    return delete(DELETE_ORDER, tenant, {"order_id": order_id}, origin=origin)


def delete_order_item(tenant: Tenant, order_id: str, *, product_id: str, sku: str, origin: Origin) -> Receipt:
    """Delete every line of an order that has this ProductId and Sku; the order changes, and stays without lines too."""
    return delete(DELETE_ITEM, tenant, {"order_id": order_id, "product_id": product_id, "sku": sku}, origin=origin)


def delete_orders_by_id(tenant: Tenant, ids: Sequence[int], *, origin: Origin) -> Receipt:
    """Delete orders, by hub id, with their line items."""
    return delete(DELETE_ORDERS_BY_ID, tenant, {"ids": list(ids)}, origin=origin, received=len(ids))


def delete_order_items_by_id(tenant: Tenant, ids: Sequence[int], *, origin: Origin) -> Receipt:
    """Delete lines by their own hub ids; their orders change, and stay without lines too."""
    return delete(DELETE_ITEMS_BY_ID, tenant, {"ids": list(ids)}, origin=origin, received=len(ids))
