"""The addresses of the admin's pages that `benchmarks.admin` measures, by what they are; records are of the middle."""

from urllib.parse import urlencode

from benchmarks.shops import BIG, SMALL, TINY  # first: it sets Django up
from customers.models import Customer
from tenants.models import Changeset

CUSTOMERS, ORDERS, PRODUCTS = "/admin/customers/customer/", "/admin/orders/order/", "/admin/products/product/"
CHANGES, LEDGER = "/admin/tenants/changeset/", "/admin/tenants/consentchange/"


def pages(rows: int) -> dict[str, str]:
    """Return every kind of page; persons are named in the middle of all rows."""
    one = rows * 7 // 10 // 20 * 20 + 1  # of the biggest tenant
    person = Customer.objects.get(pk=one)
    return {
        **overviews(),
        **lists_of_customers(rows),
        **searches_for_customers(person),
        **palettes(person),
        **pages_of_a_customer(one),
        **orders(rows, person),
        **products(rows),
        **histories(one),
    }


def overviews() -> dict[str, str]:
    """Return the pages that tell how a hub and its tenants are."""
    return {
        "home": "/admin/",
        "home of one tenant": "/admin/?tenant=shop-1",
        "duplicates": "/admin/customers/duplicate/",
        "system": "/admin/system/",
    }


def lists_of_customers(rows: int) -> dict[str, str]:
    """Return lists of customers, by filter."""
    return {
        "customers": CUSTOMERS,
        "customers, half of them further back": f"{CUSTOMERS}?p={rows // 2}",
        "customers of the biggest tenant": f"{CUSTOMERS}?tenant={BIG}",
        "customers of the tiny tenant": f"{CUSTOMERS}?tenant={TINY}",
        "customers of the biggest tenant, by CustomerId": f"{CUSTOMERS}?tenant={BIG}&o=2",
        "customers with e-mail opt-in": f"{CUSTOMERS}?email_optin=yes",
        "customers, SMS never given (none)": f"{CUSTOMERS}?sms_optin=never",
        "customers excluded (0.1 %)": f"{CUSTOMERS}?is_excluded=yes",
        "customers excluded, one tenant (none)": f"{CUSTOMERS}?is_excluded=yes&tenant={SMALL}",
        "customers, language tr": f"{CUSTOMERS}?language=tr",
        "customers, a language nobody has": f"{CUSTOMERS}?language=xx",
        "customers, created last year": f"{CUSTOMERS}?created_at_to=2026-01-31",
    }


def searches_for_customers(person: Customer) -> dict[str, str]:
    """Return what staff type to find a customer, and what costs most."""
    asked = {
        "customer id, exact": f"{person.customer_id}",
        "customer id, begins (all of them do)": "C-",
        "customer e-mail, any case": str(person.email).upper(),
        "customer by name and surname": f"{person.name} {person.surname}",
        "customer by a part of the surname": str(person.surname)[1:],
        "customer by two letters": "an",
        "customer by phone": str(person.phone).replace("+49", "0"),
        "customer by a host": "gmail",
        "customer by an id that nobody has": "C-00000000",
        "customer by the end of an e-mail that nobody has": "@nobody.invalid",
        "customer, no match": "zzyzx",
    }
    return {name: f"{CUSTOMERS}?{urlencode({'q': text})}" for name, text in asked.items()}


def palettes(person: Customer) -> dict[str, str]:
    """Return what Ctrl+K asks."""
    asked = {
        "Ctrl+K, a name": f"{person.name} {person.surname}",
        "Ctrl+K, an e-mail": person.email,
        "Ctrl+K, a phone": person.phone,
        "Ctrl+K, two letters": "an",
        "Ctrl+K, what nobody has": "zzyzx",
    }
    return {name: f"/admin/search/?{urlencode({'part': '', 's': text})}" for name, text in asked.items()}


def pages_of_a_customer(one: int) -> dict[str, str]:
    """Return the page of a customer, and those that its menu leads to."""
    return {
        "a customer": f"{CUSTOMERS}{one}/change/",
        "correcting a customer": f"{CUSTOMERS}{one}/correct/",
        "erasing a customer: the question": f"{CUSTOMERS}{one}/delete/",
        "merging a customer: with whom": f"{CUSTOMERS}{one}/merge/",
        "merging two customers": f"{CUSTOMERS}{one}/merge/?with={one + 20}",
        "everything about a customer": f"{CUSTOMERS}{one}/everything/",
    }


def orders(rows: int, person: Customer) -> dict[str, str]:
    """Return lists of orders, and what belongs to them."""
    one = person.pk
    return {
        "orders": ORDERS,
        "order id, exact": f"{ORDERS}?q=O-{one}",
        "order id, begins": f"{ORDERS}?q=O-7",
        "orders by e-mail": f"{ORDERS}?q={person.email}",
        "orders by SKU": f"{ORDERS}?q=S-{rows // 100}-1",
        "orders cancelled": f"{ORDERS}?is_order_cancelled=yes",
        "orders in a currency nobody uses": f"{ORDERS}?currency=GBP",
        "orders of a week": f"{ORDERS}?order_date_from=2026-03-01&order_date_to=2026-03-07",
        "orders of one customer": f"{ORDERS}?customer={one}",
        "an order": f"{ORDERS}{one}/change/",
        "unknown SKUs": f"{ORDERS}unknown-skus/?tenant=shop-1",
    }


def products(rows: int) -> dict[str, str]:
    """Return lists of products, and one."""
    return {
        "products": PRODUCTS,
        "product by SKU": f"{PRODUCTS}?q=S-{rows // 100}-1",
        "products out of stock": f"{PRODUCTS}?available=out",
        "a product": f"{PRODUCTS}{rows // 100}/change/",
    }


def histories(one: int) -> dict[str, str]:
    """Return the lists of what happened."""
    newest = Changeset.objects.latest("pk").pk
    return {
        "changes": CHANGES,
        "changes of one record": f"{CHANGES}?record=customers:{one}",
        "changes by staff (none)": f"{CHANGES}?source=admin",
        "a changeset": f"{CHANGES}{newest}/change/",
        "consent ledger": LEDGER,
        "consent ledger of one customer": f"{LEDGER}?q=C-{one}",
        "requests": "/admin/tenants/loggedrequest/",
        "quarantine": "/admin/tenants/quarantinedrecord/",
    }
