"""A dry run whose process is killed with -9 leaves nothing, as a write does."""

import http.client
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.system.running import Answer, Hub, Shop
from tests.system.test_turns import locked, waiting_for_a_lock
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
ADA = {"CustomerId": "C-1", "Name": "Ada"}


def attempt(shop: Shop) -> Answer | None:
    """Try a batch; None where the connection ends before the answer."""
    try:
        return shop.send("POST", "/customers/{tenant}?dryRun=true", [{**ADA, "Name": "Bea"}, {"CustomerId": "C-2"}])
    except (OSError, http.client.HTTPException):
        return None


def test_a_killed_process_leaves_nothing_of_a_dry_run(hub: Hub) -> None:
    shop = hub.shop("Tried")
    shop.post("customers", [ADA])
    numbers = shop.change_numbers()

    with ThreadPoolExecutor(1) as threads:
        with locked(shop):
            tried = threads.submit(attempt, shop)
            assert wait_until(lambda: waiting_for_a_lock(hub))
            for pid in hub.all_web_workers():
                os.kill(pid, signal.SIGKILL)
        assert tried.result() is None

    assert wait_until(hub.all_serve)
    assert shop.change_numbers() == numbers
    assert [(record["CustomerId"], record["Name"]) for record in shop.read("customers")] == [("C-1", "Ada")]
    again = attempt(shop)
    assert again
    assert again.json()["data"]["updated"] == 1
