"""Writing orders: the header by OrderId, its line items replaced, and the deletes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import orjson
from django.db import transaction

from hub.records.columns import Records
from hub.sql.execute import execute
from hub.sql.files import read_sql
from hub.sql.upsert import Column, Table
from orders.schemas import OrderRecord
from tenants.changes.changesets import Changes, Origin, Receipt, parameters, write
from tenants.changes.documents import UNLESS_RECALLED, Heads, heads_statement, parts_statement, store_parts
from tenants.changes.erasure import Identifier, pseudonym, recall
from tenants.models import Entity, Operation, Source, Tenant

ORDERS = Table(
    "orders_order",
    source=UNLESS_RECALLED,
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
HEADERS = heads_statement(ORDERS)
REPLACE_LINES = read_sql("orders", "replace_lines")
LINES = parts_statement(REPLACE_LINES)
DELETE_ORDER = "DELETE FROM orders_order WHERE tenant_id = %(tenant_id)s AND order_id = %(order_id)s RETURNING id"
DELETE_ITEM = read_sql("orders", "delete_item")
ANONYMISED = "A forgotten person: stored as an anonymous sale."
DELETE_ORDERS_BY_ID = (
    "DELETE FROM orders_order WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]) RETURNING id"
)
DELETE_ITEMS_BY_ID = read_sql("orders", "delete_items_by_id")

Row = dict[str, Any]


def upsert_orders(tenant: Tenant, records: Sequence[OrderRecord], *, origin: Origin) -> Receipt:
    """Store orders as if one after the other, in one transaction; a record's line items replace the stored ones.

    A forgotten person's orders are stored as anonymous sales.
    """
    told = parameters(tenant, Entity.ORDERS, Operation.UPSERT, origin)
    warnings: dict[str, list[str]] = {}
    with transaction.atomic():
        orders = _folded(records)
        heads = _store_headers(told, orders, recalled=False)
        if heads.recalls:
            known, warnings = _anonymised(tenant, origin.source, records)
            orders = _folded(known)
            heads = _store_headers(told, orders, recalled=True)
        document = {**told, "records": orders.whole}
        receipt = store_parts(LINES, document, heads, received=len(records), distinct=orders.number)
    return replace(receipt, warnings=warnings)


class Folded(NamedTuple):
    """What records are about: how many orders, and those as JSON arrays, with and without their line items."""

    number: int
    whole: str
    headers: str


def _store_headers(told: Mapping[str, object], orders: Folded, *, recalled: bool) -> Heads:
    rows = execute(HEADERS, {**told, "records": orders.headers, "recalled": recalled}).fetchall()
    return Heads(*rows[0])


def _folded(records: Sequence[Mapping[str, Any]]) -> Folded:
    if isinstance(records, Records) and records.all_differ("OrderId"):
        return Folded(len(records), records.json, records.json_without("OrderItems"))
    orders = list(fold(records).values())
    headers = [{**order, "OrderItems": None} for order in orders]
    return Folded(len(orders), _json(orders), _json(headers))


def _json(orders: Sequence[Row]) -> str:
    return orjson.dumps(orders).decode()


def _anonymised(
    tenant: Tenant, source: Source, records: Sequence[OrderRecord]
) -> tuple[list[Mapping[str, Any]], dict[str, list[str]]]:
    """Make the records of forgotten persons anonymous sales, and say which they were."""
    gone = recall(tenant, source, (identifier for record in records for identifier in _identifiers(record)))
    theirs = {i for i, record in enumerate(records) if gone & _identifiers(record)}
    known: list[Mapping[str, Any]] = [
        _anonymous(tenant, record) if i in theirs else record for i, record in enumerate(records)
    ]
    return known, {f"[{i}]": [ANONYMISED] for i in sorted(theirs)}


def _identifiers(record: OrderRecord) -> set[Identifier]:
    return {("CustomerId", record["CustomerId"]), ("Email", record["Email"])}


def _anonymous(tenant: Tenant, record: OrderRecord) -> Row:
    return {**record, "CustomerId": pseudonym(tenant, record["CustomerId"]), "Email": ""}


def fold(records: Sequence[Mapping[str, Any]]) -> dict[str, Row]:
    """Fold records into one an order: later supplied fields win, the last line items are the order's."""
    folded: dict[str, Row] = {}
    for record in records:
        if stored := folded.get(record["OrderId"]):
            stored.update((name, value) for name, value in record.items() if value is not None)
        else:
            folded[record["OrderId"]] = dict(record)
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
