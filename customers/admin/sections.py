"""What stands beside a customer's opt-ins: the latest orders."""

from django.urls import reverse

from customers.admin.head import Totals
from customers.admin.timeline import latest_orders
from customers.models import Customer
from tenants.admin.sections import Section, moment, money, record_link

LATEST = 6  # orders; as many as stand beside six switches


def orders_section(customer: Customer, totals: Totals) -> Section:
    """Return a customer's latest orders, with what all of them come to."""
    rows = [
        [
            record_link("orders_order", pk, order_id),
            moment(order_date),
            money(revenue, currency),
            "Cancelled" if cancelled else "",
        ]
        for pk, order_id, order_date, revenue, currency, cancelled in latest_orders(customer)[:LATEST]
    ]
    cancelled = totals.cancelled
    return Section(
        totals.title,
        ("Order", "Date", "Revenue", ""),
        rows,
        empty="No order names this customer.",
        note=f"Cancelled: {cancelled.text}." if cancelled.orders and not totals.more else "",
        url=f"{reverse('admin:orders_order_changelist')}?customer={customer.pk}",
        url_text="All orders",
    )
