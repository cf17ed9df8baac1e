"""How long each page of the admin takes with 1,000,000 customers and 3,000,000 order lines.

    python -m benchmarks.admin            loads var/benchmark-admin the first time (two to three minutes), then measures
    python -m benchmarks.admin --reload   loads it again

Each page is asked for five times through Django's test client, middleware, session and templates included; the table
has the fastest and the slowest answer in milliseconds.
"""

import atexit
import os
import sys
import time
from pathlib import Path

HOME = Path("var/benchmark-admin")
os.environ["HUB_DATA"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
os.environ["LOG_LEVEL"] = "ERROR"

import django  # noqa: E402

from hub.postgres.server import EmbeddedServer  # noqa: E402

SERVER = EmbeddedServer(HOME)
SERVER.start()
atexit.register(SERVER.stop)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from customers.models import Customer  # noqa: E402
from tenants.models import Changeset, Membership, Role  # noqa: E402

ROUNDS = 5
BUDGET_MS = 200
BIG, SMALL, TINY = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 4, 5))
CUSTOMERS, ORDERS, PRODUCTS = "/admin/customers/customer/", "/admin/orders/order/", "/admin/products/product/"
CHANGES, LEDGER = "/admin/tenants/changeset/", "/admin/tenants/consentchange/"

PAGES = {
    "customers": CUSTOMERS,
    "customers, 500,000 further back": f"{CUSTOMERS}?p=500000",
    "customers of the biggest tenant": f"{CUSTOMERS}?tenant={BIG}",
    "customers of the tiny tenant": f"{CUSTOMERS}?tenant={TINY}",
    "customer id, exact": f"{CUSTOMERS}?q=C-777777",
    "customer id, begins (all of them do)": f"{CUSTOMERS}?q=C-",
    "customer id, begins (the oldest)": f"{CUSTOMERS}?q=C-10",
    "customer e-mail, any case": f"{CUSTOMERS}?q=PERSON777777@Example.com",
    "customer e-mail, begins": f"{CUSTOMERS}?q=person77",
    "customer hub id": f"{CUSTOMERS}?q=777777",
    "customer, no match": f"{CUSTOMERS}?q=nobody",
    "customers with e-mail opt-in": f"{CUSTOMERS}?email_optin=yes",
    "customers, SMS never given (none)": f"{CUSTOMERS}?sms_optin=never",
    "customers excluded (0.1 %)": f"{CUSTOMERS}?is_excluded=yes",
    "customers excluded, one tenant (none)": f"{CUSTOMERS}?is_excluded=yes&tenant={SMALL}",
    "customers, language tr": f"{CUSTOMERS}?language=tr",
    "customers, a language nobody has": f"{CUSTOMERS}?language=xx",
    "customers, created last year": f"{CUSTOMERS}?created_at_to=2026-01-31",
    "customers, created and language": f"{CUSTOMERS}?created_at_to=2026-01-31&language=ar",
    "orders": ORDERS,
    "order id, exact": f"{ORDERS}?q=O-777777",
    "order id, begins": f"{ORDERS}?q=O-7",
    "orders by e-mail": f"{ORDERS}?q=person777777@example.com",
    "orders by SKU": f"{ORDERS}?q=S-5000-1",
    "orders cancelled": f"{ORDERS}?is_order_cancelled=yes",
    "orders in a currency nobody uses": f"{ORDERS}?currency=GBP",
    "orders of a week": f"{ORDERS}?order_date_from=2026-03-01&order_date_to=2026-03-07",
    "orders of one customer": f"{ORDERS}?customer=777777",
    "products": PRODUCTS,
    "product by SKU": f"{PRODUCTS}?q=S-5000-1",
    "products by variant id": f"{PRODUCTS}?q=V1",
    "products not available (none)": f"{PRODUCTS}?available=no",
    "products out of stock": f"{PRODUCTS}?available=out",
    "changes": CHANGES,
    "changes of one record": f"{CHANGES}?record=customers:777777",
    "changes by staff (none)": f"{CHANGES}?source=admin",
    "changes, created": f"{CHANGES}?created_at_to=2026-01-31",
    "consent ledger": LEDGER,
    "consent ledger of one customer": f"{LEDGER}?q=C-777776",
    "consent ledger by hub id": f"{LEDGER}?customer=777776",
    "a customer": f"{CUSTOMERS}777777/change/",
    "erasing a customer: the question": f"{CUSTOMERS}777777/delete/",
    "an order": f"{ORDERS}777777/change/",
    "a product": f"{PRODUCTS}5000/change/",
}


def loaded() -> bool:
    """Tell whether the rows are there."""
    return Customer.objects.filter(pk=1_000_000).exists()


def load() -> None:
    """Fill the database, and analyse it as autovacuum would."""
    print("loading …", flush=True)
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute((Path(__file__).parent / "admin_rows.sql").read_text())
        cursor.execute("VACUUM ANALYZE")
    print(f"loaded in {time.perf_counter() - start:.0f} s", flush=True)


def clients() -> dict[str, Client]:
    """Return the browsers that are measured: a superuser's, and that of a member of two tenants."""
    root, _ = User.objects.get_or_create(username="bench-root", is_staff=True, is_superuser=True)
    user, _ = User.objects.get_or_create(username="bench-member", is_staff=True)
    for tenant_id in (BIG, TINY):
        Membership.objects.get_or_create(user=user, tenant_id=tenant_id, role=Role.STAFF)
    found = {"superuser": Client(), "member": Client()}
    found["superuser"].force_login(root)
    found["member"].force_login(user)
    return found


def milliseconds(client: Client, url: str) -> list[float]:
    """Return how long each of some requests took, fastest first."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        response = client.get(url, headers={"host": "localhost"})
        times.append((time.perf_counter() - start) * 1000)
        assert response.status_code in (200, 404), (url, response.status_code)
    return sorted(times)


def main() -> None:
    """Load where needed, then print a row for each page."""
    call_command("migrate", verbosity=0)
    if "--reload" in sys.argv or not loaded():
        load()
    browsers = clients()
    newest = Changeset.objects.latest("pk").pk
    pages = {**PAGES, "a changeset": f"{CHANGES}{newest}/change/"}
    print(f"| page | {' | '.join(f'{who}: fastest, slowest (ms)' for who in browsers)} |")
    print(f"|---|{'---|' * len(browsers)}")
    for name, url in pages.items():
        taken = [milliseconds(client, url) for client in browsers.values()]
        over = " **over**" if max(times[0] for times in taken) > BUDGET_MS else ""
        print(f"| {name}{over} | {' | '.join(f'{times[0]:.0f}, {times[-1]:.0f}' for times in taken)} |", flush=True)


if __name__ == "__main__":
    main()
