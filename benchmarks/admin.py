"""How long each page of the admin takes with 1,000,000 customers and 3,000,000 order lines.

    python -m benchmarks.admin            loads var/benchmark-admin the first time (some minutes), then measures
    python -m benchmarks.admin --reload   loads it again
    python -m benchmarks.admin --rows 20000 --results /tmp/admin.md    a trial; the big one writes benchmarks/results

Each page is asked for through Django's test client, middleware, session and templates included: twice to warm it, then
eleven times, or fewer where a page is slow. The table has milliseconds (median and 95th percentile), the number of
queries and the kilobytes that are sent, compressed. The words that customers are searched by are made first, by the
worker's own turns. What takes longer than the budget is marked; it measures for ten minutes at most, and ends.
"""

import atexit
import os
import platform
import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
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
from django.test.utils import CaptureQueriesContext  # noqa: E402

from customers.duplicates import find_duplicates  # noqa: E402
from customers.models import Customer  # noqa: E402
from customers.searching.filling import begin, fill, waiting  # noqa: E402
from tenants.demo.people import ORIGINS  # noqa: E402
from tenants.health import refresh_health  # noqa: E402
from tenants.models import Changeset, Membership, Role, Tenant  # noqa: E402

ROUNDS = 11
BUDGET_MS = 200
MOST_SECONDS = 600  # for measuring, whatever the machine
A_PAGE_SECONDS = 5  # for the rounds of a page
RESULTS = Path("benchmarks/results/admin.md")
BIG, SMALL, TINY = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 4, 5))
CUSTOMERS, ORDERS, PRODUCTS = "/admin/customers/customer/", "/admin/orders/order/", "/admin/products/product/"
CHANGES, LEDGER = "/admin/tenants/changeset/", "/admin/tenants/consentchange/"


def pages(rows: int) -> dict[str, str]:
    """Return the address of every kind of page, by what it is; persons are named in the middle of all rows."""
    one = rows * 7 // 10 // 20 * 20 + 1  # of the biggest tenant
    newest = Changeset.objects.latest("pk").pk
    person = Customer.objects.get(pk=one)
    return {
        "home": "/admin/",
        "home of one tenant": "/admin/?tenant=shop-1",
        "system": "/admin/system/",
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
        "customer id, exact": f"{CUSTOMERS}?q=C-{one}",
        "customer id, begins (all of them do)": f"{CUSTOMERS}?q=C-",
        "customer e-mail, any case": f"{CUSTOMERS}?q={str(person.email).upper()}",
        "customer by name and surname": f"{CUSTOMERS}?q={person.name} {person.surname}",
        "customer by a part of the surname": f"{CUSTOMERS}?q={str(person.surname)[1:]}",
        "customer by phone": f"{CUSTOMERS}?q={person.phone}",
        "customer, no match": f"{CUSTOMERS}?q=zzyzx",
        "a customer": f"{CUSTOMERS}{one}/change/",
        "correcting a customer": f"{CUSTOMERS}{one}/correct/",
        "erasing a customer: the question": f"{CUSTOMERS}{one}/delete/",
        "merging a customer: with whom": f"{CUSTOMERS}{one}/merge/",
        "merging two customers": f"{CUSTOMERS}{one}/merge/?with={one + 20}",
        "everything about a customer": f"{CUSTOMERS}{one}/everything/",
        "duplicates": "/admin/customers/duplicate/",
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
        "products": PRODUCTS,
        "product by SKU": f"{PRODUCTS}?q=S-{rows // 100}-1",
        "products out of stock": f"{PRODUCTS}?available=out",
        "a product": f"{PRODUCTS}{rows // 100}/change/",
        "changes": CHANGES,
        "changes of one record": f"{CHANGES}?record=customers:{one}",
        "changes by staff (none)": f"{CHANGES}?source=admin",
        "a changeset": f"{CHANGES}{newest}/change/",
        "consent ledger": LEDGER,
        "consent ledger of one customer": f"{LEDGER}?q=C-{one}",
        "Ctrl+K, a name": f"/admin/search/?part&s={person.name} {person.surname}",
        "Ctrl+K, an e-mail": f"/admin/search/?part&s={person.email}",
        "Ctrl+K, what nobody has": "/admin/search/?part&s=zzyzx",
        "requests": "/admin/tenants/loggedrequest/",
        "quarantine": "/admin/tenants/quarantinedrecord/",
    }


@dataclass(frozen=True, slots=True)
class Measured:
    """How a page was answered: milliseconds, queries, bytes as they are sent."""

    status: int
    times: list[float]
    queries: int
    size: int

    @property
    def median(self) -> float:
        """The time that half of the answers took at most."""
        return statistics.median(self.times)

    @property
    def most(self) -> float:
        """The 95th percentile: of eleven answers the slowest but none."""
        return sorted(self.times)[int(len(self.times) * 0.95)]


def load(rows: int) -> None:
    """Fill the database, make the searched words, measure, and analyse all as autovacuum would."""
    print(f"loading {rows:,} customers …", flush=True)
    start = time.perf_counter()
    surnames = [name.strip() for origin in ORIGINS.values() for name in origin.surnames.split(",")]
    names = [name.strip() for origin in ORIGINS.values() for name in f"{origin.women},{origin.men}".split(",")]
    named = {"names": [n.split("=")[0] for n in names], "surnames": [n.split("|")[0].split("=")[0] for n in surnames]}
    with connection.cursor() as cursor:
        cursor.execute((Path(__file__).parent / "admin_rows.sql").read_text(), {"rows": rows, **named})
    for tenant in waiting():
        begin(tenant.tenant_id)
        while fill(tenant.tenant_id):
            pass
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    refresh_health()
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        find_duplicates(tenant_id)
    print(f"loaded in {time.perf_counter() - start:.0f} s", flush=True)


def clients() -> dict[str, Client]:
    """Return the browsers that are measured: a superuser's, and that of staff of two tenants."""
    root, _ = User.objects.get_or_create(username="bench-root", is_staff=True, is_superuser=True)
    user, _ = User.objects.get_or_create(username="bench-staff", is_staff=True)
    for tenant_id in (BIG, TINY):
        Membership.objects.get_or_create(user=user, tenant_id=tenant_id, role=Role.STAFF)
    found = {"superuser": Client(), "staff": Client()}
    found["superuser"].force_login(root)
    found["staff"].force_login(user)
    return found


def measure(client: Client, url: str) -> Measured:
    """Return how a page is answered, warm."""
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url, headers={"host": "localhost", "accept-encoding": "gzip"})
        asked = len(queries)  # now: the log is emptied when the next request begins
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < A_PAGE_SECONDS * 1000:
        start = time.perf_counter()
        client.get(url, headers={"host": "localhost", "accept-encoding": "gzip"})
        times.append((time.perf_counter() - start) * 1000)
    size = 0 if response.streaming else len(response.content)
    return Measured(response.status_code, times, asked, size)


def table(browsers: dict[str, Client], rows: int) -> Iterator[str]:
    """Yield the lines of the table; pages that there was no time for are named below it."""
    until = time.monotonic() + MOST_SECONDS
    yield f"| page | {' | '.join(f'{who}: p50, p95 (ms) | queries | kB' for who in browsers)} |"
    yield f"|---|{'---|---|---|' * len(browsers)}"
    left = []
    for name, url in pages(rows).items():
        if time.monotonic() > until:
            left.append(name)
            continue
        found = [measure(client, url) for client in browsers.values()]
        over = " **over**" if max((one.median for one in found if one.status == 200), default=0) > BUDGET_MS else ""
        yield f"| {name}{over} | {' | '.join(map(cell, found))} |"
    if left:
        yield f"\nNot measured, for the time was over: {', '.join(left)}."


def cell(one: Measured) -> str:
    """Write what was measured of a page; of a refusal its status alone."""
    if one.status != 200:
        return f"{one.status} | – | –"
    return f"{one.median:.0f}, {one.most:.0f} | {one.queries} | {one.size / 1000:.1f}"


def command_line() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000, help="customers; as many orders, of three lines each")
    parser.add_argument("--reload", action="store_true")
    parser.add_argument("--results", type=Path, default=None, help="a file for the table")
    return parser.parse_args()


def main() -> None:
    """Load where needed, then print a row for each page, and write them down."""
    options = command_line()
    if options.rows < 2_000:
        raise SystemExit("--rows must be 2,000 at least.")
    call_command("migrate", verbosity=0)
    if options.reload or Customer.objects.count() != options.rows:
        load(options.rows)
    head = (
        "# The admin's pages\n\n"
        f"As `python -m benchmarks.admin` measured them with {options.rows:,} customers and {3 * options.rows:,} order"
        f" lines, warm, on {os.cpu_count()} cores ({platform.machine()}), at a load of {os.getloadavg()[0]:.1f}.\n"
    )
    print(head, flush=True)
    lines = []
    for line in table(clients(), options.rows):
        print(line, flush=True)
        lines.append(line)
    results = options.results or (RESULTS if options.rows == 1_000_000 else None)
    if results:
        results.write_text(f"{head}\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
