"""The head of a product's page: what it is, whether it can be bought, for how much, and what it sold."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from hub.sql.prepared import Row
from products.models import Product, Variant
from tenants.admin.head import BAD, GOOD, WARN, Chip, Fact, Head
from tenants.admin.sections import money, without_zeros


def product_head(product: Product, sales: Sequence[Row], tenant: str) -> Head:
    """Return the head of a product's page; `sales` are those of tenants.links.sales_of_product."""
    variants = list(product.variants.all())
    available = sum(variant.is_available for variant in variants)
    facts = [Fact("Category", " › ".join(product.taxonomy))] if product.taxonomy else []
    facts += [Fact("Variants available", f"{available} of {len(variants)}")]
    facts += [Fact("Price", price)] if (price := prices_of(variants)) else []
    facts += [Fact("Sold", sold)] if (sold := _sold(sales)) else []
    chips = [Chip("Available", GOOD) if available else Chip("Not available", BAD)]
    chips += [Chip("Offline exclusive")] if product.is_offline_exclusive else []
    chips += [Chip("Sandbox", WARN)] if product.tenant.is_sandbox else []
    identifiers = [("Product ID", product.product_id), ("Hub id", str(product.pk))]
    return Head(str(product), identifiers, tenant, chips, facts)


def prices_of(variants: Sequence[Variant]) -> str:
    """Write from what to what variants cost, in each currency; what is on sale at that price."""
    prices = sorted((variant.currency, _price(variant)) for variant in variants)
    ranges = []
    for currency, group in groupby(prices, key=lambda price: price[0]):
        own = [amount for _, amount in group]
        low = "" if own[0] == own[-1] else f"{without_zeros(own[0], ',.4f')} – "
        ranges.append(f"{low}{money(own[-1], currency)}")
    return ", ".join(ranges)


def _price(variant: Variant) -> Decimal:
    return variant.original_price if variant.sale_price is None else variant.sale_price


def _sold(sales: Sequence[Row]) -> str:
    """Write what was sold and not cancelled, in each currency."""
    return ", ".join(
        f"{quantity:,} for {money(revenue, currency)}"
        for currency, cancelled, _, quantity, revenue in sales
        if not cancelled
    )
