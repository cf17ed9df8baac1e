"""The feed asked to wait, through servers that run: who waits is woken by whoever writes, and costs nobody anything."""

import contextlib
import json
import os
import select
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from hub.serving.parking import MOST_OF_ONE
from tests.orders.records import order
from tests.system.conftest import copy
from tests.system.processes import cpu_seconds
from tests.system.running import Hub, Shop, folder_for_hubs
from tests.system.test_faults import request
from tests.system.test_front import answer_on, is_silent, raw, usual_seconds
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
WAITERS = 200
THREADS = 4
SOON = 3  # seconds, where a quarter of one is meant: ceilings for a machine that is busy
CUSTOMER = [{"CustomerId": "C-1"}]


@pytest.fixture(scope="module")
def hub(prepared: Path) -> Iterator[Hub]:
    """A hub with one process, whose few threads are soon missed."""
    with folder_for_hubs() as folder:
        copy(prepared, folder / "var")
        hub = Hub(folder / "var", {"WORKERS": "1", "THREADS": str(THREADS)})
        try:
            hub.start("--no-worker")
            yield hub
        finally:
            hub.stop()


@pytest.fixture
def shop(hub: Hub) -> Shop:
    return hub.shop("Waiting")


def asking(shop: Shop, after: int = 0, wait: int = 30, *, more: str = "", start: str = "GET") -> bytes:
    line = f"{start} /changes/{{tenant}}?after={after}&wait={wait}{more} HTTP/1.1"
    return request(shop, line, Connection="keep-alive")


@contextlib.contextmanager
def waiting(*asked: tuple[Shop, bytes]) -> Iterator[list[socket.socket]]:
    """Connections on each of which a request waits."""
    with contextlib.ExitStack() as opened:
        connections = [opened.enter_context(raw(shop.hub)) for shop, _ in asked]
        for connection, (_, sent) in zip(connections, asked, strict=True):
            connection.sendall(sent)
        assert wait_until(lambda: [counted(shop) for shop, _ in asked].count(0) == 0)
        assert not select.select(connections, [], [], 0.5)[0]
        yield connections


def counted(shop: Shop) -> int:
    """Return how many requests of a tenant were counted this hour."""
    rows = shop.hub.query(f"SELECT in_hour FROM tenants_ratecounter WHERE bucket = 'tenant {shop.id}'")
    return int(rows[0][0]) if rows else 0


def page_on(connection: socket.socket) -> dict[str, Any]:
    status, _, body = answer_on(connection)
    assert status == 200, body
    data: dict[str, Any] = json.loads(body)["data"]
    return data


def seconds_of_waking(connections: list[socket.socket], start: float) -> list[float]:
    """Return when each connection had its answer, the soonest first."""
    left, seconds = set(connections), []
    while left:
        ready = select.select(left, [], [], PATIENCE)[0]
        assert ready, "nobody was answered"
        seconds += [time.monotonic() - start] * len(ready)
        left -= set(ready)
    return seconds


def test_what_is_there_is_answered_at_once_and_what_comes_when_it_comes(shop: Shop) -> None:
    assert shop.post("customers", CUSTOMER).status == 200
    with raw(shop.hub) as connection:
        connection.sendall(asking(shop))
        assert page_on(connection)["next"] == 1

        connection.sendall(asking(shop, after=1))
        assert is_silent(connection, 1)
        assert shop.post("orders", [order()]).status == 200
        start = time.monotonic()
        page = page_on(connection)

        assert time.monotonic() - start < SOON
        assert [change["Number"] for change in page["results"]] == [2]


def test_where_nothing_comes_the_page_is_empty_when_the_seconds_are_over(shop: Shop) -> None:
    with raw(shop.hub) as connection:
        for start in ("GET", "HEAD"):
            begun = time.monotonic()
            connection.sendall(asking(shop, after=7, wait=1, start=start))
            assert not is_silent(connection, PATIENCE)
            assert 0.9 < time.monotonic() - begun < 1 + SOON
            if start == "GET":
                assert page_on(connection) == {"results": [], "next": 7}
            else:
                assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_two_hundred_who_wait_hold_no_thread_no_connection_and_no_processor(hub: Hub) -> None:
    shops = [hub.shop(f"Crowd {n}") for n in range(4)]
    asked = [(shops[n % 4], asking(shops[n % 4])) for n in range(WAITERS)]
    alone = usual_seconds(shops[0])
    numbers = {shop.id: shop.change_numbers()[-1:] or [0] for shop in shops}
    asked = [(shop, asking(shop, after=numbers[shop.id][0])) for shop, _ in asked]
    (before,) = hub.web_workers()

    with waiting(*asked) as connections:
        beside = usual_seconds(shops[0] if False else hub.shop("Beside"))
        used, begun = cpu_seconds([before]), time.monotonic()
        time.sleep(1)
        busy = (cpu_seconds([before]) - used) / (time.monotonic() - begun)
        held = hub.query("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'hub %'")[0][0]
        threads = len(list(Path(f"/proc/{before}/task").iterdir()))
        woken = []
        for shop in shops:
            mine = [connection for connection, (whose, _) in zip(connections, asked, strict=True) if whose is shop]
            assert shop.post("customers", [{"CustomerId": "woken"}]).status == 200
            woken += seconds_of_waking(mine, time.monotonic())
        print("ALONE", alone, "BESIDE", beside, "BUSY", busy, "HELD", held, "THREADS", threads)
        print("WOKEN", min(woken), median(woken), max(woken))
