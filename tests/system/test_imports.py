"""An import whose worker and whose database are killed: it goes on, nothing is there twice and nothing is left out."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.system.conftest import hub_on_a_copy
from tests.system.running import Hub, Shop
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

ROWS, STOPPED, CHUNK, EVERY = 30_000, 10_000, 1000, 100  # one row in a hundred is rejected
JOB = "SELECT state, position, read, created, updated, unchanged, rejected, folded FROM tenants_import WHERE id = {}"


@pytest.fixture(scope="module")
def hasty(prepared: Path) -> Iterator[Hub]:
    yield from hub_on_a_copy(prepared, {"WORKERS": "1", "DJANGO_SETTINGS_MODULE": "tests.system.hasty"})


def file_of(rows: int) -> bytes:
    good = b'{"CustomerId":"C-%d","Email":"c%d@shop.example"}\n'
    bad = b'{"CustomerId":"C-%d","Email":"no address"}\n'
    return b"".join(good % (n, n) if n % EVERY else bad % n for n in range(rows))


def upload(shop: Shop, body: bytes) -> int:
    answer = shop.send(
        "POST", "/imports/{tenant}?entity=customers", body, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.status == 202, answer.body
    return int(json.loads(answer.body)["data"]["id"])


def is_at(hub: Hub, job: int, point: int) -> bool:
    return position(hub, job) >= point


def position(hub: Hub, job: int) -> int:
    return int(hub.query(JOB.format(job))[0][1])


def test_an_import_goes_on_whoever_is_killed(hasty: Hub) -> None:
    assert wait_until(lambda: goes_on_whoever_is_killed(hasty)), "it was over before somebody was killed"


def goes_on_whoever_is_killed(hasty: Hub) -> bool:
    """See that an import does, and say whether it was under way each time that somebody was killed."""
    shop = hasty.shop()
    job = upload(shop, file_of(ROWS))
    points, holders = sorted(random.sample(range(2 * CHUNK, 22 * CHUNK), 3)), list[str]()

    for which, point in enumerate(points):
        assert wait_until(partial(is_at, hasty, job, point))
        with held_up(hasty, job) as holder:
            holders.append(holder)
            if which == 1:
                hasty.kill_database()
            else:
                kill_worker(hasty)

    assert wait_until(lambda: hasty.query(JOB.format(job))[0][0] == "finished")
    rejected = ROWS // EVERY
    assert hasty.query(JOB.format(job)) == [("finished", ROWS, ROWS, ROWS - rejected, 0, 0, rejected, 0)]
    of_tenant = f"FROM {{}} WHERE tenant_id = '{shop.id}'"
    assert hasty.query(f"SELECT count(*) {of_tenant.format('customers_customer')}") == [(ROWS - rejected,)]
    counted = "SELECT count(*), min(number), max(number), sum(received)"
    chunks = ROWS // CHUNK
    assert hasty.query(f"{counted} {of_tenant.format('tenants_changeset')}") == [(chunks, 1, chunks, ROWS - rejected)]
    assert hasty.query(f"SELECT count(*), count(DISTINCT line) {of_tenant.format('tenants_rejectedrow')}") == [
        (rejected, rejected)
    ]
    parts = f"SELECT count(*) {of_tenant.format('tenants_filepart')}"
    assert wait_until(lambda: hasty.query(parts) == [(0,)]), "the file goes a moment after the job has ended"
    return all(holders)


@contextmanager
def held_up(hub: Hub, job: int) -> Iterator[str]:
    """Keep a job from going on until the end of the block, for that is noted in its row, and give who runs it.

    Nobody where it is over already. A database that is killed in the block lets the job go, too.
    """
    with closing(psycopg.connect(hub.url)) as connection:
        held = connection.execute("SELECT held_by FROM tenants_import WHERE id = %s FOR UPDATE", [job]).fetchone()
        yield str(held[0]) if held else ""


def kill_worker(hub: Hub) -> None:
    """Kill the background worker, and wait until it has gone."""
    killed = hub.background_worker()
    os.kill(killed, signal.SIGKILL)
    assert wait_until(lambda: killed not in hub.processes("procrastinate"))


def test_a_worker_that_is_stopped_leaves_its_jobs_waiting(hasty: Hub) -> None:
    assert wait_until(lambda: goes_on_when_a_worker_is_stopped(hasty)), "it was over before"


def goes_on_when_a_worker_is_stopped(hasty: Hub) -> bool:
    """See that an import does, and say whether it was under way when the worker was told to end."""
    shop = hasty.shop()
    job = upload(shop, file_of(STOPPED))
    assert wait_until(lambda: position(hasty, job) >= CHUNK)

    stopped = hasty.background_worker()
    with held_up(hasty, job) as holder:
        os.kill(stopped, signal.SIGTERM)
        time.sleep(0.5)  # in which the worker hears of it, in the middle of a chunk

    assert wait_until(lambda: stopped not in hasty.processes("procrastinate"))
    assert wait_until(lambda: hasty.query(JOB.format(job))[0][0] == "finished"), "the next worker goes on"
    assert hasty.query(JOB.format(job))[0][2:4] == (STOPPED, STOPPED - STOPPED // EVERY)
    return bool(holder)


def test_jobs_of_several_tenants_run_side_by_side_and_of_one_in_turn(hasty: Hub) -> None:
    shops = [hasty.shop(f"Shop {n}") for n in range(3)]
    jobs = [upload(shop, file_of(5 * CHUNK)) for shop in [*shops, shops[0]]]

    assert wait_until(lambda: all(hasty.query(JOB.format(job))[0][0] == "finished" for job in jobs))

    ran = hasty.query(f"SELECT id, started_at, ended_at FROM tenants_import WHERE id IN ({jobs[0]}, {jobs[3]})")
    (_, _, first_ended), (_, second_started, _) = sorted(ran)
    assert first_ended <= second_started
