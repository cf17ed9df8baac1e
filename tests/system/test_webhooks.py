"""Webhooks of a hub that runs: the worker killed in the middle of a delivery, told to end, and two of them at once."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.system.conftest import hub_on_a_copy
from tests.system.processes import kill, stopped
from tests.system.running import Hub, Shop
from tests.waiting import wait_until
from tests.webhooks.receiver import Receiver, answering, hanging, receiving

pytestmark = pytest.mark.slow
HELD = "SELECT held_by, held_until > now() + interval '20 seconds' FROM tenants_webhook WHERE id = {}"
ATTEMPTS = "SELECT count(*) FROM tenants_delivery"
STARTS = "the background worker starts"


@pytest.fixture(scope="module")
def hub(prepared: Path) -> Iterator[Hub]:
    """A hub whose webhooks may lead to this machine."""
    yield from hub_on_a_copy(prepared, {"WORKERS": "1", "WEBHOOK_LOOPBACK": "true"})


def hook(shop: Shop, receiver: Receiver) -> int:
    """Make a webhook as the command line does, and return its number."""
    made = shop.hub.tell("webhooks", "create", shop.id, receiver.url, WEBHOOK_LOOPBACK=True)
    assert "whsec_" in made
    return int(made.split()[1].rstrip(","))


def change(shop: Shop, number: int) -> None:
    """Change something so many times."""
    for _ in range(number):
        assert shop.post("customers", [{"CustomerId": "C-1", "Name": os.urandom(8).hex()}]).status == 200


def has_more_than(receiver: Receiver, least: int) -> bool:
    return len(receiver.got) > least


def test_after_a_worker_was_killed_in_mid_delivery_nothing_is_missing_and_all_is_in_order(hub: Hub) -> None:
    shop = hub.shop("Killed in delivery")
    ok = answering("200 OK")
    with receiving(ok, ok, hanging) as receiver:
        held = HELD.format(hook(shop, receiver))
        change(shop, 30)
        assert wait_until(lambda: len(receiver.got) >= 3)
        kill(hub.background_worker())
        [(holder, is_for_longer)] = hub.query(held)
        assert (holder is None, is_for_longer) == (False, False)  # so long the next waits, and for its own start
        assert wait_until(lambda: 30 in receiver.numbers)

    numbers = receiver.numbers
    assert numbers == [1, 2, 3, *range(3, 31)]
    assert receiver.got[2].headers["webhook-id"] == receiver.got[3].headers["webhook-id"]


def test_at_least_once_and_in_order_while_workers_are_killed_again_and_again(hub: Hub) -> None:
    shop = hub.shop("Killed again")
    done = threading.Event()

    def slow(connection: object) -> None:
        done.wait(0.05)
        answering("200 OK")(connection)  # type: ignore[arg-type]

    with receiving() as receiver:
        receiver.then = slow
        hook(shop, receiver)
        change(shop, 30)
        for least in (5, 15):
            assert wait_until(partial(has_more_than, receiver, least))
            kill(hub.background_worker())
        assert wait_until(lambda: 30 in receiver.numbers)

    firsts = list(dict.fromkeys(receiver.numbers))
    assert firsts == [*range(1, 31)]
    assert len(receiver.got) <= 32


def test_a_worker_ends_soon_and_the_next_goes_on_at_once(hub: Hub) -> None:
    shop = hub.shop("Told to end")
    with receiving(hanging) as receiver:
        held = HELD.format(hook(shop, receiver))
        change(shop, 2)
        assert wait_until(lambda: receiver.got)
        before = hub.query(ATTEMPTS)
        worker, starts = hub.background_worker(), hub.errors.read_text().count(STARTS)
        with stopped(hub.pid):  # who would start the next
            os.kill(worker, signal.SIGTERM)
            assert wait_until(lambda: worker not in hub.processes("procrastinate"))
            assert hub.query(ATTEMPTS) == before  # it was not waited for, to be noted after ten seconds
            assert hub.query(held)[0][0] is None  # the next need not wait until it is nobody's
        assert wait_until(lambda: hub.errors.read_text().count(STARTS) > starts)
        assert wait_until(lambda: 2 in receiver.numbers)

    assert receiver.numbers == [1, 1, 2]


def test_a_worker_goes_on_when_the_database_was_killed(hub: Hub) -> None:
    shop = hub.shop("Database killed")
    with receiving() as receiver:
        hook(shop, receiver)
        change(shop, 1)
        assert wait_until(lambda: receiver.numbers == [1])
        hub.kill_database()
        assert wait_until(lambda: is_saved(shop))
        assert wait_until(lambda: 2 in receiver.numbers)

    assert sorted(set(receiver.numbers)) == [1, 2]


def is_saved(shop: Shop) -> bool:
    with suppress(OSError):
        return shop.post("customers", [{"CustomerId": "C-2"}]).status == 200
    return False
