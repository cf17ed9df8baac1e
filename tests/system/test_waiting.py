"""The feed asked to wait, through servers that run: who waits is woken by whoever writes, and costs nobody anything."""

import contextlib
import json
import os
import re
import select
import signal
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from statistics import median
from threading import Timer
from typing import Any

import pytest

from hub.serving.parking import MOST_OF_ONE
from tests.orders.records import order
from tests.system.conftest import copy
from tests.system.processes import cpu_seconds
from tests.system.running import Hub, Shop, folder_for_hubs
from tests.system.test_faults import request
from tests.system.test_front import USUALLY, answer_on, is_silent, more_on, raw, usual_seconds
from tests.system.test_outages import away
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
WAITERS, THREADS = 200, 4
LONG = 600  # seconds that the hub under test lets a request wait: who is answered in a test's patience has been woken
SOON = 5  # seconds, where a quarter of one is meant


@pytest.fixture(scope="module")
def lone(prepared: Path) -> Iterator[Hub]:
    """A hub with one process, whose few threads are soon missed."""
    with folder_for_hubs() as folder:
        copy(prepared, folder / "var")
        hub = Hub(folder / "var", {"WORKERS": "1", "THREADS": str(THREADS)})
        try:
            hub.start("--no-worker")
            yield hub
        finally:
            hub.stop()


@pytest.fixture(scope="module")
def shop(lone: Hub) -> Shop:
    return lone.shop("Waiting")


@pytest.fixture(scope="module")
def other(lone: Hub) -> Shop:
    return lone.shop("Another")


def write(shop: Shop, entity: str = "customers") -> int:
    """Write something new, and return its number."""
    record = {"CustomerId": token_hex(8)} if entity == "customers" else order(OrderId=token_hex(8))
    answer = shop.post(entity, [record])
    assert answer.status == 200, answer.body
    return int(answer.headers["X-Changeset"])


def asking(shop: Shop, after: int, wait: int = LONG, *, more: str = "", method: str = "GET") -> bytes:
    line = f"{method} /changes/{{tenant}}?after={after}&wait={wait}{more} HTTP/1.1"
    return request(shop, line, Connection="keep-alive")


@contextlib.contextmanager
def waiting(shops: Sequence[Shop], **options: Any) -> Iterator[list[socket.socket]]:
    """A connection for each of the shops, on which a request waits for what is written from now on."""
    tenants = {shop.id: shop for shop in shops}.values()
    last = {shop.id: write(shop) for shop in tenants}
    before = asked_of(tenants)
    with contextlib.ExitStack() as opened:
        connections = [opened.enter_context(raw(shop.hub)) for shop in shops]
        for connection, shop in zip(connections, shops, strict=True):
            connection.sendall(asking(shop, last[shop.id], **options))
        assert wait_until(lambda: asked_of(tenants) >= before + len(shops))
        assert not ready(connections, 0.5)
        yield connections


def ready(connections: Sequence[socket.socket], seconds: float) -> list[socket.socket]:
    found: list[socket.socket] = select.select(connections, [], [], seconds)[0]
    return found


def asked_of(shops: Iterable[Shop]) -> int:
    """Return how often the hub's processes were asked for the feeds of tenants, as the log says."""
    return sum(logged(shop) for shop in shops)


def page_on(connection: socket.socket) -> Any:
    status, _, body = answer_on(connection)
    assert status == 200, body
    return json.loads(body)["data"]


def numbers_on(connection: socket.socket) -> list[int]:
    return [change["Number"] for change in page_on(connection)["results"]]


def seconds_to_wake(connections: Sequence[socket.socket]) -> list[float]:
    """Return after how many seconds each connection had its answer."""
    start, left, seconds = time.monotonic(), set(connections), []
    while left:
        answered = ready([*left], PATIENCE)
        assert answered, "nobody was answered"
        seconds += [time.monotonic() - start] * len(answered)
        left -= set(answered)
    return seconds


# What is answered, and when


def test_what_is_there_is_answered_at_once_and_what_comes_when_it_comes(shop: Shop) -> None:
    number = write(shop)
    with raw(shop.hub) as connection:
        connection.sendall(asking(shop, number - 1))
        assert numbers_on(connection) == [number]

        connection.sendall(asking(shop, number))
        assert is_silent(connection, 1)
        assert write(shop) == number + 1
        assert seconds_to_wake([connection])
        assert numbers_on(connection) == [number + 1]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_where_nothing_comes_the_page_is_empty_when_the_seconds_are_over(shop: Shop, method: str) -> None:
    def seconds() -> float:
        with raw(shop.hub) as connection:
            start = time.monotonic()
            connection.sendall(asking(shop, 10**9, wait=1, method=method))
            assert seconds_to_wake([connection])
            took = time.monotonic() - start
            if method == "GET":
                assert page_on(connection) == {"results": [], "next": 10**9}
            else:
                assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        assert took > 0.9
        return took

    assert wait_until(lambda: seconds() < 1 + SOON)  # again where the machine is busy for a while


def test_who_waits_for_an_entity_is_not_woken_by_another(shop: Shop) -> None:
    before = logged(shop)
    with waiting([shop], more="&entity=orders") as (connection,):
        passes = logged(shop)
        assert passes == before + 1
        write(shop)
        assert is_silent(connection, 1)
        assert logged(shop) == passes

        number = write(shop, "orders")
        assert seconds_to_wake([connection])
        assert numbers_on(connection) == [number]


def test_who_may_not_read_what_is_written_is_not_woken_by_it(shop: Shop) -> None:
    made = shop.hub.tell("create_key", shop.id, "--scopes", "read:orders,products", "write", "--json")
    narrow = replace(shop, key=json.loads(made)["key"])

    with waiting([narrow]) as (connection,):
        write(narrow)
        assert is_silent(connection, 1)

        number = write(narrow, "orders")
        assert seconds_to_wake([connection])
        assert numbers_on(connection) == [number]


def logged(shop: Shop) -> int:
    """Return how often the application was asked for the feed of a tenant, as the log says."""
    return sum(shop.id in line and "changes/" in line for line in log_of(shop.hub).splitlines())


def log_of(hub: Hub) -> str:
    return hub.errors.read_text() + hub.output.read_text()


def test_no_write_is_missed_that_comes_while_a_request_begins_to_wait(shop: Shop) -> None:
    number = write(shop)
    with raw(shop.hub) as connection:
        for turn in range(40):
            begin = Timer(turn % 8 / 1000, connection.sendall, [asking(shop, number)])
            begin.start()
            number = write(shop)
            assert seconds_to_wake([connection])
            assert numbers_on(connection) == [number]


def test_a_request_that_has_waited_is_counted_once_and_keeps_its_trace(lone: Hub) -> None:
    shop = lone.shop("Counted", "--per-minute", "2", "--per-hour", "2")
    trace = "0af7651916cd43dd8448eb211c80319c"
    header = f"\r\ntraceparent: 00-{trace}-b7ad6b7169203331-01\r\n\r\n"
    with raw(lone) as connection:
        connection.sendall(asking(shop, 0).replace(b"\r\n\r\n", header.encode()))
        assert is_silent(connection, 0.5)
        write(shop)
        status, headers, _ = answer_on(connection)

    assert status == 200  # where a third would be a 429
    assert (headers["x-ratelimit-remaining"], headers["x-request-id"]) == ("0", trace)
    assert shop.send("GET", "/changes/{tenant}").status == 429


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("UPDATE tenants_apikey SET revoked_at = {} WHERE tenant_id = '{}'", 401),
        ("UPDATE tenants_tenant SET is_enabled = {} IS NULL WHERE id = '{}'", 403),
    ],
)
def test_who_may_not_ask_any_more_is_told_so_when_the_waiting_is_over(shop: Shop, statement: str, status: int) -> None:
    def answered() -> int:
        after, before = write(shop), logged(shop)
        with raw(shop.hub) as connection:
            connection.sendall(asking(shop, after, wait=2))
            assert wait_until(lambda: logged(shop) > before)
            try:
                shop.hub.query(statement.format("now()", shop.id))
                return answer_on(connection)[0]
            finally:
                shop.hub.query(statement.format("NULL", shop.id))

    assert wait_until(lambda: answered() == status)  # again where the waiting was over before


def test_what_was_sent_ahead_is_answered_after_it_on_the_same_connection(shop: Shop) -> None:
    number = write(shop)
    with raw(shop.hub) as connection:
        connection.sendall(asking(shop, number) + asking(shop, number + 1, wait=0) + asking(shop, number))
        assert is_silent(connection, 0.5)
        write(shop)
        data = b""
        while data.count(b"HTTP/1.1 200") < 3 or not data.endswith(b"}"):
            data += more_on(connection)
        assert re.findall(rb'"next":(\d+)', data) == [b"%d" % (number + 1)] * 3

        connection.sendall(asking(shop, number))
        assert numbers_on(connection) == [number + 1]


# Many, and what they cost


def test_two_hundred_who_wait_cost_no_thread_no_connection_and_no_processor(shop: Shop, other: Shop) -> None:
    hub = shop.hub
    (process,) = hub.web_workers()
    alone, threads = usual_seconds(shop), threads_of(process)

    with waiting([shop, other] * (WAITERS // 2)) as connections:
        assert threads_of(process) == threads
        # The request log's is one more; the server ends one that was closed in its own time.
        assert wait_until(lambda: len(connections_held(hub)) <= THREADS + 1), connections_held(hub)
        used, start = cpu_seconds([process]), time.monotonic()
        time.sleep(1)
        assert cpu_seconds([process]) - used < 0.25 * (time.monotonic() - start)

        number = write(other)
        assert seconds_to_wake(connections[1::2])
        assert [numbers_on(connection) for connection in connections[1::2]] == [[number]] * (WAITERS // 2)
        assert not ready(connections, 0)  # the others wait on
        assert wait_until(lambda: median(usual_read(other) for _ in range(9)) < USUALLY * alone)


def usual_read(shop: Shop) -> float:
    """What a read takes, on a connection of its own."""
    start = time.monotonic()
    assert shop.send("GET", "/customers/{tenant}?limit=1").status == 200
    return time.monotonic() - start


def connections_held(hub: Hub) -> list[tuple[Any, ...]]:
    of_hub = "application_name LIKE 'hub %' AND backend_type = 'client backend'"
    return hub.query(f"SELECT pid, backend_start, state, query FROM pg_stat_activity WHERE {of_hub}")


def threads_of(process: int) -> int:
    return len(list(Path(f"/proc/{process}/task").iterdir()))


def test_nobody_is_asked_while_nobody_waits(shop: Shop) -> None:
    def asked() -> bool:
        recent = "query LIKE '%unnest%tenants_feed%' AND query_start > now() - interval '0.8 seconds'"
        return bool(shop.hub.query(f"SELECT 1 FROM pg_stat_activity WHERE {recent} AND pid <> pg_backend_pid()"))

    with waiting([shop]):
        assert wait_until(asked)
    assert wait_until(lambda: not asked())


def test_a_tenant_has_its_places_and_no_more_and_who_hangs_up_leaves_them(shop: Shop, other: Shop) -> None:
    hub, far = shop.hub, 10**9
    with waiting([shop] * MOST_OF_ONE), raw(hub) as over, raw(hub) as another:
        over.sendall(asking(shop, far))
        assert page_on(over) == {"results": [], "next": far}
        another.sendall(asking(other, far))
        assert is_silent(another, 0.5)

    def has_room() -> bool:
        with raw(hub) as connection:
            connection.sendall(asking(shop, far))
            return is_silent(connection, 0.5)

    assert wait_until(has_room)  # who hung up would have waited on


def test_whoever_writes_wakes_those_in_every_process(patient_hub: Hub) -> None:
    shop = patient_hub.shop("Everywhere")
    assert wait_until(patient_hub.all_serve)
    with waiting([shop] * 9) as connections:
        assert min(patient_hub.spread()) > 0
        number = write(shop)

        assert seconds_to_wake(connections)
        assert [numbers_on(connection) for connection in connections] == [[number]] * 9


# Processes that end, and the database that does


def test_who_waits_is_answered_at_once_where_its_process_is_to_end(own: Hub) -> None:
    own.start("--no-worker")
    shop, old = own.shop("Ending"), own.all_web_workers()
    with waiting([shop] * 10) as connections:
        os.kill(own.pid, signal.SIGHUP)
        answered_and_closed(connections)
    assert wait_until(lambda: not old & set(own.web_workers()))

    with waiting([shop] * 10) as connections:
        os.kill(own.pid, signal.SIGTERM)
        answered_and_closed(connections)
        assert own.wait() == 0


def answered_and_closed(connections: Sequence[socket.socket]) -> None:
    """See that each has an empty page, long before its waiting would be over, and is closed.

    Who still waits when the process has had its time to end gets none.
    """
    for connection in connections:
        status, headers, body = answer_on(connection)
        assert (status, headers["connection"]) == (200, "close")
        assert json.loads(body)["data"]["results"] == []
        assert connection.recv(1) == b""


def test_who_waits_while_the_database_is_away_is_woken_when_it_is_back(shop: Shop) -> None:
    hub, said = shop.hub, "nobody knows whether there is news"
    before = log_of(hub).count(said)
    with waiting([shop] * 5) as connections:
        with away(hub):
            assert wait_until(lambda: log_of(hub).count(said) > before)
        assert wait_until(lambda: shop.post("customers", [{"CustomerId": token_hex(8)}]).status == 200)

        assert seconds_to_wake(connections)
        assert len({tuple(numbers_on(connection)) for connection in connections}) == 1
    assert log_of(hub).count(said) == before + 1
