"""What is not a rate: rows an identical batch writes, statements of a request, a worker's memory, noisy neighbours."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.cases import CHANGED, HUB, IDENTICAL, NEW, Case, case
from benchmarks.client import Http, Task
from benchmarks.cpu import resident_megabytes
from benchmarks.figures import percentile
from benchmarks.measure import Note, take_turn, warm_up
from benchmarks.pool import Clients
from benchmarks.records import MARK_BYTES
from benchmarks.stage import Server, Stage, served
from benchmarks.tasks import tasks

NEIGHBOURS = 16
MEMORY_STEPS = 10
MEMORY_CONNECTIONS = 4
NOISE_SECONDS = 2.0
FIRST_BATCHES = 60

ROW_VERSIONS = """
SELECT id, ctid::text, xmin::text
  FROM customers_customer
 WHERE tenant_id = %s AND match_key LIKE 'i:Ci%%'
"""


@dataclass(frozen=True)
class Memory:
    """A worker's resident megabytes after each number of batches of 500."""

    batches: Sequence[int]
    megabytes: Sequence[float]


@dataclass(frozen=True)
class Noise:
    """p99 in milliseconds of one tenant's single records, round by round: alone, and beside 16 batches of another."""

    alone: Sequence[float]
    beside: Sequence[float]


def rows_written_by_identical(stage: Stage, clients: Clients) -> int:
    """Count the row versions that re-sending identical customers makes."""
    same = case(HUB, "customers", IDENTICAL)
    warm_up(stage, clients, same)
    before = _row_versions(stage)
    take_turn(stage, clients, same, 0.1)
    return len(_row_versions(stage) - before)


def _row_versions(stage: Stage) -> set[tuple[int, str, str]]:
    with psycopg.connect(stage.conninfo) as reader:
        return set(reader.execute(ROW_VERSIONS, [stage.shops[0].tenant_id]).fetchall())


def statements_of(stage: Stage, about: Case) -> list[str]:
    """Return the first words of every statement a request of the hub runs, transaction control included."""
    (task,) = tasks(stage, about, 1.0)
    assert isinstance(task.target, Http)
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    client = Client(headers=dict(task.target.headers))
    for number in range(2):  # the first one opens the connection
        body = task.batches[0][0].replace(MARK_BYTES, b"%d" % (task.first + number))
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(task.target.path, body, content_type="application/json")
        assert answer.status_code == 200, answer.content
    connection.close()
    return [" ".join(query["sql"].split()[:3]) for query in captured.captured_queries]


def memory_of_worker(stage: Stage, clients: Clients, data: Path, number: int, note: Note) -> Memory:
    """Send `number` batches of 500 to a hub with one worker, and look at its memory ten times on the way."""
    step = number // MEMORY_STEPS
    with served("hub.wsgi:application", data, workers=1) as hub:
        sizes = [_memory_after(stage, clients, hub, step, note) for _ in range(MEMORY_STEPS)]
    return Memory([step * (n + 1) for n in range(MEMORY_STEPS)], sizes)


def _memory_after(stage: Stage, clients: Clients, hub: Server, batches: int, note: Note) -> float:
    note(f"memory of a worker: {batches} batches more")
    given = tasks(stage, case(HUB, "customers", CHANGED, MEMORY_CONNECTIONS), 60.0, warm=0)
    clients.prepare(
        [
            Task(
                Http(hub.port, t.target.path, t.target.headers), t.batches, t.first, most=batches // len(given), warm=0
            )
            for t in given
            if isinstance(t.target, Http)
        ]
    )
    clients.run()
    (worker,) = hub.workers()
    return resident_megabytes(worker)


def first_orders(stage: Stage, clients: Clients, note: Note) -> list[float]:
    """Return the milliseconds that a batch of 100 orders takes a tenant who begins with none, quarter by quarter.

    It must not grow with the tenant: nothing is known about one that came after the last ANALYZE, so none comes here.
    """
    note("the first orders of a tenant")
    (task,) = tasks(stage, case(HUB, "orders", NEW), 60.0)
    with _without_autovacuum(stage, ("orders_order", "orders_orderitem")):
        clients.prepare([Task(_of_tenant(stage, task.target, -1), task.batches, task.first, most=FIRST_BATCHES)])
        taken = clients.run()[0].latencies
    quarter = FIRST_BATCHES // 4
    return [1000 * median(taken[i : i + quarter]) for i in range(0, FIRST_BATCHES, quarter)]


@contextmanager
def _without_autovacuum(stage: Stage, tables: Sequence[str]) -> Iterator[None]:
    with psycopg.connect(stage.conninfo, autocommit=True) as owner:
        for table in tables:
            owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)".encode())
        yield
        for table in tables:
            owner.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)".encode())


def noisy_neighbour(stage: Stage, clients: Clients, rounds: int, note: Note) -> Noise:
    """Measure the p99 of one tenant's single records, alone and while another sends 16 batches of 500 at once."""
    single = case(HUB, "customers", CHANGED, size=1)
    noise = case(HUB, "customers", NEW, NEIGHBOURS, tenants=1)
    alone, beside = [], []
    for number in range(rounds):
        note(f"noisy neighbour: round {number + 1} of {rounds}")
        (mine,) = tasks(stage, single, NOISE_SECONDS)
        theirs = [
            Task(_of_tenant(stage, t.target, 1), t.batches, t.first, NOISE_SECONDS + 0.5)
            for t in tasks(stage, noise, NOISE_SECONDS)
        ]
        alone.append(_p99(clients, [mine]))
        beside.append(_p99(clients, [mine, *theirs]))
    return Noise(alone, beside)


def _of_tenant(stage: Stage, target: object, shop: int) -> Http:
    assert isinstance(target, Http)
    tenant = stage.shops[shop]
    entity = target.path.split("/")[1]
    return Http(target.port, f"/{entity}/{tenant.tenant_id}", (("x-replenit-auth-key", tenant.key),))


def _p99(clients: Clients, given: Sequence[Task]) -> float:
    clients.prepare(given)
    return 1000 * percentile(clients.run()[0].latencies, 0.99)
