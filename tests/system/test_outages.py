"""Processes and the database killed while partners write: what was acknowledged is whole, what was not is not half."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.system.processes import kill, stopped
from tests.system.running import Hub
from tests.system.writers import (
    WRITERS,
    Writer,
    assert_batches_are_whole,
    assert_refusals_are_clear,
    customer,
    progress,
    writing,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
REST = 0.02  # seconds between a partner's batches: without, the partners have the processors and what starts waits


def connected(hub: Hub) -> int:
    """A process of the database that serves somebody else."""
    others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
    return int(hub.query(f"SELECT min(pid) FROM pg_stat_activity WHERE {others}")[0][0])


@contextmanager
def away(hub: Hub) -> Iterator[None]:
    """Kill the database, which nobody brings back until the end of the block."""
    with stopped(hub.pid):
        kill(hub.postmaster())
        yield


def refusals(writers: list[Writer]) -> Callable[[], bool]:
    """Say later whether every writer has been refused twice since."""

    def refused(writer: Writer) -> int:
        return sum(answer.status == 503 for answer in writer.answers)

    before = [refused(writer) for writer in writers]
    return lambda: all(refused(writer) >= least + 2 for writer, least in zip(writers, before, strict=True))


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
        kill(connected(hub))
        assert wait_until(progress(writers))
        with away(hub):
            assert wait_until(refusals(writers))  # nobody waits until it is back
        assert wait_until(progress(writers))

    assert [writer.broken for writer in writers] == [[]] * WRITERS
    assert set(hub.web_workers()) == workers
    assert_refusals_are_clear(writers)
    assert_batches_are_whole(hub, shop, writers)
    assert "the database died, and was started again" in hub.errors.read_text()
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
        others = "pid <> pg_backend_pid() AND usename = user"
        hub.query(f"SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE {others}")

        statuses = [hub.send("GET", "/admin/", headers=cookie, connection=kept).status for kept in connections]

    assert statuses == [302] * 12
