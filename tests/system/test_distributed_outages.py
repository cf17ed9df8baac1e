"""A node of a Citus cluster killed, and a hub on one: tenants of other nodes notice nothing, and nothing is lost."""

import json
import os
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.orders.records import order
from tests.system.cluster import Address, Cluster, hub_on, stoppable, stopped
from tests.system.running import Answer, Hub, Shop
from tests.system.writers import (
    BATCH,
    Writer,
    assert_batches_are_whole,
    assert_refusals_are_clear,
    customer,
    progress,
    writing,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
REST = 0.05  # seconds between two batches of a partner
QUICK = 5  # seconds until a caller must know that the tenant's node is away
SAMPLES = 40
NOISE = 0.02  # seconds by which a median may differ on a machine with other work
BUSY = "The hub is busy or restarting. Please try again."
UNFINISHED = "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()"
HELD = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database AND datname = current_database()"
HELD += " WHERE locktype = 'advisory' AND objsubid = 1"  # those that a hub takes by one number


@pytest.fixture
def stoppable_node(cluster: Cluster) -> tuple[Address, Path]:
    """A node that may be stopped, and where its data is."""
    may = [(address, folder) for address, folder in stoppable().items() if address in cluster.workers]
    return may[0] if may else pytest.skip("HUB_TEST_NODES names no node that may be stopped")


def shop_on(hub: Hub, node: Address, name: str) -> Shop:
    """Make tenants until one lives on the node."""
    for number in range(64):
        shop = hub.shop(f"{name} {number}")
        homes = json.loads(hub.manage("shards", "--json").stdout)["tenants"]
        if {home["node"] for home in homes if home["tenant_id"] == shop.id} == {f"{node[0]}:{node[1]}"}:
            return shop
    raise AssertionError("no tenant came to the node")


def seconds_of(shop: Shop) -> Iterator[float]:
    """Send single records, which must be stored, and yield how long each took."""
    connection = shop.hub.connect()
    for number in range(SAMPLES):
        start = time.monotonic()
        assert shop.post("customers", [{"CustomerId": f"single-{number}"}], connection=connection).status == 200
        assert shop.send("GET", f"/customers/{{tenant}}/single-{number}", connection=connection).status == 200
        yield time.monotonic() - start
    connection.close()


def on_all_nodes(cluster: Cluster, hub: Hub, question: str) -> int:
    """Add up what the nodes answer."""
    name, total = hub.settings["DATABASE_URL"].rpartition("/")[2], 0
    for node in (None, *cluster.workers):
        with psycopg.connect(cluster.url(name, node)) as connection:
            total += (connection.execute(question.encode()).fetchone() or (0,))[0]
    return total


def assert_asked_to_come_again(answer: Answer) -> None:
    assert answer.status == 503, answer.body
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json() == {"success": False, "message": BUSY, "data": {}}


def test_a_killed_node_costs_its_own_tenants_503s_and_nobody_else_anything(
    distributed: Hub, cluster: Cluster, stoppable_node: tuple[Address, Path]
) -> None:
    address, folder = stoppable_node
    lame = shop_on(distributed, address, "Lame")
    lively = shop_on(distributed, next(node for node in cluster.workers if node != address), "Lively")
    workers = distributed.all_web_workers()
    usual = statistics.median(seconds_of(lively))

    with writing(lame, lively, number=3, rest=REST) as writers:
        assert wait_until(progress(writers))
        with stopped(folder):
            for method, path, body in [
                ("POST", "/customers/{tenant}", [{"CustomerId": "C-1"}]),
                ("POST", "/orders/{tenant}", [order()]),
                ("GET", "/customers/{tenant}", None),
                ("GET", "/changes/{tenant}", None),
                ("DELETE", "/customers/{tenant}?customerId=C-1", None),
            ]:
                start = time.monotonic()
                answer = lame.send(method, path, body)
                took = time.monotonic() - start
                assert_asked_to_come_again(answer)
                assert took < QUICK
            assert distributed.send("GET", "/health").status == 200
            assert wait_until(progress([writer for writer in writers if writer.shop is lively]))
        assert wait_until(progress(writers))
        with stopped(folder):
            pass
        assert wait_until(progress(writers))
    with stopped(folder):
        meanwhile = statistics.median(seconds_of(lively))

    assert meanwhile < 2 * usual + NOISE
    refused = {writer.shop.id for writer in writers for answer in writer.answers if answer.status != 200}
    assert refused == {lame.id}
    assert [writer.broken for writer in writers] == [[]] * 6
    assert_refusals_are_clear(writers)
    assert set(distributed.web_workers()) == workers
    assert_stored_as_acknowledged(distributed, cluster, writers)


def assert_stored_as_acknowledged(hub: Hub, cluster: Cluster, writers: list[Writer]) -> None:
    """Each shop has its acknowledged batches whole, and a feed without gaps; no node keeps half a transaction."""
    for writer in writers:
        table, column = ("orders_order", "customer_id") if writer.entity == "orders" else ("customers_customer", "name")
        counted = f"SELECT {column}, count(*) FROM {table} WHERE tenant_id = '{writer.shop.id}' GROUP BY 1"
        stored = dict(hub.query(counted))
        assert {stored[mark] for mark in writer.acknowledged} == {BATCH}
        numbers = writer.shop.change_numbers()
        assert numbers == list(range(1, len(numbers) + 1))
    assert wait_until(lambda: on_all_nodes(cluster, hub, UNFINISHED) == 0)


def test_a_killed_hub_leaves_no_half_batch_and_no_lock(distributed: Hub, cluster: Cluster) -> None:
    with hub_on(distributed.settings["DATABASE_URL"]) as hub:
        hub.start()
        shop = hub.shop("Killed hub")

        with writing(shop, number=8) as writers:
            assert wait_until(progress(writers))
            os.kill(hub.pid, signal.SIGKILL)
            assert hub.remnants() == []

        assert wait_until(lambda: on_all_nodes(cluster, hub, HELD) == 0)
        assert wait_until(lambda: on_all_nodes(cluster, hub, UNFINISHED) == 0)
        hub.start()
        assert_refusals_are_clear(writers)
        assert_batches_are_whole(hub, shop, writers)
        assert shop.post("customers", [customer("after", 1)]).status == 200
