"""Partners that write as long as a test breaks something, and what must be true of what they wrote."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.orders.records import line, order
from tests.system.running import Answer, Hub, Shop
from tests.waiting import PATIENCE

BATCH = 100  # records in a batch
WRITERS = 6
REFUSALS = (
    "The hub is busy or restarting. Please try again.",
    "The hub is being moved to other machines. Please try again.",
)


@dataclass
class Writer:
    """A partner that posts batch after batch on a kept connection; each batch carries a mark of its own."""

    shop: Shop
    name: str
    entity: str
    rest: float  # seconds between two batches
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
            time.sleep(self.rest)
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
def writing(*shops: Shop, number: int = WRITERS, rest: float = 0) -> Iterator[list[Writer]]:
    """So many partners in each shop write as long as the block lasts; at its end they have seen their last answer."""
    until = threading.Event()
    entities = ["orders" if n % 2 else "customers" for n in range(number)]
    writers = [Writer(shop, f"w{n}", entity, rest) for shop in shops for n, entity in enumerate(entities)]
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
        "SELECT o.customer_id, count(*) FROM orders_order o"
        " JOIN orders_orderitem i ON i.order_id = o.id AND i.tenant_id = o.tenant_id"
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
        assert answer.json() in [{"success": False, "message": refusal, "data": {}} for refusal in REFUSALS]
