"""What keeping the searched words costs who ingests, and how many the worker makes.

    python -m benchmarks.search_kept [--pairs N]    loads the shops the first time (benchmarks.shops), then measures
    python -m benchmarks.search_kept --poll 0.5 --upserts 40    as the worker looks in fact, in turns that it notices

500 new, changed and unchanged customers are upserted for a tenant of its own among the shops, in turns: while the
worker is stopped, and while it follows at once, in a process of its own. What ingest pays is the CPU of its own
PostgreSQL backend, by that process's clock; the ratio is taken within each pair of turns, and its median shown with
the middle half. Before that the words of 20,000 customers are made anew, by the worker's own turns. The tenant's rows
go at the end.
"""

import os
import signal
import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import orjson
from django.db import connection

from benchmarks.shops import options_of, prepare
from customers.ingest import upsert_customers
from customers.models import SearchedWords, SearchPosition
from customers.schemas import customer_schema
from customers.searching.filling import begin, fill, waiting
from hub.records.schemas import parse
from tenants.changes.changesets import Origin
from tenants.models import Source, Tenant
from tenants.provisioning import create_tenant

KINDS = ("new", "changed", "unchanged")
FILLED = 20_000
WORKER = """
from benchmarks import shops
from customers.searching.worker import Worker
Worker(poll={poll}).work()
"""


@dataclass
class Batches:
    """Bodies of 500 customers of a kind, parsed."""

    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def next(self, kind: str) -> object:
        """Return 500 customers that were never there, that all change their name, or that are as they were."""
        number = 0 if kind == "unchanged" else next(self.numbers)
        first = number * 500 if kind == "new" else 0
        records = [{"CustomerId": f"B-{n}", "Email": f"p{n}@example.com", "Name": f"Name {number}",
                    "Surname": f"Family {n}", "Phone": f"+4930{n:08}"} for n in range(first, first + 500)]  # fmt: skip
        return parse(customer_schema(()), orjson.dumps(records)).records


def backend_cpu() -> float:
    """Return the CPU seconds of this connection's backend up to now, by its process's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchall()[0][0]
    return time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid(3) makes of a pid


def turn(tenant: Tenant, kind: str, batches: Batches, upserts: int = 6) -> tuple[float, float]:
    """Upsert some batches; return the milliseconds of each, and those of PostgreSQL's CPU."""
    bodies = [batches.next(kind) for _ in range(upserts)]
    began, before = time.perf_counter(), backend_cpu()
    for body in bodies:
        upsert_customers(tenant, body, origin=Origin(Source.API, "bench", ""))  # type: ignore[arg-type]
    after, ended = backend_cpu(), time.perf_counter()
    return (ended - began) * 1000 / upserts, (after - before) * 1000 / upserts


@contextmanager
def worker(poll: float) -> Iterator[subprocess.Popen[bytes]]:
    """Run the worker's loop in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", WORKER.format(poll=poll)])
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def ingest(tenant: Tenant, pairs: int, *, poll: float, upserts: int) -> None:
    """Print how much of PostgreSQL's CPU 500 customers take while the worker is stopped, and while it follows."""
    batches, taken = Batches(), {kind: {"stopped": [], "following": []} for kind in KINDS}  # type: ignore[var-annotated]
    for kind in ("unchanged", "changed", "new", "unchanged"):
        turn(tenant, kind, batches)
    with worker(poll) as process:
        for number in range(pairs):
            for kind in KINDS:
                turn(tenant, "unchanged", batches)
                for how in ("stopped", "following") if number % 2 else ("following", "stopped"):
                    process.send_signal(signal.SIGCONT)
                    catch_up(tenant)
                    if how == "stopped":
                        process.send_signal(signal.SIGSTOP)
                        time.sleep(0.05)
                    taken[kind][how].append(turn(tenant, kind, batches, upserts))
    print("| 500 customers | worker stopped: ms, CPU | following: ms, CPU | CPU, times | middle half |")
    print("|---|---:|---:|---:|---:|")
    for kind, both in taken.items():
        print(row(kind, both["stopped"], both["following"]), flush=True)


def row(kind: str, stopped: list[tuple[float, float]], following: list[tuple[float, float]]) -> str:
    """Write medians of what both took, and the ratio of the CPU."""
    ratios = [slow[1] / bare[1] for bare, slow in zip(stopped, following, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    cells = [
        f"{statistics.median(one[0] for one in turns):.1f}, {statistics.median(one[1] for one in turns):.2f}"
        for turns in (stopped, following)
    ]
    return f"| {kind} | {' | '.join(cells)} | {middle:.2f} | {low:.2f}–{high:.2f} |"


def catch_up(tenant: Tenant) -> None:
    """Wait until the words of a tenant are there."""
    ends = time.monotonic() + 60
    while tenant.pk in {one.tenant_id for one in waiting()}:
        if time.monotonic() > ends:
            raise SystemExit("The worker does not follow.")
        time.sleep(0.02)


def speed(tenant: Tenant) -> None:
    """Print how many customers a second get their words: all of them anew, then again where all are right."""
    upserted, batches = 0, Batches()
    while upserted < FILLED:
        upsert_customers(tenant, batches.next("new"), origin=Origin(Source.API, "bench", ""))  # type: ignore[arg-type]
        upserted += 500
    SearchedWords.objects.filter(tenant=tenant).delete()
    for name in ("new", "as they were"):
        begin(tenant.pk)
        began, cpu, python, done = time.perf_counter(), backend_cpu(), time.process_time(), 0
        while some := fill(tenant.pk):
            done += some
        seconds = time.perf_counter() - began
        print(
            f"words of {done:,} customers, {name}: {done / seconds:,.0f} a second; for each"
            f" {(time.process_time() - python) / done * 1e6:.0f} µs of Python's CPU,"
            f" {(backend_cpu() - cpu) / done * 1e6:.0f} of PostgreSQL's",
            flush=True,
        )


def clear(tenant: Tenant) -> None:
    """Take the tenant of the measurement away, so that the shops are as they were."""
    with connection.cursor() as cursor:
        for table in ("customers_customer", "tenants_changeset", "tenants_consentchange", "tenants_feed"):
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [tenant.pk])
    SearchPosition.objects.filter(tenant=tenant).delete()
    tenant.delete()


def main() -> None:
    """Load where needed, then measure."""
    parser = ArgumentParser(prog="python -m benchmarks.search_kept")
    options_of(parser)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--poll", type=float, default=0.01, help="seconds between two looks of the worker")
    parser.add_argument("--upserts", type=int, default=6, help="of a turn")
    options = parser.parse_args()
    prepare(options.rows, reload=options.reload)
    tenant, _ = create_tenant(f"Measured {os.getpid()}")
    try:
        speed(tenant)
        ingest(tenant, options.pairs, poll=options.poll, upserts=options.upserts)
    finally:
        clear(tenant)


if __name__ == "__main__":
    main()
