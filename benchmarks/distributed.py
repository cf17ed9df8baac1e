"""What a Citus cluster costs and brings: the hub on a coordinator beside the hub on one plain server, in turns.

    python -m benchmarks.distributed URL [--rounds N] [--seconds S]

URL names an empty database of a coordinator whose nodes are on this machine; what the run leaves there stays. Both hubs
are whole: web server, PostgreSQL, the same clients. `rate` is the cluster's over the plain server's, the median of the
rounds. The rest is CPU for 1,000 records, in ms: of the plain server, of the coordinator, of all workers together.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import django
import psycopg

FOLDER = Path(os.environ.get("HUB_DATA", "var")).resolve()
FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
DATA = Path(tempfile.mkdtemp(prefix="bench-", dir=FOLDER))
os.environ.pop("DATABASE_URL", None)
os.environ.update(HUB_DATA=str(DATA), DJANGO_SETTINGS_MODULE="hub.settings", LOG_LEVEL="ERROR")
os.environ.update(SECRET_KEY="s" * 50, ERASURE_KEY="e" * 50)
django.setup()

from benchmarks.cases import CHANGED, HUB, NEW, Case, case  # noqa: E402
from benchmarks.cpu import Usage, cpu_seconds  # noqa: E402
from benchmarks.measure import turn, warm_up  # noqa: E402
from benchmarks.pool import Clients  # noqa: E402
from benchmarks.stage import ROOT, TENANTS, UNLIMITED, Shop, Stage, embedded_server, served  # noqa: E402
from benchmarks.tasks import tasks  # noqa: E402

CASES = [
    *(case(HUB, "customers", work, connections, connections) for work in (NEW, CHANGED) for connections in (1, 8)),
    *(case(HUB, "customers", work, one, one, size=1) for work in (NEW, CHANGED) for one in (1, 8)),
    *(case(HUB, entity, work) for entity in ("orders", "products") for work in (NEW, CHANGED)),
]
NOTHING = Usage(0.0, 0.0)
NODES = "SELECT nodename, nodeport FROM pg_dist_node WHERE noderole = 'primary' ORDER BY groupid"


@dataclass
class Side:
    """A hub and its PostgreSQL: the stage of its cases, its postmasters (coordinator first), what came out."""

    stage: Stage
    postmasters: Sequence[int]
    rates: dict[Case, list[float]] = field(default_factory=dict)
    cpu: dict[Case, list[Sequence[float]]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def take_turn(self, clients: Clients, case: Case, seconds: float) -> None:
        """Run one case for some seconds, and note rows a second and CPU seconds a row of each node."""
        clients.prepare(tasks(self.stage, case, seconds))
        before = [cpu_seconds(pid) for pid in self.postmasters]
        taken = turn(case.size, clients.run(), NOTHING)
        used = [cpu_seconds(pid) - was for pid, was in zip(self.postmasters, before, strict=True)]
        self.rates.setdefault(case, []).append(taken.rate)
        self.cpu.setdefault(case, []).append([seconds / taken.rows for seconds in used])
        self.errors += taken.errors


def main() -> None:
    """Print a row for each case."""
    arguments = _arguments()
    with Clients(8) as clients, embedded_server(DATA) as server:
        plain_url = server.url()
        with _side(plain_url, distribute=False) as plain, _side(arguments.url, distribute=True) as cluster:
            sides = (plain, cluster)
            for one in CASES:
                for side in sides:
                    warm_up(side.stage, clients, one)
                for number in range(arguments.rounds):
                    for side in sides if number % 2 else reversed(sides):
                        side.take_turn(clients, one, arguments.seconds)
                print(_row(one, plain, cluster), flush=True)
            print(*plain.errors[:3], *cluster.errors[:3], sep="\n")


def _row(one: Case, plain: Side, cluster: Side) -> str:
    ratio = median(ours / theirs for ours, theirs in zip(cluster.rates[one], plain.rates[one], strict=True))
    theirs, *_ = _cpu(plain, one)
    coordinator, *workers = _cpu(cluster, one)
    return f"| {one.title} | {ratio:.2f} | {theirs:.1f} | {coordinator:.1f} | {sum(workers):.1f} |"


def _cpu(side: Side, one: Case) -> list[float]:
    """Return the CPU of each node for 1,000 records, in ms."""
    return [median(node) * 1e6 for node in zip(*side.cpu[one], strict=True)]


@contextlib.contextmanager
def _side(url: str, *, distribute: bool) -> Iterator[Side]:
    """Make a hub's tables, distributed or not, and its tenants, and serve it."""
    os.environ["DATABASE_URL"] = url
    _manage("migrate")
    if distribute:
        _manage("distribute")
    limits = ("--per-minute", str(UNLIMITED), "--per-hour", str(UNLIMITED))
    made = [json.loads(_manage("create_tenant", "Shop", *limits, "--json")) for _ in range(TENANTS)]
    shops = [Shop(tenant["tenant_id"], tenant["key"], "") for tenant in made]
    postmasters = _postmasters(url)
    with served("hub.wsgi:application", DATA) as hub:
        yield Side(Stage(url, url, postmasters[0], shops, hub, hub), postmasters)


def _manage(*arguments: str) -> str:
    return subprocess.check_output([sys.executable, "manage.py", *arguments], cwd=ROOT, text=True)


def _postmasters(url: str) -> list[int]:
    """Return the main process of each node: the parent of the one that answers."""
    with psycopg.connect(url) as connection:
        places: list[dict[str, Any]] = [{}]
        if connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'").fetchone():
            places = [{"host": host, "port": port} for host, port in connection.execute(NODES)]
    pids = []
    for place in places:
        with psycopg.connect(url, **place) as connection:
            stat = Path(f"/proc/{connection.info.backend_pid}/stat").read_text()
            pids.append(int(stat.rpartition(")")[2].split()[1]))
    return pids


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks.distributed")
    parser.add_argument("url")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    return parser.parse_args()


if __name__ == "__main__":
    print("| case | rate | plain | coordinator | workers |\n|---|---:|---:|---:|---:|")
    main()
