"""The request log of a running hub: a thread of each process writes it, and the last of it when the process ends."""

import os
import signal
from typing import Any

import psycopg
import pytest

from tests.system.running import Hub, Shop
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
CALLS = 40


def logged(shop: Shop, where: str = "true") -> list[tuple[Any, ...]]:
    statement = (
        f"SELECT id, method, status, trace_id FROM tenants_loggedrequest WHERE tenant_id = '{shop.id}' AND {where}"
    )
    return shop.hub.query(f"{statement} ORDER BY id")


def test_calls_are_logged_soon_by_whichever_process(hub: Hub) -> None:
    shop = hub.shop("Log soon")
    traces = {shop.send("GET", "/orders/{tenant}").headers["X-Request-Id"] for _ in range(CALLS)}

    assert wait_until(lambda: len(logged(shop)) == CALLS)

    assert {trace for *_, trace in logged(shop)} == traces


def test_what_waits_is_written_when_the_hub_is_stopped(own: Hub) -> None:
    own.settings["WORKERS"] = "2"
    own.start("--no-worker")
    shop = own.shop("Log stop")
    for _ in range(CALLS):
        assert shop.send("GET", "/orders/{tenant}").status == 200

    for worker in own.all_web_workers():
        os.kill(worker, signal.SIGTERM)

    assert wait_until(lambda: len(logged(shop)) == CALLS)
    os.kill(own.pid, signal.SIGTERM)
    assert own.wait() == 0


def test_when_the_database_comes_back_the_log_goes_on(hub: Hub) -> None:
    shop = hub.shop("Log away")
    hub.kill_database()
    assert wait_until(lambda: shop.post("customers", [{"CustomerId": "2"}]).status == 200)

    answered = [shop.send("GET", "/orders/{tenant}").status for _ in range(CALLS)]

    assert set(answered) == {200}
    assert wait_until(lambda: len(logged(shop, "method = 'GET'")) == CALLS)


def test_a_database_that_hangs_keeps_no_answer_waiting_for_the_log(hub: Hub) -> None:
    shop = hub.shop("Log lock")
    answered: list[int] = []
    with psycopg.connect(hub.url) as other:  # whose transaction, and the lock with it, ends with the block
        other.execute("LOCK TABLE tenants_loggedrequest IN ACCESS EXCLUSIVE MODE")
        for _ in range(CALLS):
            answered.append(shop.send("GET", "/orders/{tenant}").status)
        assert logged_elsewhere(hub)

    assert set(answered) == {200}
    assert wait_until(lambda: len(logged(shop)) == CALLS)


def logged_elsewhere(hub: Hub) -> bool:
    """Tell whether somebody waits for the locked table: the log's threads do."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%tenants_loggedrequest%'"
    return wait_until(lambda: bool(hub.query(waiting)))
