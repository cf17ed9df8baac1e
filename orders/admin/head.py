"""The head of an order's page: what it is, whose, whether it stands, and what it comes to."""

from orders.models import Order
from tenants.admin.head import BAD, GOOD, WARN, Chip, Fact, Head
from tenants.admin.sections import moment, money, record_link
from tenants.changes.erasure import ERASED
from tenants.links import customers_of_order


def order_head(order: Order, tenant: str) -> Head:
    """Return the head of an order's page."""
    named = [("Order ID", order.order_id), ("Customer ID", order.customer_id), ("E-mail", order.email or "")]
    identifiers = [(label, value) for label, value in [*named, ("Hub id", str(order.pk))] if value]
    status = Chip("Cancelled", BAD) if order.is_order_cancelled else Chip("Placed", GOOD)
    buyer, chips = _buyer(order)
    facts = [
        Fact("Total", money(order.total_revenue, order.currency)),
        Fact("Date", moment(order.order_date)),
        buyer,
        *([] if order.total_quantity is None else [Fact("Pieces", f"{order.total_quantity:,}")]),
    ]
    sandbox = [Chip("Sandbox", WARN)] if order.tenant.is_sandbox else []
    return Head(order.order_id, identifiers, tenant, [status, *chips, *sandbox], facts)


def _buyer(order: Order) -> tuple[Fact, list[Chip]]:
    """Return who bought, and what is to be known of that."""
    if order.customer_id.startswith(ERASED):
        return Fact("Customer", "anonymous: erased"), []
    found = customers_of_order(order.tenant, order.customer_id, order.email)
    if not found:
        return Fact("Customer", "unknown"), [Chip("No such customer", WARN)]
    pk, name, surname, customer_id, email = found[0]
    shown = " ".join(filter(None, [name, surname])) or customer_id or email
    more = f"and {len(found) - 1} more" if len(found) > 1 else ""
    return Fact("Customer", record_link("customers_customer", pk, shown), more), []
