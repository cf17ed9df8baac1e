"""Writing orders: the header by OrderId, its line items replaced, and the deletes."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from hub.database import execute
from hub.sql import read_sql
from hub.upsert import Column, Table, upsert_statement
from orders.schemas import OrderRecord
from tenants.changesets import Changes, Origin, write
from tenants.models import Entity, Operation, Tenant

ORDERS = Table(
    "orders_order",
    key={"order_id": 's."OrderId"'},
    sent={"OrderId": "text"},
    columns=[
        Column("customer_id", "CustomerId"),
        Column("email", "Email"),
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
DELETE_ORDERS_BY_ID = (
    "DELETE FROM orders_order WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]) RETURNING id"
)
DELETE_ITEMS_BY_ID = read_sql(__file__, "delete_items_by_id")

Row = dict[str, Any]


def upsert_orders(tenant: Tenant, records: Sequence[OrderRecord], *, origin: Origin) -> Changes:
    """Store orders as if one after the other, in one transaction; a record's line items replace the stored ones."""
    orders = fold(records)
    with write(tenant, Entity.ORDERS, Operation.UPSERT, origin, exclusive=False) as opened:
        parameters = {"tenant_id": opened.tenant_id, "now": opened.now}
        headers = execute(UPSERT, {**parameters, "records": _json(_headers(orders))}).fetchall()
        touched = execute(REPLACE_LINES, {**parameters, "lines": _json(_lines(orders))}).fetchall()
        changes = opened.changes
        changes.received = len(records)
        changes.created = [hub_id for hub_id, is_new in headers if is_new]
        changes.updated = [hub_id for hub_id, is_new in headers if not is_new] + [row[0] for row in touched]
        changes.unchanged = len(orders) - len(changes.created) - len(changes.updated)
    return changes


def fold(records: Sequence[OrderRecord]) -> dict[str, Row]:
    """Fold records into one an order: later supplied fields win, the last line items are the order's."""
    folded: dict[str, Row] = {}
    for record in records:
        stored = folded.setdefault(record["OrderId"], {})
        stored.update((name, value) for name, value in record.items() if value is not None)
    return folded


def _headers(orders: Mapping[str, Row]) -> list[Row]:
    return [{name: value for name, value in order.items() if name != "OrderItems"} for order in orders.values()]


def _lines(orders: Mapping[str, Row]) -> list[Row]:
    return [
        {**item, "OrderId": order_id, "line_no": line_no}
        for order_id, order in orders.items()
        for line_no, item in enumerate(order["OrderItems"], start=1)
    ]


def _json(rows: Sequence[Row]) -> str:
    return orjson.dumps(rows).decode()


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


def delete_orders_by_id(tenant: Tenant, ids: Sequence[int], *, origin: Origin) -> Changes:
    """Delete orders, by hub id, with their line items."""
    with write(tenant, Entity.ORDERS, Operation.DELETE, origin, exclusive=True) as opened:
        rows = execute(DELETE_ORDERS_BY_ID, {"tenant_id": tenant.pk, "ids": list(ids)}).fetchall()
        opened.changes.received = len(ids)
        opened.changes.deleted = [row[0] for row in rows]
    return opened.changes


def delete_order_items_by_id(tenant: Tenant, ids: Sequence[int], *, origin: Origin) -> Changes:
    """Delete lines by their own hub ids; their orders change, and stay without lines too."""
    with write(tenant, Entity.ORDERS, Operation.DELETE, origin, exclusive=True) as opened:
        parameters = {"tenant_id": tenant.pk, "ids": list(ids), "now": opened.now}
        rows = execute(DELETE_ITEMS_BY_ID, parameters).fetchall()
        opened.changes.received = len(ids)
        opened.changes.updated = [row[0] for row in rows]
    return opened.changes
