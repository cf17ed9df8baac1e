"""How long each page of the admin takes with 1,000,000 customers and 3,000,000 order lines.

    python -m benchmarks.admin            loads the shops the first time (minutes; benchmarks.shops), then measures
    python -m benchmarks.admin --reload   loads them again
    python -m benchmarks.admin --only customer --results /tmp/admin.md    pages with a word in their name
    python -m benchmarks.admin --rows 20000    a trial; the big one writes benchmarks/results, if of all pages

Each page is asked for through Django's test client, middleware, session and templates included: twice to warm it, then
eleven times, or fewer where a page is slow. The table has milliseconds (median and 95th percentile), those of CPU
(Python's and PostgreSQL's, mean: what a busy machine changes least), the number of queries and the kilobytes that are
sent, compressed. What takes longer than the budget is marked; it measures for nine minutes at most, and ends.
"""

import os
import platform
import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.admin_pages import pages
from benchmarks.shops import BIG, TINY, browser, options_of, postgres_cpu, prepare

ROUNDS = 11
BUDGET_MS = 200
MOST_SECONDS = 540  # for measuring, whatever the machine
A_PAGE_SECONDS = 4  # for the rounds of a page
RESULTS = Path("benchmarks/results/admin.md")
COLUMNS = "p50, p95 (ms) | CPU: Python, PostgreSQL (ms) | queries | kB"


@dataclass(frozen=True, slots=True)
class Measured:
    """How a page was answered: milliseconds, those of CPU for each answer, queries, bytes as they are sent."""

    status: int
    times: list[float]
    python: float
    postgres: float
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


def measure(client: Client, url: str) -> Measured:
    """Return how a page is answered, warm."""
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url, headers={"host": "localhost", "accept-encoding": "gzip"})
        asked = len(queries)  # now: the log is emptied when the next request begins
    times: list[float] = []
    before = time.process_time(), postgres_cpu()
    while len(times) < ROUNDS and sum(times) < A_PAGE_SECONDS * 1000:
        start = time.perf_counter()
        client.get(url, headers={"host": "localhost", "accept-encoding": "gzip"})
        times.append((time.perf_counter() - start) * 1000)
    after = time.process_time(), postgres_cpu()
    python, postgres = ((end - start) * 1000 / len(times) for start, end in zip(before, after, strict=True))
    size = 0 if response.streaming else len(response.content)
    return Measured(response.status_code, times, python, postgres, asked, size)


def table(browsers: dict[str, Client], addresses: dict[str, str]) -> Iterator[str]:
    """Yield the lines of the table; pages that there was no time for are named below it."""
    until = time.monotonic() + MOST_SECONDS
    yield f"| page | {' | '.join(f'{who}: {COLUMNS}' for who in browsers)} |"
    yield f"|---|{'---|---|---|---|' * len(browsers)}"
    left = []
    for name, url in addresses.items():
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
        return f"{one.status} | – | – | –"
    return (
        f"{one.median:.0f}, {one.most:.0f} | {one.python:.0f}, {one.postgres:.0f} | {one.queries} |"
        f" {one.size / 1000:.1f}"
    )


def command_line() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(prog="python -m benchmarks.admin")
    options_of(parser)
    parser.add_argument("--only", default="", help="measure the pages with this in their name")
    parser.add_argument("--results", type=Path, default=None, help="a file for the table")
    return parser.parse_args()


def main() -> None:
    """Load where needed, then print a row for each page, and write them down."""
    options = command_line()
    prepare(options.rows, reload=options.reload)
    browsers = {"superuser": browser("bench-root"), "staff": browser("bench-staff", BIG, TINY)}
    addresses = {name: url for name, url in pages(options.rows).items() if options.only in name}
    head = (
        "# The admin's pages\n\n"
        f"As `python -m benchmarks.admin` measured them with {options.rows:,} customers and {3 * options.rows:,} order"
        f" lines, warm, on {os.cpu_count()} cores ({platform.machine()}), at a load of {os.getloadavg()[0]:.1f}.\n"
    )
    print(head, flush=True)
    lines = []
    for line in table(browsers, addresses):
        print(line, flush=True)
        lines.append(line)
    results = options.results or (RESULTS if options.rows == 1_000_000 and not options.only else None)
    if results:
        results.write_text(f"{head}\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
