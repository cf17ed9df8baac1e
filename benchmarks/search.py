"""How soon customers are found by their words among 1,000,000.

    python -m benchmarks.search [--rows N] [--reload]   loads the shops the first time (benchmarks.shops), then measures
    python -m benchmarks.search --explain               each statement of each search, with plan and buffers, instead

Each kind of search is asked for eleven times, warm, by its words alone and as a page through Django's test client:
milliseconds as median and slowest, and those of PostgreSQL's CPU for a page.
What keeping the words costs, `benchmarks.search_kept` measures.
"""

import statistics
import time
from argparse import ArgumentParser
from collections.abc import Callable
from uuid import UUID

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.shops import BIG, TINY, browser, options_of, postgres_cpu, prepare
from customers.searching.finding import ids_by_words
from tenants.models import Tenant

ROUNDS = 11
TERMS = {
    "a name and surname": "günther jäger",
    "without accents": "gunther jager",
    "the beginning of a surname": "Jäg",
    "a part of a surname": "hornbe",
    "a phone number": "0155 579 19 000",
    "a part of a phone number": "5791900",
    "what a whole e-mail has": "777777@",
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
    "an end that nobody has": "@nobody.invalid",
    "an id that nobody has": "C-00000000",
    "three letters nobody has together": "an zzq",
}


def searches() -> None:
    """Print a row for each kind of search: hits, then what it takes by its words, and as pages."""
    everybody = list(Tenant.objects.values_list("pk", flat=True))
    clients = browser("bench-root"), browser("bench-member", TINY)
    print("| search | hits | words of all tenants | of the big one | of the tiny one | page of all | of the tiny one |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, term in TERMS.items():
        hits = len(ids_by_words(everybody, term, 1000) or ())
        cells = [taken(lambda: ids_by_words(whose, term, 1000)) for whose in (everybody, [UUID(BIG)], [UUID(TINY)])]  # noqa: B023
        cells += [taken(lambda: page(client, term)) for client in clients]  # noqa: B023
        print(f"| {name}: `{term}` | {hits} | {' | '.join(cells)} |", flush=True)


def page(client: Client, term: str) -> None:
    """Ask for the list of customers."""
    answer = client.get("/admin/customers/customer/", {"q": term}, headers={"host": "localhost"})
    assert answer.status_code == 200, answer.status_code


def taken(work: Callable[[], object]) -> str:
    """Return the median and the slowest of some rounds, in milliseconds, after a warm one, and PostgreSQL's CPU."""
    work()
    times, before = [], postgres_cpu()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    cpu = (postgres_cpu() - before) * 1000 / ROUNDS
    return f"{statistics.median(times):.0f}, {max(times):.0f} (CPU {cpu:.0f})"


def explain() -> None:
    """Print what each search asks of PostgreSQL, statement by statement: its time, its plan, what it read."""
    client = browser("bench-root")
    for name, term in TERMS.items():
        page(client, term)
        with CaptureQueriesContext(connection) as asked:
            page(client, term)
        print(f"\n== {name}: {term}")
        for query in asked.captured_queries:
            sql = query["sql"]
            if float(query["time"]) < 0.01 or not sql.startswith("SELECT"):
                continue
            print(f"-- {query['time']} s: {sql[:300]} … {sql[-200:]}")
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}".replace("%", "%%"), ())
                print("\n".join(row[0][:200] for row in cursor.fetchall()), flush=True)


def main() -> None:
    """Load where needed, then measure."""
    parser = ArgumentParser(prog="python -m benchmarks.search")
    options_of(parser)
    parser.add_argument("--explain", action="store_true")
    options = parser.parse_args()
    prepare(options.rows, reload=options.reload)
    explain() if options.explain else searches()


if __name__ == "__main__":
    main()
