"""Processes and the database killed while partners write: what was acknowledged is whole, what was not is not half."""

import http.client
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.orders.records import line, order
from tests.system.processes import kill
from tests.system.running import Answer, Hub, Shop
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
BATCH = 100  # records in a batch
WRITERS = 6
LONGEST = 15  # seconds an answer may take while the database is away
UNDISTURBED = 20  # times the longest answer before: what a machine that is slow by itself needs for the same


@dataclass
class Writer:
    """A partner that posts batch after batch on a kept connection; each batch carries a mark of its own."""

    shop: Shop
    name: str
    entity: str
    acknowledged: set[str] = field(default_factory=set)
    answers: list[Answer] = field(default_factory=list)
    broken: list[Exception] = field(default_factory=list)
    slowest: float = 0.0

    def write(self, until: threading.Event) -> None:
        number, connection = 0, self.shop.hub.connect()
        while not until.is_set():
            number += 1
            start = time.monotonic()
            if not self.write_batch(f"{self.name}-{number}", connection):
                connection.close()
                time.sleep(0.05)
            self.slowest = max(self.slowest, time.monotonic() - start)
        connection.close()

    def write_batch(self, mark: str, connection: http.client.HTTPConnection) -> bool:
        make = customer if self.entity == "customers" else order_of
        try:
            answer = self.shop.post(self.entity, [make(mark, i) for i in range(BATCH)], connection=connection)
        except (OSError, http.client.HTTPException) as error:
            self.broken.append(error)
            return False
        self.answers.append(answer)
        if answer.status == 200:
            self.acknowledged.add(mark)
        return answer.status == 200


def customer(mark: str, i: int) -> dict[str, object]:
    return {"CustomerId": f"{mark}-{i}", "Name": mark}


def order_of(mark: str, i: int) -> dict[str, object]:
    return order(OrderId=f"{mark}-{i}", CustomerId=mark, OrderItems=[line(), line()])


@contextmanager
def writing(shop: Shop) -> Iterator[list[Writer]]:
    """Partners that write as long as the block lasts; at its end they have seen their last answer."""
    until = threading.Event()
    writers = [Writer(shop, f"w{n}", "orders" if n % 2 else "customers") for n in range(WRITERS)]
    threads = [threading.Thread(target=writer.write, args=[until]) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        until.set()
        for thread in threads:
            thread.join(2 * PATIENCE)
            assert not thread.is_alive()


def progress(writers: list[Writer]) -> Callable[[], bool]:
    """Say later whether every writer has had batches stored since."""
    goal = [len(writer.acknowledged) + 2 for writer in writers]
    return lambda: all(len(writer.acknowledged) >= least for writer, least in zip(writers, goal, strict=True))


def slowest(writers: list[Writer]) -> float:
    return max(writer.slowest for writer in writers)


def assert_batches_are_whole(hub: Hub, shop: Shop, writers: list[Writer]) -> None:
    rows = hub.query(f"SELECT name, count(*) FROM customers_customer WHERE tenant_id = '{shop.id}' GROUP BY 1")
    orders = hub.query(f"SELECT customer_id, count(*) FROM orders_order WHERE tenant_id = '{shop.id}' GROUP BY 1")
    lines = hub.query(
        "SELECT o.customer_id, count(*) FROM orders_order o JOIN orders_orderitem i ON i.order_id = o.id"
        f" WHERE o.tenant_id = '{shop.id}' GROUP BY 1"
    )
    stored = dict(rows) | dict(orders)
    assert set(stored.values()) == {BATCH}
    assert {mark: count // 2 for mark, count in lines} == dict(orders)
    assert set().union(*(writer.acknowledged for writer in writers)) <= set(stored)
    numbers = shop.change_numbers()
    assert numbers == list(range(1, len(stored) + 1))


def assert_refusals_are_clear(writers: list[Writer]) -> None:
    """Every answer was 200, or 503 with an envelope that says when to come back."""
    refused = [answer for writer in writers for answer in writer.answers if answer.status != 200]
    for answer in refused:
        assert answer.status == 503, answer.body
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.json() == {
            "success": False,
            "message": "The hub is busy or restarting. Please try again.",
            "data": {},
        }


def connected(hub: Hub) -> int:
    """A process of the database that serves somebody else."""
    others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
    return int(hub.query(f"SELECT min(pid) FROM pg_stat_activity WHERE {others}")[0][0])


def test_batches_are_whole_when_web_workers_are_killed_during_writes(hub: Hub) -> None:
    shop = hub.shop("Killed web workers")

    with writing(shop) as writers:
        assert wait_until(progress(writers))
        for _ in range(3):
            kill(*hub.web_workers())
            assert wait_until(progress(writers))
        kill(hub.web_server(), *hub.web_workers())
        assert wait_until(progress(writers))

    assert_refusals_are_clear(writers)
    assert_batches_are_whole(hub, shop, writers)


def test_a_killed_database_costs_503s_and_no_batch_no_worker_and_no_patience(hub: Hub) -> None:
    shop = hub.shop("Killed database")
    workers = hub.all_web_workers()

    with writing(shop) as writers:
        assert wait_until(progress(writers))
        longest = LONGEST + UNDISTURBED * slowest(writers)
        for victim in (lambda: connected(hub), hub.postmaster, hub.postmaster):
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
    own.start("--workers=2")
    shop = own.shop("Killed hub")

    with writing(shop) as writers:
        assert wait_until(progress(writers))
        os.kill(own.pid, signal.SIGKILL)
        assert own.remnants() == []
    own.start("--workers=2")

    assert_refusals_are_clear(writers)
    assert_batches_are_whole(own, shop, writers)
    assert shop.post("customers", [customer("after", 1)]).status == 200
