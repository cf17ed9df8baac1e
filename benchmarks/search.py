"""How soon customers are found by their words among 1,000,000, and what keeping these costs.

    python -m benchmarks.search [--rows N] [--reload]   loads var/benchmark-search the first time, then measures

First the words are made from nothing, by the worker's own turns; then each kind of search is asked for eleven times,
warm, by itself and as a page through Django's test client; last 500 customers are upserted in turns, with a worker in a
process of its own that is stopped, that follows, and that goes through all customers meanwhile.
"""

import atexit
import os
import signal
import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

HOME = Path("var/benchmark-search")
os.environ["HUB_DATA"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
os.environ["LOG_LEVEL"] = "ERROR"

import django  # noqa: E402

from hub.postgres.server import EmbeddedServer  # noqa: E402

SERVER = EmbeddedServer(HOME)
SERVER.start()
atexit.register(SERVER.stop)
django.setup()

import orjson  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from customers.ingest import upsert_customers  # noqa: E402
from customers.models import Customer, SearchPosition  # noqa: E402
from customers.schemas import customer_schema  # noqa: E402
from customers.searching.filling import begin, fill, follow, waiting  # noqa: E402
from customers.searching.finding import ids_by_words  # noqa: E402
from hub.records.schemas import parse  # noqa: E402
from tenants.changes.changesets import Origin  # noqa: E402
from tenants.demo.people import ORIGINS  # noqa: E402
from tenants.models import Membership, Role, Source, Tenant  # noqa: E402

ROUNDS = 11
TENANT = "00000000-0000-4000-8000-00000000000{}"
BIG, TINY = (UUID(TENANT.format(n)) for n in (1, 5))
TERMS = {
    "a name and surname": "günther jäger",
    "without accents": "gunther jager",
    "the beginning of a surname": "Jäg",
    "a part of a surname": "hornbe",
    "a phone number": "0155 579 19 000",
    "a part of a phone number": "5791900",
    "a whole e-mail": "anna.schmidt777777@gmail.com",
    "the end of an e-mail": "@shop17.example",
    "a CustomerId in lower case": "c-777777",
    "a part of many ids": "7777",
    "two letters": "an",
    "one letter": "a",
    "what most e-mails have": "gmail",
    "what all have": "c-",
    "a common name and a host": "anna gmail",
    "a common name and a rare one": "anna llewellyn",
    "Cyrillic": "ива",
    "what nobody has": "zzyzx",
    "three letters nobody has together": "an zzq",
}
WORKER = """
import django; django.setup()
from customers.searching.worker import Worker
Worker().work()
"""


def load(rows: int) -> None:
    """Fill the database, and analyse it as autovacuum would."""
    names = [name.strip() for origin in ORIGINS.values() for name in f"{origin.women},{origin.men}".split(",")]
    surnames = [name.strip() for origin in ORIGINS.values() for name in origin.surnames.split(",")]
    named: dict[str, Any] = {
        "rows": rows,
        "names": [n.split("=")[0] for n in names],
        "surnames": [n.split("|")[0] for n in surnames],
    }
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tenants_tenant, tenants_feed, customers_customer RESTART IDENTITY CASCADE")
        cursor.execute("TRUNCATE customers_searchposition, tenants_changeset, tenants_membership")
        for n in range(1, 6):
            Tenant.objects.create(pk=TENANT.format(n), name=f"Shop {n}", slug=f"shop-{n}")
        cursor.execute((Path(__file__).parent / "search_rows.sql").read_text(), named)
        cursor.execute("VACUUM ANALYZE")
    print(f"loaded {rows:,} customers in {time.perf_counter() - start:.0f} s", flush=True)


def build(rows: int) -> None:
    """Make the words of all customers, and say how fast that was, and how large."""
    start = time.perf_counter()
    for tenant in waiting():
        begin(tenant.tenant_id)
        while fill(tenant.tenant_id):
            pass
    seconds = time.perf_counter() - start
    print(f"made the words of {rows:,} in {seconds:.0f} s, {rows / seconds:,.0f} a second", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE customers_searchedwords")
        for name in (
            "customers_searchedwords",
            "searched_by_part",
            "searched_of_tenant",
            "customers_searchedwords_pkey",
        ):
            cursor.execute("SELECT pg_relation_size(%s::regclass) / 1e6", [name])
            print(f"  {name}: {cursor.fetchall()[0][0]:.0f} MB", flush=True)


def browsers() -> dict[UUID | None, Client]:
    """Return a client of a superuser, who sees all tenants, and of a member of the tiny one."""
    root, _ = User.objects.get_or_create(username="bench-root", is_staff=True, is_superuser=True)
    user, _ = User.objects.get_or_create(username="bench-member", is_staff=True)
    Membership.objects.get_or_create(user=user, tenant_id=TINY, role=Role.STAFF)
    found: dict[UUID | None, Client] = {None: Client(), TINY: Client()}
    for client, who in zip(found.values(), (root, user), strict=True):
        client.force_login(who)
    return found


def search() -> None:
    """Print a row for each kind of search: hits, then milliseconds by itself, and as pages."""
    clients, everybody = browsers(), list(Tenant.objects.values_list("pk", flat=True))
    print(
        "| search | hits | of all tenants ms | of the big one | of the tiny one | page of all | page of the tiny one |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, term in TERMS.items():
        hits = len(ids_by_words(everybody, term, 1000) or ())
        cells = [taken(lambda: ids_by_words(whose, term, 1000)) for whose in (everybody, [BIG], [TINY])]  # noqa: B023
        cells += [taken(lambda: page(client, term)) for client in clients.values()]  # noqa: B023
        print(f"| {name}: `{term}` | {hits} | {' | '.join(cells)} |", flush=True)


def page(client: Client, term: str) -> None:
    """Ask for the list of customers."""
    answer = client.get("/admin/customers/customer/", {"q": term}, headers={"host": "localhost"})
    assert answer.status_code == 200, answer.status_code


def taken(work: object) -> str:
    """Return the median and the slowest of some rounds, in milliseconds, after a warm one."""
    times = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        work()  # type: ignore[operator]
        times.append((time.perf_counter() - start) * 1000)
    return f"{statistics.median(times[1:]):.0f}, {max(times[1:]):.0f}"


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """Run the worker's loop in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", WORKER])
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def ingest(pairs: int) -> None:
    """Print how long 500 changed customers take while the worker is stopped, follows, or goes through everybody."""
    tenant = Tenant.objects.get(pk=TINY)
    taken: dict[str, list[float]] = {"stopped": [], "following": [], "going through all": []}
    number = 0
    with worker() as process:
        for _ in range(pairs):
            for kind, times in taken.items():
                process.send_signal(signal.SIGCONT)
                catch_up()
                if kind == "stopped":
                    process.send_signal(signal.SIGSTOP)
                elif kind == "going through all":
                    begin(BIG)
                    time.sleep(1)
                for _ in range(8):
                    number += 1
                    times.append(upsert(tenant, number))
    bare = statistics.median(taken["stopped"])
    print("| the worker | 500 changed customers, median ms | times |\n|---|---:|---:|")
    for kind, times in taken.items():
        print(f"| {kind} | {statistics.median(times):.1f} | {statistics.median(times) / bare:.2f} |", flush=True)


def catch_up() -> None:
    """Wait until the words are there, without those that are only gone through."""
    SearchPosition.objects.update(filled_to=None)
    ends = time.monotonic() + 20
    while waiting() and time.monotonic() < ends:
        time.sleep(0.05)


def upsert(tenant: Tenant, number: int) -> float:
    """Upsert 500 customers that have all changed, and return the milliseconds."""
    records = [{"CustomerId": f"C-{1000 + n % 100}-{n}", "Email": f"p{n}@example.com", "Name": f"Name {number}",
                "Surname": f"Family {n}", "Phone": f"+49301{n:06}"} for n in range(500)]  # fmt: skip
    batch = parse(customer_schema(()), orjson.dumps(records))
    start = time.perf_counter()
    upsert_customers(tenant, batch.records, origin=Origin(Source.API, "bench", ""))
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Load where needed, then measure."""
    parser = ArgumentParser(prog="python -m benchmarks.search")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--reload", action="store_true")
    parser.add_argument("--pairs", type=int, default=20)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    if options.reload or Customer.objects.count() < options.rows:
        load(options.rows)
        build(options.rows)
    search()
    for number in range(3):
        upsert(Tenant.objects.get(pk=TINY), -number)
    while follow(TINY):
        pass
    ingest(options.pairs)


if __name__ == "__main__":
    main()
