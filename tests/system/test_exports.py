"""Exports through a server that runs: a slow reader of 100,000 records, writers beside, a database that is killed."""

import http.client
import json
import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.system.conftest import copy
from tests.system.running import Hub, Shop, folder_for_hubs
from tests.system.test_bounds import memory_of
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
RECORDS = 100_000
FILL = """
INSERT INTO customers_customer
       (tenant_id, match_key, customer_id, email_optin, sms_optin, whatsapp_optin, app_push_optin, gdpr_optin,
        is_excluded, attributes, tags, mailing_lists, given, created_at, updated_at)
SELECT '{tenant}', 'i:' || n, n::text, false, false, false, false, false, false, '{{}}', '{{}}', '{{}}', 1, now(), now()
  FROM generate_series(100001, 200000) n
RETURNING id
"""
HOLDING = """
SELECT count(*)
  FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle' AND query LIKE 'COPY%'
"""


@pytest.fixture(scope="module")
def hub(prepared: Path) -> Iterator[Hub]:
    with folder_for_hubs() as folder:
        copy(prepared, folder / "var")
        hub = Hub(folder / "var", {"WORKERS": "1", "THREADS": "4"})
        try:
            hub.start("--no-worker")
            yield hub
        finally:
            hub.stop()


@pytest.fixture(scope="module")
def shop(hub: Hub) -> Shop:
    """A tenant with 100,000 customers that came before there were changesets of them."""
    shop = hub.shop("Exports")
    hub.query(FILL.format(tenant=shop.id))
    return shop


@contextmanager
def begun(shop: Shop) -> Iterator[http.client.HTTPResponse]:
    with closing(shop.hub.connect()) as connection:
        path = f"/exports/{shop.id}?entity=customers"
        connection.request("GET", path, headers={"x-replenit-auth-key": shop.key})
        with closing(connection.getresponse()) as answer:
            assert answer.status == 200
            yield answer


def by_id(text: bytes) -> dict[str, dict[str, Any]]:
    return {record["CustomerId"]: record for record in map(json.loads, text.splitlines())}


def write_on(shop: Shop, is_over: Event) -> None:
    with closing(shop.hub.connect()) as connection:
        number = 0
        while not is_over.is_set():
            number += 1
            records = [{"CustomerId": str(100_001 + (number * 997 + n) % RECORDS), "Name": "x"} for n in range(50)]
            assert shop.post("customers", records, connection=connection).status == 200
            is_over.wait(0.02)


def test_a_slow_reader_gets_all_of_it_and_holds_nothing_while_others_write(shop: Shop) -> None:
    is_over = Event()
    writer = Thread(target=write_on, args=(shop, is_over))
    writer.start()
    with begun(shop) as answer:
        parts = [answer.read(1024 * 1024)]
        before = memory_of(shop.hub)
        for _ in range(3):
            assert wait_until(lambda: shop.hub.query(HOLDING) == [(0,)])  # once what is read ahead is there
            parts.append(answer.read(1024 * 1024))
        while part := answer.read(1024 * 1024):
            parts.append(part)
        after = int(answer.headers["X-Changeset"])
    is_over.set()
    writer.join()

    held = by_id(b"".join(parts))
    assert len(held) == RECORDS
    assert memory_of(shop.hub) - before < 30 * 1024
    while page := shop.send("GET", f"/changes/{{tenant}}?after={after}&include=records").json()["data"]["results"]:
        for record in (each["Record"] for changeset in page for each in changeset["Records"]):
            held[record["CustomerId"]] = {name: value for name, value in record.items() if name != "Processable"}
        after = page[-1]["Number"]
    assert held == {record["CustomerId"]: record for record in shop.read("customers")}


def test_a_database_that_is_killed_costs_a_wait_or_is_seen(shop: Shop) -> None:
    with begun(shop) as answer:
        parts = [answer.read(1024 * 1024)]
        os.kill(shop.hub.postmaster(), signal.SIGKILL)
        try:
            while part := answer.read(1024 * 1024):
                parts.append(part)
        except (http.client.IncompleteRead, ConnectionError):
            return

    assert len(by_id(b"".join(parts))) == RECORDS
