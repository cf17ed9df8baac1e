"""How long 500 customers take with `?results=true`, beside the same 500 without.

    python -m benchmarks.receipts [--pairs N]     the median ratio of N pairs (200), and the middle half of them

One process calls the hub's WSGI application, as benchmarks.dialects does, with results and without in turns.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command

from benchmarks.dialects import DATA, Door, measure, native, row  # first: it sets Django up
from benchmarks.stage import UNLIMITED, embedded_server
from tenants.provisioning import create_tenant


def doors() -> tuple[Door, Door]:
    """Return the address of customers without results and with them, each of a tenant of its own."""
    limits: dict[str, Any] = {"per_minute": UNLIMITED, "per_hour": UNLIMITED}
    (plain, key), (telling, its_key) = (create_tenant("Shop", **limits) for _ in range(2))
    return (
        Door(f"/customers/{plain.pk}", {"HTTP_X_REPLENIT_AUTH_KEY": key}, native),
        Door(f"/customers/{telling.pk}?results=true", {"HTTP_X_REPLENIT_AUTH_KEY": its_key}, native),
    )


def main() -> None:
    """Print a row for each kind of work."""
    parser = ArgumentParser(prog="python -m benchmarks.receipts")
    parser.add_argument("--pairs", type=int, default=200)
    pairs = parser.parse_args().pairs
    with embedded_server(DATA):
        call_command("migrate", verbosity=0)
        print("| 500 customers | without ms | results ms | ratio | middle half |\n|---|---:|---:|---:|---:|")
        for kind in ("new", "changed", "identical"):
            print(row(kind, measure(kind, doors(), pairs)), flush=True)


if __name__ == "__main__":
    main()
