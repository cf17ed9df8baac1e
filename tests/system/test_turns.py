"""One tenant's batches take turns in each web server process, so that another tenant never waits for them."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.system.running import Answer, Hub, Shop
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
PROCESSES, THREADS = 3, 4  # of the hub under test
ROOM = PROCESSES * (THREADS * 2 // 3)
BATCH = [{"CustomerId": f"C-{i}", "Surname": "x" * 100} for i in range(300)]


@contextmanager
def locked(shop: Shop) -> Iterator[None]:
    """Hold a tenant's lock, so that whatever it writes waits."""
    key = int.from_bytes(UUID(shop.id).bytes[:8], signed=True)
    with psycopg.connect(make_conninfo(**shop.hub.database.settings())) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        yield


def answered(futures: list[Future[Answer]], number: int) -> list[Answer]:
    """Wait until so many have been answered, and return those answers."""
    waiting = set(futures)
    while len(futures) - len(waiting) < number:
        done, waiting = wait(waiting, PATIENCE, FIRST_COMPLETED)
        assert done, "nobody was answered"
    return [future.result() for future in futures if future not in waiting]


def test_a_tenant_whose_batches_wait_leaves_the_others_room(patient_hub: Hub) -> None:
    busy, other = patient_hub.shop("Busy"), patient_hub.shop("Other")
    assert wait_until(patient_hub.all_serve)
    with patient_hub.connections(PROCESSES * THREADS) as connections, ThreadPoolExecutor(len(connections)) as pool:
        with locked(busy):
            sent = [pool.submit(busy.post, "customers", BATCH, connection=each) for each in connections]
            refused = answered(sent, len(sent) - ROOM)

            assert other.post("customers", BATCH).status == 200
            assert other.post("customers", BATCH[:1]).status == 200

        assert [answer.status for answer in refused] == [503] * (len(sent) - ROOM)
        assert all(answer.headers["Retry-After"] for answer in refused)
        statuses = [future.result().status for future in sent]
    assert sorted(statuses) == [200] * ROOM + [503] * len(refused)
    assert len(busy.read("customers")) == len(BATCH)


def test_small_bodies_wait_for_no_turn(patient_hub: Hub) -> None:
    shop = patient_hub.shop("Small")
    assert wait_until(patient_hub.all_serve)
    with patient_hub.connections(PROCESSES * THREADS) as connections, ThreadPoolExecutor(len(connections)) as pool:
        with locked(shop):
            sent = [
                pool.submit(shop.post, "customers", [record], connection=each)
                for record, each in zip(BATCH, connections, strict=False)
            ]
            assert wait_until(lambda: waiting_for_a_lock(patient_hub) == len(sent))  # in the database, each of them
        assert [future.result().status for future in sent] == [200] * len(sent)


def waiting_for_a_lock(hub: Hub) -> int:
    return int(hub.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")[0][0])
