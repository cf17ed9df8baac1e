"""What an order's page shows below its fields: its lines with the products they resolve to, and its customer."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hub.sql.prepared import Row
from orders.models import Order, OrderItem
from tenants.admin.sections import Section, money, record_link
from tenants.changes.erasure import ERASED
from tenants.links import customers_of_order, products_of_skus

MOST_LINES = 200
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
    products = products_of_skus(order.tenant, [line.sku for line in shown])
    return Section(
        "Lines",
        ("Line", "Product ID", "SKU", "Quantity", "Price", "Details", "Product"),
        [_line(line, order.currency, products.get(line.sku, [])) for line in shown],
        empty="This order has no lines left.",
        note=f"The first {MOST_LINES}. {SENT_AGAIN}" if len(lines) > MOST_LINES else SENT_AGAIN,
        parts=[line.pk for line in shown],
    )


def _line(line: OrderItem, currency: str, products: Sequence[Row]) -> Sequence[object]:
    details = [line.size, line.color, line.brand, "gift" if line.is_gift else None]
    return [
        line.line_no,
        line.product_id,
        line.sku,
        line.quantity,
        money(line.price, currency),
        ", ".join(filter(None, details)) or None,
        _resolved(products),
    ]


def _resolved(products: Sequence[Row]) -> SafeString:
    if not products:
        return format_html('<span class="text-red-600 dark:text-red-500">{}</span>', "No variant has this SKU")
    links = ((record_link("products_product", pk, name), variant) for pk, name, variant in products)
    return format_html_join(", ", "{} <bdi>({})</bdi>", links)
