"""Writing products: the product by ProductId, its variants merged by VariantId, and the deletes."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import orjson
from django.db import transaction

from hub.sql.execute import execute
from hub.sql.files import read_sql
from hub.sql.upsert import Column, Table, recordset, upsert_statement
from products.schemas import ProductRecord
from tenants.changes.changesets import Changes, Origin, Receipt, parameters, write
from tenants.changes.documents import UNLESS_RECALLED, Heads, heads_statement, parts_statement, store_parts
from tenants.models import Entity, Operation, Tenant

PRODUCTS = Table(
    "products_product",
    source=UNLESS_RECALLED,
    key={"product_id": 's."ProductId"'},
    sent={"ProductId": "text"},
    columns=[
        Column("product_name", "ProductName", bit=0),
        Column("taxonomy", "Taxonomy", "text[]", "'{}'", bit=1),
        Column("is_offline_exclusive", "IsOfflineExclusive", "boolean", "false", bit=2),
    ],
)
VARIANTS = Table(
    "products_variant",
    rows="sent",
    source='JOIN parents p ON p.product_id = s."ProductId"',
    key={"product_id": "p.id", "variant_id": 's."VariantId"'},
    sent={"ProductId": "text", "VariantId": "text"},
    insert_only={"position": "p.last + s.place"},
    columns=[
        Column("sku", "Sku", bit=0),
        Column("name", "Name", bit=1),
        Column("original_price", "OriginalPrice", "numeric(16,4)", bit=2),
        Column("currency", "Currency", bit=3),
        Column("is_available", "IsAvailable", "boolean", bit=4),
        Column("image", "Image", clears=True, bit=5),
        Column("size", "Size", clears=True, bit=6),
        Column("stock", "Stock", "integer", bit=7),
        Column("sale_price", "SalePrice", "numeric(16,4)", bit=8),
        Column("language", "Language", clears=True, bit=9),
        Column("brand_name", "BrandName", clears=True, bit=10),
    ],
    returning="t.product_id",
)
HEADS = heads_statement(PRODUCTS)
MERGE_VARIANTS = read_sql("products", "merge_variants").format(
    recordset=recordset(VARIANTS), upsert=upsert_statement(VARIANTS)
)
PARTS = parts_statement(MERGE_VARIANTS)
DELETE_PRODUCT = (
    "DELETE FROM products_product WHERE tenant_id = %(tenant_id)s AND product_id = %(product_id)s RETURNING id"
)
DELETE_VARIANT = read_sql("products", "delete_variant")
DELETE_PRODUCTS_BY_ID = (
    "DELETE FROM products_product WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]) RETURNING id"
)
DELETE_VARIANTS_BY_ID = read_sql("products", "delete_variants_by_id")

Row = dict[str, Any]
Key = TypeVar("Key")


def upsert_products(tenant: Tenant, records: Sequence[ProductRecord], *, origin: Origin) -> Receipt:
    """Store products as if one after the other, in one transaction; variants that a record leaves out stay."""
    products, variants = fold(records)
    told = parameters(tenant, Entity.PRODUCTS, Operation.UPSERT, origin)
    with transaction.atomic():
        rows = execute(HEADS, {**told, "records": _json(products), "recalled": True}).fetchall()
        parts = {**told, "records": _json(variants)}
        return store_parts(PARTS, parts, Heads(*rows[0]), received=len(records), distinct=len(products))


def fold(records: Iterable[ProductRecord]) -> tuple[list[Row], list[Row]]:
    """Fold records into one row a product and one a variant: later supplied fields win."""
    products: dict[str, Row] = {}
    variants: dict[tuple[str, str], Row] = {}
    for record in records:
        product_id = record["ProductId"]
        product: Row = dict(record)
        for variant in product.pop("ProductVariants"):
            _merge(variants, (product_id, variant["VariantId"]), {**variant, "ProductId": product_id})
        _merge(products, product_id, product)
    return list(products.values()), list(variants.values())


def _merge(rows: dict[Key, Row], key: Key, row: Row) -> None:
    if stored := rows.get(key):
        stored.update((name, value) for name, value in row.items() if value is not None)
    else:
        rows[key] = row


def _json(rows: Sequence[Row]) -> str:
    return orjson.dumps(rows).decode()


def delete_product(tenant: Tenant, product_id: str, *, origin: Origin) -> Changes:
    """Delete a product with its variants; order lines stay as they are, and nothing happens where there is none."""
    with write(tenant, Entity.PRODUCTS, Operation.DELETE, origin, exclusive=True) as opened:
        rows = execute(DELETE_PRODUCT, {"tenant_id": tenant.pk, "product_id": product_id}).fetchall()
        opened.changes.received = 1
        opened.changes.deleted = [row[0] for row in rows]
    return opened.changes


def delete_variant(tenant: Tenant, product_id: str, variant_id: str, *, origin: Origin) -> Changes:
    """Delete a variant of a product; the product changes, and stays without variants too."""
    with write(tenant, Entity.PRODUCTS, Operation.DELETE, origin, exclusive=True) as opened:
        parameters = {"tenant_id": tenant.pk, "product_id": product_id, "variant_id": variant_id}
        rows = execute(DELETE_VARIANT, {**parameters, "now": opened.now}).fetchall()
        opened.changes.received = 1
        opened.changes.updated = [row[0] for row in rows]
    return opened.changes


def delete_products_by_id(tenant: Tenant, ids: Sequence[int], *, origin: Origin) -> Changes:
    """Delete products, by hub id, with their variants; order lines stay as they are."""
    with write(tenant, Entity.PRODUCTS, Operation.DELETE, origin, exclusive=True) as opened:
        rows = execute(DELETE_PRODUCTS_BY_ID, {"tenant_id": tenant.pk, "ids": list(ids)}).fetchall()
        opened.changes.received = len(ids)
        opened.changes.deleted = [row[0] for row in rows]
    return opened.changes


def delete_variants_by_id(tenant: Tenant, ids: Sequence[int], *, origin: Origin) -> Changes:
    """Delete variants by their own hub ids; their products change, and stay without variants too."""
    with write(tenant, Entity.PRODUCTS, Operation.DELETE, origin, exclusive=True) as opened:
        parameters = {"tenant_id": tenant.pk, "ids": list(ids), "now": opened.now}
        rows = execute(DELETE_VARIANTS_BY_ID, parameters).fetchall()
        opened.changes.received = len(ids)
        opened.changes.updated = [row[0] for row in rows]
    return opened.changes
