"""Writing orders: the header by OrderId, its line items replaced, and the deletes."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from hub.database import execute
from hub.sql import read_sql
from hub.upsert import Column, Table, upsert_statement
from orders.schemas import OrderRecord
from tenants.changesets import Changes, Origin, Write, write
from tenants.erasure import Identifier, pseudonym, recall
from tenants.models import Entity, Operation, Tenant

ORDERS = Table(
    "orders_order",
    key={"order_id": 's."OrderId"'},
    sent={"OrderId": "text"},
    columns=[
        Column("customer_id", "CustomerId"),
        Column("email", "Email", clears=True),
        Column("order_date", "OrderDate", "timestamptz"),
        Column("total_revenue", "TotalRevenue", "numeric(14,4)"),
        Column("currency", "Currency"),
        Column("total_quantity", "TotalQuantity", "integer"),
        Column("unique_quantity", "UniqueQuantity", "integer"),
        Column("is_order_cancelled", "IsOrderCancelled", "boolean", "false"),
    ],
)
UPSERT = upsert_statement(ORDERS)
REPLACE_LINES = read_sql(__file__, "replace_lines")
DELETE_ORDER = "DELETE FROM orders_order WHERE tenant_id = %(tenant_id)s AND order_id = %(order_id)s RETURNING id"
DELETE_ITEM = read_sql(__file__, "delete_item")
ANONYMISED = "A forgotten person: stored as an anonymous sale."

Row = dict[str, Any]


def upsert_orders(tenant: Tenant, records: Sequence[OrderRecord], *, origin: Origin) -> Changes:
    """Store orders as if one after the other, in one transaction; a record's line items replace the stored ones.

    A forgotten person's orders are stored as anonymous sales.
    """
    with write(tenant, Entity.ORDERS, Operation.UPSERT, origin, exclusive=False) as opened:
        orders = fold(_anonymised(opened, tenant, records))
        document = orjson.dumps(list(orders.values())).decode()
        parameters = {"tenant_id": opened.tenant_id, "records": document, "now": opened.now}
        headers = execute(UPSERT, parameters).fetchall()
        touched = execute(REPLACE_LINES, parameters).fetchall()
        changes = opened.changes
        changes.received = len(records)
        changes.created = [hub_id for hub_id, is_new in headers if is_new]
        changes.updated = [hub_id for hub_id, is_new in headers if not is_new] + [row[0] for row in touched]
        changes.unchanged = len(orders) - len(changes.created) - len(changes.updated)
    return changes


def _anonymised(opened: Write, tenant: Tenant, records: Sequence[OrderRecord]) -> Sequence[Mapping[str, Any]]:
    """Make the records of forgotten persons anonymous sales, and say which they were."""
    gone = recall(opened, tenant, (identifier for record in records for identifier in _identifiers(record)))
    if not gone:
        return records
    theirs = {i: None for i, record in enumerate(records) if gone & _identifiers(record)}
    opened.changes.warnings.update((f"[{i}]", [ANONYMISED]) for i in theirs)
    return [_anonymous(tenant, record) if i in theirs else record for i, record in enumerate(records)]


def _identifiers(record: OrderRecord) -> set[Identifier]:
    return {("CustomerId", record["CustomerId"]), ("Email", record["Email"])}


def _anonymous(tenant: Tenant, record: OrderRecord) -> Row:
    return {**record, "CustomerId": pseudonym(tenant, record["CustomerId"]), "Email": ""}


def fold(records: Sequence[Mapping[str, Any]]) -> dict[str, Row]:
    """Fold records into one an order: later supplied fields win, the last line items are the order's."""
    folded: dict[str, Row] = {}
    for record in records:
        stored = folded.setdefault(record["OrderId"], {})
        stored.update((name, value) for name, value in record.items() if value is not None)
    return folded


def delete_order(tenant: Tenant, order_id: str, *, origin: Origin) -> Changes:
    """Delete an order with its line items; nothing happens where there is none."""
    with write(tenant, Entity.ORDERS, Operation.DELETE, origin, exclusive=True) as opened:
        rows = execute(DELETE_ORDER, {"tenant_id": tenant.pk, "order_id": order_id}).fetchall()
        opened.changes.received = 1
        opened.changes.deleted = [row[0] for row in rows]
    return opened.changes


def delete_order_item(tenant: Tenant, order_id: str, *, product_id: str, sku: str, origin: Origin) -> Changes:
    """Delete every line of an order that has this ProductId and Sku; the order changes, and stays without lines too."""
    with write(tenant, Entity.ORDERS, Operation.DELETE, origin, exclusive=True) as opened:
        parameters = {"tenant_id": tenant.pk, "order_id": order_id, "product_id": product_id, "sku": sku}
        rows = execute(DELETE_ITEM, {**parameters, "now": opened.now}).fetchall()
        opened.changes.received = 1
        opened.changes.updated = [row[0] for row in rows]
    return opened.changes
