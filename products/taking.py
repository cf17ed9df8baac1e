"""How product records are taken in again, after a batch left them out."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.records.schemas import Batch, parse
from products.ingest import upsert_products
from products.models import Product
from products.schemas import PRODUCTS, ProductRecord
from products.serializers import GROWING, READING
from tenants.changes.changesets import Origin, Receipt
from tenants.columns import fields_of
from tenants.entities import Taking
from tenants.models import Tenant


def _store(tenant: Tenant, batch: Batch[ProductRecord], origin: Origin) -> Receipt:
    return upsert_products(tenant, batch.records, origin=origin)


def _find(tenant: Tenant, record: Mapping[str, Any]) -> Sequence[Product]:
    product_id = record.get("ProductId")
    if not isinstance(product_id, str) or "\0" in product_id:
        return []
    found = list(Product.objects.filter(tenant_id=tenant.pk, product_id=product_id))
    GROWING.complete(found)
    return found


TAKING = Taking(
    fields=fields_of(ProductRecord),
    identifiers=("ProductId",),
    persons=(),
    parse=lambda tenant, body: parse(PRODUCTS, body),
    store=_store,
    find=_find,
    write=READING.write,
    schema=lambda tenant: PRODUCTS,
    upsert=upsert_products,
)
