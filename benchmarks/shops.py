"""Five shops with 1,000,000 customers, 1,000,000 orders and 3,000,000 lines, in a data folder that is kept.

`benchmarks.admin`, `benchmarks.search` and `benchmarks.search_kept` measure in it: whoever comes first loads it, and
what one loaded the others find. It is var/benchmark-shops, or what the variable SHOPS names. `start()` is called before
anything of Django's is imported.
"""

import atexit
import os
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import django

from hub.postgres.cluster import Cluster
from hub.postgres.server import EmbeddedServer

HOME = Path(os.environ.get("SHOPS", "var/benchmark-shops"))
BIG, MIDDLE, SMALL, TINY = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 4, 5))
MANY = 20_000  # words that are copied at a time


def start() -> None:
    """Start the server of the shops' folder, until this process ends, and set Django up on it."""
    os.environ |= {"HUB_DATA": str(HOME), "DJANGO_SETTINGS_MODULE": "hub.settings", "LOG_LEVEL": "ERROR"}
    os.environ.pop("DATABASE_URL", None)
    server = EmbeddedServer(HOME)
    server.start()
    atexit.register(server.stop)
    django.setup()


start()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from benchmarks.cpu import cpu_seconds  # noqa: E402
from customers.duplicates import find_duplicates  # noqa: E402
from customers.models import Customer  # noqa: E402
from customers.searching.words import searched_words  # noqa: E402
from tenants.demo.people import ORIGINS  # noqa: E402
from tenants.health import refresh_health  # noqa: E402
from tenants.models import Membership, Role, Tenant  # noqa: E402


def options_of(parser: ArgumentParser) -> None:
    """Add what every benchmark among the shops takes."""
    parser.add_argument("--rows", type=int, default=1_000_000, help="customers; as many orders, of three lines each")
    parser.add_argument("--reload", action="store_true", help="load them again, else where they are not there")


def prepare(rows: int, *, reload: bool) -> None:
    """Load so many customers, where they are not there already."""
    if rows < 2_000:
        raise SystemExit("--rows must be 2,000 at least.")
    call_command("migrate", verbosity=0)
    if reload or Customer.objects.count() < rows:
        _load(rows)


def browser(name: str, *tenants: str) -> Client:
    """Return a browser in which somebody is logged in: staff of some tenants, a superuser without any."""
    user, _ = User.objects.get_or_create(username=name, is_staff=True, is_superuser=not tenants)
    for tenant_id in tenants:
        Membership.objects.get_or_create(user=user, tenant_id=tenant_id, role=Role.STAFF)
    client = Client()
    client.force_login(user)
    return client


def postgres_cpu() -> float:
    """Return the CPU seconds of all of PostgreSQL's processes up to now."""
    return cpu_seconds(int((Cluster(HOME).directory / "postmaster.pid").read_text().split()[0]))


def _load(rows: int) -> None:
    """Fill the database, with the words and the pairs and figures that the worker makes, and analyse it."""
    started = time.perf_counter()
    steps = (
        (f"{rows:,} customers with orders", lambda: _rows(rows)),
        ("statistics", lambda: _run("ANALYZE")),
        ("words", _words),
        ("vacuum", lambda: _run("VACUUM ANALYZE")),
        ("figures", refresh_health),
        ("duplicates", lambda: [find_duplicates(tenant.pk) for tenant in Tenant.objects.all()]),
        ("vacuum", lambda: _run("VACUUM ANALYZE")),
    )
    for name, step in steps:
        print(f"loading: {name}, after {time.perf_counter() - started:.0f} s", flush=True)
        step()
    print(f"loaded in {time.perf_counter() - started:.0f} s", flush=True)


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _rows(rows: int) -> None:
    surnames = [name.strip() for origin in ORIGINS.values() for name in origin.surnames.split(",")]
    names = [name.strip() for origin in ORIGINS.values() for name in f"{origin.women},{origin.men}".split(",")]
    named = {"names": [n.split("=")[0] for n in names], "surnames": [n.split("|")[0].split("=")[0] for n in surnames]}
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute((Path(__file__).parent / "shops.sql").read_text(), {"rows": rows, **named})


def _words() -> None:
    """Make all searched words as a worker would, but at once: its index is built afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'searched_by_part'")
        index = cursor.fetchall()[0][0]
        cursor.execute("DROP INDEX searched_by_part")
        for rows in _words_of_all():
            with cursor.copy("COPY customers_searchedwords (tenant_id, id, words) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        cursor.execute(index)
        cursor.execute(
            "INSERT INTO customers_searchposition (tenant_id, number) SELECT tenant_id, number FROM tenants_feed"
        )


def _words_of_all() -> Iterator[list[tuple[object, int, str]]]:
    said = ("name", "surname", "email", "phone", "username", "customer_id", "tags", "mailing_lists")
    last = 0
    while rows := list(
        Customer.objects.filter(pk__gt=last).order_by("pk").values_list("tenant_id", "pk", *said)[:MANY]
    ):
        yield [(tenant_id, pk, searched_words(*values)) for tenant_id, pk, *values in rows]
        last = rows[-1][1]
