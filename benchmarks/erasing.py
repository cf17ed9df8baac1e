"""What erasing 1, 1,000 and 10,000 persons costs with certificates, beside the same without, each with an order.

    python -m benchmarks.erasing [--rounds N]     CPU of Python and PostgreSQL: of N rounds (3) the medians

One process erases by hub id, as the admin does. Every other turn leaves out whom there is to certify, and with it the
hashes, the signatures and the statement that writes them. Every turn erases persons of its own, of a tenant that has
20,000 more customers. About a minute.
"""

import time
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from statistics import median
from unittest.mock import patch
from uuid import UUID

from benchmarks.dialects import DATA  # first: it sets Django up  # isort: skip
from django.core.management import call_command
from django.db import connection

from benchmarks.cpu import cpu_seconds
from benchmarks.stage import UNLIMITED, embedded_server
from customers.erasure import erase_customers_by_id
from tenants.changes.changesets import Origin
from tenants.models import Source, Tenant
from tenants.provisioning import create_tenant

TIMES = {1: 20, 1_000: 3, 10_000: 1}  # by how many persons an erasure has, how many erasures a turn has
OTHERS = 20_000
WITH, WITHOUT = "with", "without"
Cpu = tuple[float, float, float]  # of Python and of PostgreSQL, and the time it took, in seconds

CUSTOMERS = """
INSERT INTO customers_customer
       (tenant_id, match_key, customer_id, email, name, surname, phone, language, email_optin, sms_optin,
        whatsapp_optin, app_push_optin, gdpr_optin, is_excluded, attributes, tags, mailing_lists, given, created_at,
        updated_at)
SELECT %(tenant)s, 'i:X-' || n, 'X-' || n, 'customer' || n || '@shop.example', 'Name', 'Surname ' || n,
       '+35840' || 1000000 + n, 'en-GB', true, false, false, false, true, false, '{}', '{}', '{}', 8191, now(), now()
  FROM generate_series(%(first)s, %(last)s) n
RETURNING id
"""
ORDERS = """
INSERT INTO orders_order
       (tenant_id, order_id, customer_id, email, order_date, total_revenue, currency, is_order_cancelled, given,
        created_at, updated_at)
SELECT %(tenant)s, 'O-' || n, 'X-' || n, 'customer' || n || '@shop.example', now(), 10, 'EUR', false, 255, now(), now()
  FROM generate_series(%(first)s, %(last)s) n
"""
numbers = count(1)


def store(tenant: Tenant, number: int) -> list[int]:
    """Store so many persons whom nobody has seen, each with an order, and return their hub ids."""
    first = next(numbers) * max(OTHERS, *TIMES)
    named: dict[str, UUID | int] = {"tenant": tenant.pk, "first": first, "last": first + number - 1}
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, named)
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(ORDERS, named)
    return ids


def turn(tenant: Tenant, backend: int, number: int, way: str) -> Cpu:
    """Erase persons, some times over, and return what one time took."""
    persons = [store(tenant, number) for _ in range(TIMES[number])]
    left_out: AbstractContextManager[object] = (
        nullcontext() if way == WITH else patch("customers.erasure._certified", lambda *_: [])
    )
    with left_out:
        before = time.process_time(), cpu_seconds(backend), time.perf_counter()
        for ids in persons:
            erase_customers_by_id(tenant, ids, origin=Origin(Source.ADMIN, "benchmark", "0" * 32))
        after = time.process_time(), cpu_seconds(backend), time.perf_counter()
    python, postgres, taken = ((end - start) / TIMES[number] for start, end in zip(before, after, strict=True))
    return python, postgres, taken


def measure(tenant: Tenant, backend: int, number: int, rounds: int) -> Mapping[str, list[Cpu]]:
    """Take turns, after one of each that does not count."""
    taken: dict[str, list[Cpu]] = {WITH: [], WITHOUT: []}
    for i in range(rounds + 1):
        for way in (WITH, WITHOUT) if i % 2 else (WITHOUT, WITH):
            cpu = turn(tenant, backend, number, way)
            taken[way] += [cpu] if i else []
    return taken


def row(number: int, taken: Mapping[str, list[Cpu]]) -> str:
    """Write the medians in milliseconds, and the ratio of what both used, round by round."""
    cells = [f"{number:,}"]
    for way in (WITHOUT, WITH):
        cells += [f"{1_000 * median(cpu[i] for cpu in taken[way]):.1f}" for i in range(3)]
    ratios = sorted(sum(a[:2]) / sum(b[:2]) for a, b in zip(taken[WITH], taken[WITHOUT], strict=True))
    return f"| {' | '.join(cells)} | {median(ratios):.2f} | {ratios[0]:.2f}–{ratios[-1]:.2f} |"


def main() -> None:
    """Print a row for each number of persons."""
    parser = ArgumentParser(prog="python -m benchmarks.erasing")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with embedded_server(DATA):
        call_command("migrate", verbosity=0)
        tenant, _ = create_tenant("Shop", per_minute=UNLIMITED, per_hour=UNLIMITED)
        store(tenant, OTHERS)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchall()[0][0]
        print(
            "| persons | without: Python ms | PostgreSQL | time | with: Python | PostgreSQL | time | ratio of CPU | |"
        )
        print("|---:|---:|---:|---:|---:|---:|---:|---:|---|")
        for number in TIMES:
            print(row(number, measure(tenant, backend, number, rounds)), flush=True)


if __name__ == "__main__":
    main()
