"""How long 500 customers take with `?results=true`, beside the same 500 without.

    python -m benchmarks.receipts [--pairs N]     the median ratio of N pairs (200), and the middle half of them

One process calls the hub's WSGI application, as benchmarks.dialects does, with results and without in turns.
"""

from argparse import ArgumentParser

from django.core.management import call_command
from django.db import connection

from benchmarks.dialects import BATCHES, DATA, Door, batches, native, row  # first: it sets Django up
from benchmarks.stage import UNLIMITED, embedded_server
from tenants.provisioning import create_tenant


def doors() -> tuple[Door, Door]:
    """Return the address of a new tenant's customers without results and with them."""
    tenant, key = create_tenant("Shop", per_minute=UNLIMITED, per_hour=UNLIMITED)
    headers, path = {"HTTP_X_REPLENIT_AUTH_KEY": key}, f"/customers/{tenant.pk}"
    return Door(path, headers, native), Door(f"{path}?results=true", headers, native)


def measure(kind: str, pairs: int) -> list[tuple[float, float]]:
    """Send a batch through each, in turns, of one tenant's customers; return the milliseconds of each pair."""
    plain, telling = doors()
    work = batches(kind)
    for _ in range(BATCHES):
        plain.send(*next(work)), telling.send(*next(work))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum does within a minute
    taken = []
    for turn in range(pairs):
        times = {door: door.send(*next(work)) for door in ((plain, telling) if turn % 2 else (telling, plain))}
        taken.append((times[plain], times[telling]))
    return taken


def main() -> None:
    """Print a row for each kind of work."""
    parser = ArgumentParser(prog="python -m benchmarks.receipts")
    parser.add_argument("--pairs", type=int, default=200)
    pairs = parser.parse_args().pairs
    with embedded_server(DATA):
        call_command("migrate", verbosity=0)
        print("| 500 customers | without ms | results ms | ratio | middle half |\n|---|---:|---:|---:|---:|")
        for kind in ("new", "changed", "identical"):
            print(row(kind, measure(kind, pairs)), flush=True)


if __name__ == "__main__":
    main()
