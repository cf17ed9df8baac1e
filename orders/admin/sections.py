"""What an order's page shows below its fields: its lines with the products they resolve to, and its customer."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from hub.sql.prepared import Row
from orders.models import Order, OrderItem
from tenants.admin.sections import Section, money, record_link
from tenants.changes.erasure import ERASED
from tenants.links import customers_of_order, products_of_skus
from tenants.models import Tenant

MOST_LINES = 200
UNKNOWN_SKU = "Ask the partner to send the product with this very SKU: the line finds it by itself then."
SENT_AGAIN = "To correct a line or an amount, the partner sends the order again: “Correct…” has the body to copy."


def order_sections(order: Order) -> list[Section]:
    """Return the sections of an order's page."""
    return [_lines(order), _customers(order)]


def _customers(order: Order) -> Section:
    rows = [
        [
            record_link("customers_customer", pk, " ".join(filter(None, [name, surname])) or customer_id or email),
            customer_id,
            email,
        ]
        for pk, name, surname, customer_id, email in customers_of_order(order.tenant, order.customer_id, order.email)
    ]
    erased = order.customer_id.startswith(ERASED)
    return Section(
        "Customer",
        ("Customer", "Customer ID", "E-mail"),
        rows,
        empty="An anonymous sale: the person was erased." if erased else "No customer has these identifiers.",
    )


def _lines(order: Order) -> Section:
    lines = list(order.items.all()[: MOST_LINES + 1])
    shown = lines[:MOST_LINES]
    many = f"{len(shown):,} line{'' if len(shown) == 1 else 's'}" if shown else "Lines"
    products = products_of_skus(order.tenant, [line.sku for line in shown])
    return Section(
        many,
        ("Line", "Product ID", "SKU", "Quantity", "Price", "Details", "Product"),
        [_line(line, order, products.get(line.sku, [])) for line in shown],
        empty="This order has no lines left.",
        note=f"The first {MOST_LINES}. {SENT_AGAIN}" if len(lines) > MOST_LINES else SENT_AGAIN,
        parts=[line.pk for line in shown],
    )


def _line(line: OrderItem, order: Order, products: Sequence[Row]) -> Sequence[object]:
    details = [line.size, line.color, line.brand, "gift" if line.is_gift else None]
    return [
        line.line_no,
        line.product_id,
        line.sku,
        line.quantity,
        money(line.price, order.currency),
        ", ".join(filter(None, details)) or None,
        _resolved(order.tenant, products),
    ]


def _resolved(tenant: Tenant, products: Sequence[Row]) -> SafeString:
    if not products:
        url = f"{reverse('admin:orders_order_unknown_skus')}?{urlencode({'tenant': tenant.slug})}"
        return format_html(
            '<a class="text-red-600 underline dark:text-red-500" href="{}">{}</a> <span class="record-help">{}</span>',
            url,
            "No variant has this SKU",
            UNKNOWN_SKU,
        )
    links = ((record_link("products_product", pk, name), variant) for pk, name, variant in products)
    return format_html_join(", ", "{} <bdi>({})</bdi>", links)
