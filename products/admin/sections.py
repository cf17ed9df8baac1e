"""What a product's page shows below its fields: its variants, and what it sold."""

from collections.abc import Sequence

from hub.sql.prepared import Row
from products.models import Product, Variant
from tenants.admin.sections import Section, money, yes_or_no

MOST_VARIANTS = 200
MOST_SALES = 10_000


def product_sections(product: Product, sales: Sequence[Row]) -> list[Section]:
    """Return the sections of a product's page; `sales` are those of tenants.links.sales_of_product."""
    return [_variants(product), _sales(sales)]


def _variants(product: Product) -> Section:
    variants = list(product.variants.all()[: MOST_VARIANTS + 1])
    shown = variants[:MOST_VARIANTS]
    return Section(
        "Variants",
        ("Variant ID", "SKU", "Name", "Details", "Price", "Sale price", "Stock", "Available"),
        [_variant(variant) for variant in shown],
        empty="This product has no variants.",
        note=f"The first {MOST_VARIANTS}." if len(variants) > MOST_VARIANTS else "",
        parts=[variant.pk for variant in shown],
    )


def _variant(variant: Variant) -> list[object]:
    return [
        variant.variant_id,
        variant.sku,
        variant.name,
        ", ".join(filter(None, [variant.size, variant.brand_name, variant.language])) or None,
        money(variant.original_price, variant.currency),
        None if variant.sale_price is None else money(variant.sale_price, variant.currency),
        variant.stock,
        yes_or_no(variant.is_available),
    ]


def _sales(sales: Sequence[Row]) -> Section:
    lines = sum(row[2] for row in sales)
    rows = [
        [currency, "Cancelled" if cancelled else "Sold", f"{count:,}", f"{quantity:,}", money(revenue, currency)]
        for currency, cancelled, count, quantity, revenue in sales
    ]
    return Section(
        "Sales",
        ("Currency", "", "Order lines", "Quantity", "Revenue"),
        rows,
        empty="No order line names this product.",
        note=f"From {MOST_SALES:,} of its order lines; there are more." if lines == MOST_SALES else "",
    )
