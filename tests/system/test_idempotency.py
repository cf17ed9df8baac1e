"""Idempotency-Key where it counts: a process dies between commit and answer, the same request comes twice at once."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.idempotency import WRITES, Write
from tests.orders.records import order
from tests.products.records import product, variant
from tests.system.conftest import hub_on_a_copy
from tests.system.running import PLAIN, Answer, Hub, Shop
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
MORTAL = {"DJANGO_SETTINGS_MODULE": "tests.system.mortal"}
# One of each way to write, in an order in which each changes something: who is forgotten does not come back.
DEADLY = ["customers", "customers by e-mail", "orders", "customer, erased", "Jericommerce", "Custobar, erased"]


@pytest.fixture(scope="module")
def mortal(prepared: Path) -> Iterator[Hub]:
    yield from hub_on_a_copy(prepared, MORTAL, "--no-worker")


def send(shop: Shop, write: Write, key: str, connection: http.client.HTTPConnection | None = None) -> Answer:
    bearer = {"Authorization": f"Bearer {shop.key}"}
    dialects = {"native": {}, "jericommerce": {"api-key": shop.key}, "custobar": bearer}
    headers = {"Idempotency-Key": key.replace(",", ""), **dialects[write.dialect]}
    return shop.send(write.method, write.path, write.body, headers=headers, connection=connection)


def prepare(shop: Shop) -> None:
    """As tests.idempotency does."""
    line = {"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 1}
    known = {"CustomerId": "known", "Email": "known@shop.example", "EmailOptin": True}
    for entity, records in (
        ("customers", [known]),
        ("orders", [order(OrderId="known/1"), order(OrderId="known", OrderItems=[line])]),
        ("products", [product(ProductId="known", ProductVariants=[variant(VariantId="V-1")])]),
    ):
        assert shop.post(entity, records).status == 200


def told(answer: Answer) -> tuple[int, bytes, str | None]:
    return answer.status, answer.body, answer.headers["X-Changeset"]


@pytest.fixture(scope="module")
def doomed(mortal: Hub) -> Shop:
    return mortal.shop("Doomed")


@pytest.mark.parametrize("name", DEADLY)
def test_a_process_killed_after_the_commit_leaves_one_effect_and_its_receipt(doomed: Shop, name: str) -> None:
    write = WRITES[name]
    prepare(doomed)
    before = doomed.change_numbers()

    die("after", doomed, write, name)
    stored = doomed.change_numbers()
    answer = send(doomed, write, name)

    assert len(stored) > len(before)
    assert answer.status == write.status, answer.body
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert int(answer.headers["X-Changeset"]) in set(stored) - set(before)
    assert doomed.change_numbers() == stored
    assert told(send(doomed, write, name)) == told(answer)


@pytest.mark.parametrize("entity", ["customers", "orders"])
def test_a_process_killed_before_the_commit_leaves_nothing_and_the_retry_does_it(doomed: Shop, entity: str) -> None:
    record = order(OrderId="not yet") if entity == "orders" else {"CustomerId": "not yet"}
    write = Write("POST", f"/{entity}/{{tenant}}", [record])
    before = doomed.change_numbers()

    die("before", doomed, write, f"before {entity}")
    assert wait_until(lambda: not doomed.hub.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"))
    assert doomed.change_numbers() == before
    answer = send(doomed, write, f"before {entity}")

    assert (answer.status, answer.headers["Idempotent-Replayed"]) == (200, None)
    assert len(doomed.change_numbers()) == len(before) + 1


def die(when: str, shop: Shop, write: Write, key: str) -> None:
    """Send a write whose process dies at its commit."""
    workers, told = shop.hub.all_web_workers(), shop.hub.data / "dies"
    told.write_text(when)
    try:
        with pytest.raises((OSError, http.client.HTTPException)):
            send(shop, write, key)
    finally:
        told.unlink()
    assert workers - set(shop.hub.web_workers())


@pytest.fixture(scope="module")
def shop(hub: Hub) -> Shop:
    return hub.shop("Twice at once")


@pytest.mark.parametrize("name", DEADLY)
def test_the_same_request_eight_times_at_once_has_one_effect(shop: Shop, name: str) -> None:
    prepare(shop)
    before = shop.change_numbers()

    answers = at_once(shop, [(WRITES[name], name)] * 8)

    done = [answer for answer in answers if answer.status == WRITES[name].status]
    assert {answer.status for answer in answers} <= {WRITES[name].status, 409}
    assert len([answer for answer in done if answer.headers["Idempotent-Replayed"] is None]) == 1
    assert len({told(answer) for answer in done}) == 1
    for answer in answers:
        if answer.status == 409:
            assert answer.headers["Retry-After"] == "1"
            assert b"still running" in answer.body
    effects = 2 if name in ("customer, erased", "Custobar, erased") else 1
    assert len(before) < len(shop.change_numbers()) <= len(before) + effects


def at_once(shop: Shop, requests: list[tuple[Write, str]]) -> list[Answer]:
    """Send requests at once, each on a connection of its own, and again where the machine is too busy (503)."""
    start = threading.Barrier(len(requests))

    def visit(request: tuple[Write, str], connection: http.client.HTTPConnection) -> Answer:
        start.wait(PATIENCE)
        end = time.monotonic() + PATIENCE
        while (answer := send(shop, *request, connection=connection)).status == 503 and time.monotonic() < end:
            time.sleep(0.1)
        return answer

    with shop.hub.connections(len(requests)) as kept, ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(visit, requests, kept))


def test_while_the_first_waits_for_the_tenants_lock_the_second_is_told_at_once(shop: Shop) -> None:
    """Neither waits for the other; when the lock is free the first does what it was sent for."""
    held = Write("POST", "/customers/{tenant}", [{"CustomerId": "held", "Name": "x"}])
    with locked(shop) as release, ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, shop, held, "held")
        assert wait_until(lambda: waits_for_a_lock(shop.hub))
        second = send(shop, held, "held")
        assert not first.done()
        release()
        assert first.result(PATIENCE).status == 200

    assert (second.status, second.headers["Retry-After"]) == (409, "1")
    assert told(send(shop, held, "held")) == told(first.result())


def test_a_write_that_does_not_get_the_lock_is_503_and_nothing_is_kept(own: Hub) -> None:
    own.settings |= PLAIN
    own.start("--no-worker")
    shop = own.shop("No lock")
    held = Write("POST", "/customers/{tenant}", [{"CustomerId": "held", "Name": "y"}])
    with locked(shop):
        refused = send(shop, held, "no lock")

    assert refused.status == 503
    answer = send(shop, held, "no lock")
    assert (answer.status, answer.headers["Idempotent-Replayed"]) == (200, None)


@contextmanager
def locked(shop: Shop) -> Iterator[Callable[[], None]]:
    """Hold the tenant's lock, as whoever writes exclusively does, until the block ends or calls what it is given."""
    key = int.from_bytes(UUID(shop.id).bytes[:8], signed=True)
    with psycopg.connect(make_conninfo(**shop.hub.database.settings())) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        yield connection.rollback


def waits_for_a_lock(hub: Hub) -> bool:
    return bool(hub.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))


def test_batches_that_look_for_the_forgotten_first_do_not_wait_for_each_other(shop: Shop) -> None:
    """The first statement has the shared lock and stores nothing; what looks then needs the lock alone."""
    forget = WRITES["Custobar, erased"]._replace(body=[{"email": "gone@shop.example", "is_forgotten": True}])
    assert send(shop, forget, "forget").status == 200
    shop.hub.query(f"UPDATE tenants_tenant SET consent_policy = 'staff' WHERE id = '{shop.id}'")
    requests = []
    for number in range(32):
        named = [{"CustomerId": f"{number}-{i}", "EmailOptin": True} for i in range(20)]
        requests.append((Write("POST", "/customers/{tenant}", named), f"key {number}"))

    answers = at_once(shop, requests)

    assert Counter(answer.status for answer in answers) == {200: 32}
    assert {answer.headers["Idempotent-Replayed"] for answer in answers} == {None}
    assert "DeadlockDetected" not in shop.hub.errors.read_text()
