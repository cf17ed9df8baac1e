"""What watches over the hub sees what happens to it: probes and metrics while the database hangs and workers die."""

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tenants.system.readiness import KEPT_SECONDS
from tests.system.conftest import copy
from tests.system.metrics import TOKEN, metric
from tests.system.processes import kill, stopped
from tests.system.running import Answer, Hub, folder_for_hubs
from tests.system.test_outages import away
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
BOUND = 2  # seconds that a probe may take, and as many again on a machine that is busy


@pytest.fixture(scope="module")
def watched(prepared: Path) -> Iterator[Hub]:
    with folder_for_hubs() as folder:
        copy(prepared, folder / "var")
        hub = Hub(folder / "var", {"METRICS_TOKEN": TOKEN, "THREADS": "3"})
        try:
            hub.start()
            assert hub.all_web_workers()
            assert wait_until(lambda: ready(hub).status == 200)
            yield hub
        finally:
            hub.stop()


def ready(hub: Hub) -> Answer:
    """Ask whether all is well."""
    return hub.send("GET", "/readyz?all=1")


def state(hub: Hub, check: str) -> Any:
    return ready(hub).json()["data"][check]


def refused_for(hub: Hub) -> Any:
    """Return the state of the migrations as one of the processes sees it, where it is not ready."""
    answer = hub.send("GET", "/readyz")
    return answer.json()["data"]["migrations"] if answer.status == 503 else None


def another_works(hub: Hub, victim: int) -> bool:
    return hub.processes("procrastinate") not in ([], [victim])


def test_counters_of_all_processes_stand_together_and_do_not_go_back_when_these_are_renewed(watched: Hub) -> None:
    before = metric(watched, "hub_requests_total", route="/health")
    with watched.connections(4):  # two for each process, one request on each
        pass
    assert wait_until(lambda: metric(watched, "hub_requests_total", route="/health") >= before + 4)

    workers = watched.all_web_workers()
    kill(min(workers))
    os.kill(watched.pid, signal.SIGHUP)
    assert wait_until(lambda: len(watched.web_workers()) == 2 and not workers & set(watched.web_workers()))

    assert metric(watched, "hub_requests_total", route="/health") >= before + 4
    assert metric(watched, "hub_process_starts_total", process="web server") >= 4
    assert watched.background_worker()
    assert wait_until(lambda: metric(watched, "hub_process_resident_bytes", process="background worker") > 0)


def test_records_and_jobs_are_counted_wherever_they_are_stored(watched: Hub) -> None:
    shop = watched.shop("Counted")
    before = metric(watched, "hub_records_total", entity="customers", outcome="created", source="api")

    for number in range(10):
        assert shop.post("customers", [{"CustomerId": f"C-{number}"}]).status == 200

    def counted() -> float:
        return metric(watched, "hub_records_total", entity="customers", outcome="created", source="api") - before

    assert wait_until(lambda: counted() == 10)
    assert wait_until(lambda: metric(watched, "hub_jobs_ended_total", outcome="succeeded") > 0)


@dataclass
class Probe:
    """Both probes of a hub."""

    hub: Hub
    alive: Answer = field(init=False)
    ready: Answer = field(init=False)

    def seconds(self) -> float:
        """Probe, and return how long that took."""
        began = time.monotonic()
        self.alive, self.ready = self.hub.send("GET", "/livez"), self.hub.send("GET", "/readyz")
        return time.monotonic() - began


def test_probes_answer_in_time_while_the_database_hangs_and_all_threads_with_it(watched: Hub) -> None:
    postmaster = watched.postmaster()
    children = [int(pid) for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]
    kill(postmaster, *children, by=signal.SIGSTOP)
    try:
        stuck = [watched.connect() for _ in range(8)]
        for connection in stuck:
            connection.request("GET", "/health")
        probe = Probe(watched)
        # What was said a moment ago is said again, and a machine that is busy for a while has another try.
        assert wait_until(lambda: probe.seconds() < 2 * BOUND and probe.ready.status == 503, pause=KEPT_SECONDS + 0.1)
        assert wait_until(lambda: metric(watched, "hub_measured", measure="queue") == 0)  # kept for some seconds
    finally:
        kill(*children, postmaster, by=signal.SIGCONT)

    assert probe.alive.status == 200
    assert probe.ready.json()["data"]["database"] == "down"
    assert probe.ready.headers["Retry-After"] == "5"
    for connection in stuck:
        connection.close()
    assert wait_until(lambda: watched.send("GET", "/readyz").status == 200)


def test_a_database_that_was_killed_is_seen_and_comes_back(watched: Hub) -> None:
    with away(watched):
        assert wait_until(lambda: (ready(watched).status, state(watched, "database")) == (503, "down"))
        assert watched.send("GET", "/livez").status == 200

    assert wait_until(lambda: ready(watched).status == 200)


def test_a_worker_that_dies_is_started_again_later_each_time(watched: Hub) -> None:
    starts = metric(watched, "hub_process_starts_total", process="background worker")
    for _ in range(2):
        victim = watched.background_worker()
        kill(victim)
        assert wait_until(partial(another_works, watched, victim))

    lines = [line for line in watched.errors.read_text().splitlines() if "starting it again" in line]
    pauses = [line.partition('"seconds":')[2][:1] for line in lines if "background worker" in line]
    assert pauses[-2:] in (["2", "4"], ["4", "8"])
    assert wait_until(lambda: metric(watched, "hub_process_starts_total", process="background worker") > starts)


def test_a_worker_that_is_away_is_seen_and_ingest_goes_on(watched: Hub) -> None:
    shop = watched.shop("Without a worker")
    worker = watched.background_worker()
    with stopped(worker):
        watched.query("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '10 minutes'")
        assert wait_until(lambda: state(watched, "worker") == "absent")

        assert ready(watched).status == 503
        assert wait_until(lambda: watched.send("GET", "/readyz").status == 200)
        assert shop.post("customers", [{"CustomerId": "C-1"}]).status == 200
        assert wait_until(lambda: metric(watched, "hub_workers_alive") == 0)
    assert wait_until(lambda: ready(watched).status == 200)


def test_a_migration_that_is_missing_takes_the_hub_out(watched: Hub) -> None:
    statement = "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'orders')"
    (kept,) = watched.query(f"{statement} RETURNING app, name, applied::text")
    try:
        assert wait_until(lambda: refused_for(watched) == "missing")  # within a minute: it is kept so long
    finally:
        values = ", ".join(f"'{value}'" for value in kept)
        watched.query(f"INSERT INTO django_migrations (app, name, applied) VALUES ({values})")
    assert wait_until(lambda: watched.send("GET", "/readyz").status == 200)


def test_every_line_of_the_log_is_of_one_shape_whoever_wrote_it(watched: Hub) -> None:
    assert wait_until(lambda: watched.send("GET", "/health").status == 200)
    whole = watched.errors.read_text().rpartition("\n")[0]  # somebody may be at the next line
    written = [json.loads(line) for line in whole.splitlines()]

    assert [line for line in written if not {"timestamp", "level", "event"} <= line.keys()] == []
    # The supervisor, a process of the web server, the background worker.
    assert {"the hub serves", "request", "the background worker starts"} <= {line["event"] for line in written}
