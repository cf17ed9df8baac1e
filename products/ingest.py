"""Writing products: the product by ProductId, its variants merged by VariantId, and the deletes."""

from collections.abc import Iterable, Sequence
from typing import Any

from hub.records.faults import Fault, failed
from hub.records.records import RecordList, Records
from hub.records.schemas import parse
from hub.sql.files import read_sql
from hub.sql.upsert import Column, Table, sent_columns, upsert_statement
from products.models import Product, Variant
from products.schemas import MOST_VARIANTS, ProductRecord
from products.schemas import PRODUCTS as SCHEMA
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.deleting import delete, deletion
from tenants.changes.documents import Documents, Overfull, parents_statement, parts_statements
from tenants.changes.images import Kept, Parts
from tenants.changes.results import meant_by
from tenants.models import Entity, Tenant

PRODUCTS = Table(
    "products_product",
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
    key={"product_id": "s.product", "variant_id": 's."VariantId"'},
    sent={"VariantId": "text"},
    insert_only={"position": "s.position"},
    rows="sent",
    columns=[
        Column("sku", "Sku", bit=0),
        Column("name", "Name", bit=1),
        Column("image", "Image", clears=True, bit=5),
        Column("size", "Size", clears=True, bit=6),
        Column("stock", "Stock", "integer", bit=7),
        Column("original_price", "OriginalPrice", "numeric(16,4)", bit=2),
        Column("sale_price", "SalePrice", "numeric(16,4)", bit=8),
        Column("currency", "Currency", bit=3),
        Column("is_available", "IsAvailable", "boolean", bit=4),
        Column("language", "Language", clears=True, bit=9),
        Column("brand_name", "BrandName", clears=True, bit=10),
    ],
    returning="t.product_id",
)
MERGE_VARIANTS = read_sql("products", "merge_variants").format(
    sent=sent_columns(VARIANTS), upsert=upsert_statement(VARIANTS), most=MOST_VARIANTS
)
PARTS = "ProductVariants"
KEPT = Kept(Entity.PRODUCTS, Product, "product_id", Parts(Variant, "product_id", "position"))
DOCUMENTS = Documents(
    Entity.PRODUCTS,
    parents_statement(PRODUCTS),
    parts_statements(MERGE_VARIANTS, may_overfill=True),
    PARTS,
    KEPT.images_of_sent('"ProductId" text', 's."ProductId"'),
    parts_statements(MERGE_VARIANTS, may_overfill=True, kept=KEPT),
)
DELETE_PRODUCT = deletion(
    KEPT,
    "DELETE FROM products_product WHERE tenant_id = %(tenant_id)s AND product_id = %(product_id)s RETURNING id",
    which="t.product_id = %(product_id)s",
)
DELETE_VARIANT = deletion(
    KEPT, read_sql("products", "delete_variant"), which="t.product_id = %(product_id)s", parts=True
)
DELETE_PRODUCTS_BY_ID = deletion(
    KEPT,
    "DELETE FROM products_product WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]) RETURNING id",
    which="t.id = ANY (%(ids)s::bigint[])",
)
DELETE_VARIANTS_BY_ID = deletion(
    KEPT,
    read_sql("products", "delete_variants_by_id"),
    which="t.id IN (SELECT product_id FROM products_variant"
    " WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]))",
    parts=True,
)

Row = dict[str, Any]


def take_products(tenant: Tenant, body: bytes, *, origin: Origin) -> Receipt:
    """Store the products of a body (tenants.entities.Take)."""
    return upsert_products(tenant, parse(SCHEMA, body).records, origin=origin)


def upsert_products(
    tenant: Tenant, records: Records[ProductRecord], *, origin: Origin, results: bool = False
) -> Receipt:
    """Store products as if one after the other, in one transaction; variants that a record leaves out stay.

    The receipt's results, where asked for, say what each record became.
    Raises ValidationFailed for new variants of a product that has MOST_VARIANTS with those that are stored.
    """
    meant = meant_by(records, "ProductId") if results else None
    try:
        return DOCUMENTS.store(tenant, folded(records), received=len(records), origin=origin, meant=meant)
    except Overfull as overfull:
        last = {product_id: i for i, product_id in enumerate(records.column("ProductId"))}
        places = sorted(last[product_id] for product_id in overfull.keys)
        bound = f"{MOST_VARIANTS:,} variants"
        raise failed([Fault((i, PARTS), "record_full", limit=bound) for i in places]) from None


def folded(records: Records[Any]) -> Records[Any]:
    """Fold records into one a product, and its variants into one a VariantId: later supplied fields win."""
    if records.all_differ("ProductId") and records.parts_differ("ProductVariants", "VariantId"):
        return records
    variants: dict[str, list[Row]] = {}
    for record in records:
        variants.setdefault(record["ProductId"], []).extend(record["ProductVariants"])
    products = _merged(records, "ProductId")
    return RecordList(
        [{**product, "ProductVariants": _merged(variants[product["ProductId"]], "VariantId")} for product in products]
    )


def _merged(rows: Iterable[Row], key: str) -> list[Row]:
    merged: dict[str, Row] = {}
    for row in rows:
        if known := merged.get(row[key]):
            known.update((name, value) for name, value in row.items() if value is not None)
        else:
            merged[row[key]] = dict(row)
    return list(merged.values())


def delete_product(tenant: Tenant, product_id: str, *, origin: Origin) -> Receipt:
    """Delete a product with its variants; order lines stay as they are, and nothing happens where there is none."""
    return delete(DELETE_PRODUCT, tenant, {"product_id": product_id}, origin=origin)


def delete_variant(tenant: Tenant, product_id: str, variant_id: str, *, origin: Origin) -> Receipt:
    """Delete a variant of a product; the product changes, and stays without variants too."""
    return delete(DELETE_VARIANT, tenant, {"product_id": product_id, "variant_id": variant_id}, origin=origin)


def delete_products_by_id(tenant: Tenant, ids: Sequence[int], *, origin: Origin) -> Receipt:
    """Delete products, by hub id, with their variants; order lines stay as they are."""
    return delete(DELETE_PRODUCTS_BY_ID, tenant, {"ids": list(ids)}, origin=origin, received=len(ids))


def delete_variants_by_id(tenant: Tenant, ids: Sequence[int], *, origin: Origin) -> Receipt:
    """Delete variants by their own hub ids; their products change, and stay without variants too."""
    return delete(DELETE_VARIANTS_BY_ID, tenant, {"ids": list(ids)}, origin=origin, received=len(ids))
