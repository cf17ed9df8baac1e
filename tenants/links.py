"""The links between customers, orders and products: by natural key, looked up when read, never stored."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from hub.sql.execute import execute
from hub.sql.files import read_sql
from hub.sql.prepared import Row
from tenants.changes.changesets import as_array
from tenants.identity import by_priority
from tenants.models import Priority, Tenant

ORDERS_OF_CUSTOMER = by_priority(read_sql("tenants", "orders_of_customer"))
ORDER_TOTALS_OF_CUSTOMER = by_priority(read_sql("tenants", "order_totals_of_customer"))
CUSTOMERS_OF_ORDER = by_priority(read_sql("tenants", "customers_of_order"))
IDENTIFIERS = "SELECT tenant_id, customer_id, email FROM customers_customer WHERE id = %(customer)s"
ORDERS_OF_CUSTOMERS = read_sql("tenants", "orders_of_customers")
PRODUCTS_OF_SKUS = read_sql("tenants", "products_of_skus")
SALES_OF_PRODUCT = read_sql("tenants", "sales_of_product")
LAST = (datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), 2**63 - 1)  # after all there can be


def orders_of_customer(
    tenant: Tenant, customer_id: str | None, email: str | None, most: int, before: tuple[datetime, int] = LAST
) -> list[Row]:
    """Return (hub id, order id, date, revenue, currency, cancelled) of a customer's latest orders.

    `before` is the date and the hub id that they come before.
    """
    earlier = {"earlier": before[0], "earlier_id": before[1]}
    return _by_priority(ORDERS_OF_CUSTOMER, tenant, customer_id, email, most=most, **earlier)


def order_totals_of_customer(tenant: Tenant, customer_id: str | None, email: str | None, most: int) -> list[Row]:
    """Return (currency, cancelled, orders, revenue, first, last) over `most` of a customer's orders at most."""
    return _by_priority(ORDER_TOTALS_OF_CUSTOMER, tenant, customer_id, email, most=most)


def order_ids_of(customer: int, most: int) -> list[int]:
    """Return the hub ids of the latest orders of a customer, by hub id; none where there is no such customer."""
    named = execute(IDENTIFIERS, {"customer": customer}).fetchone()
    if named is None:
        return []
    tenant = Tenant.objects.get(pk=named[0])
    return [order[0] for order in orders_of_customer(tenant, named[1], named[2], most)]


def order_ids_of_customers(tenants: Sequence[UUID], customers: Sequence[int], most: int) -> list[int]:
    """Return the hub ids of orders that name one of some customers of some tenants, by either identifier."""
    named = {"tenants": as_array(tenants), "ids": as_array(customers), "most": most}
    return [row[0] for row in execute(ORDERS_OF_CUSTOMERS, named).fetchall()]


def customers_of_order(tenant: Tenant, customer_id: str | None, email: str | None) -> list[Row]:
    """Return (hub id, name, surname, customer id, e-mail) of the customers an order names."""
    return _by_priority(CUSTOMERS_OF_ORDER, tenant, customer_id, email)


def _by_priority(
    statements: Mapping[Priority, str], tenant: Tenant, customer_id: str | None, email: str | None, **more: object
) -> list[Row]:
    parameters = {"tenant_id": tenant.pk, "customer_id": customer_id, "email": email, **more}
    return execute(statements[Priority(tenant.priority)], parameters).fetchall()


def products_of_skus(tenant: Tenant, skus: Sequence[str]) -> dict[str, list[Row]]:
    """Return (hub id, product's name, variant's name) of the products that have each SKU; none for unknown ones."""
    found: dict[str, list[Row]] = {}
    for sku, *product in execute(PRODUCTS_OF_SKUS, {"tenant_id": tenant.pk, "skus": list(set(skus))}):
        found.setdefault(sku, []).append(tuple(product))
    return found


def sales_of_product(tenant: Tenant, product_id: str, most: int) -> list[Row]:
    """Return (currency, cancelled, lines, quantity, revenue) over the product's first `most` lines."""
    parameters = {"tenant_id": tenant.pk, "product_id": product_id, "most": most}
    return execute(SALES_OF_PRODUCT, parameters).fetchall()
