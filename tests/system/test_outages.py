"""Processes and the database killed while partners write: what was acknowledged is whole, what was not is not half."""

import os
import signal

import pytest

from tests.system.processes import kill
from tests.system.running import Hub
from tests.system.writers import (
    WRITERS,
    assert_batches_are_whole,
    assert_refusals_are_clear,
    customer,
    progress,
    slowest,
    writing,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
REST = 0.02  # seconds between a partner's batches: without, the partners have the processors and what starts waits
LONGEST = 15  # seconds an answer may take while the database is away
UNDISTURBED = 20  # times the longest answer before: what a machine that is slow by itself needs for the same


def connected(hub: Hub) -> int:
    """A process of the database that serves somebody else."""
    others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
    return int(hub.query(f"SELECT min(pid) FROM pg_stat_activity WHERE {others}")[0][0])


def test_batches_are_whole_when_web_workers_are_killed_during_writes(hub: Hub) -> None:
    shop = hub.shop("Killed web workers")

    with writing(shop, rest=REST) as writers:
        assert wait_until(progress(writers))
        for _ in range(2):
            kill(*hub.web_workers())
            assert wait_until(progress(writers))

    assert_refusals_are_clear(writers)
    assert_batches_are_whole(hub, shop, writers)


def test_a_killed_database_costs_503s_and_no_batch_no_worker_and_no_patience(hub: Hub) -> None:
    shop = hub.shop("Killed database")
    workers = hub.all_web_workers()

    with writing(shop) as writers:
        assert wait_until(progress(writers))
        longest = LONGEST + UNDISTURBED * slowest(writers)
        for victim in (lambda: connected(hub), hub.postmaster):
            os.kill(victim(), signal.SIGKILL)
            assert wait_until(progress(writers))

    assert [writer.broken for writer in writers] == [[]] * WRITERS
    assert slowest(writers) < longest
    assert set(hub.web_workers()) == workers
    assert any(answer.status == 503 for writer in writers for answer in writer.answers)
    assert_refusals_are_clear(writers)
    assert_batches_are_whole(hub, shop, writers)
    assert wait_until(lambda: hub.processes("procrastinate"))


def test_batches_are_whole_after_the_supervisor_was_killed_during_writes(own: Hub) -> None:
    own.start("--workers=2")  # with its worker, which ends with it and stops the database
    shop = own.shop("Killed hub")

    with writing(shop, rest=REST) as writers:
        assert wait_until(progress(writers))
        os.kill(own.pid, signal.SIGKILL)
        assert own.remnants() == []
    own.start()

    assert_refusals_are_clear(writers)
    assert_batches_are_whole(own, shop, writers)
    assert shop.post("customers", [customer("after", 1)]).status == 200


def test_who_opens_a_page_does_not_notice_that_the_database_restarted(hub: Hub) -> None:
    cookie = {"Cookie": "sessionid=" + "a" * 32}
    with hub.connections(12) as connections:
        for kept in connections:  # every thread that answers has a connection to the database
            assert hub.send("GET", "/admin/", headers=cookie, connection=kept).status == 302
        hub.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = user"
        )

        statuses = [hub.send("GET", "/admin/", headers=cookie, connection=kept).status for kept in connections]

    assert statuses == [302] * 12
