"""Dry runs beside real writers: nobody waits for one longer than for a write, and none tells what never was."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from customers.models import Customer
from orders.models import Order
from tests.conftest import Partner
from tests.dry_runs import everything
from tests.orders.records import line, order
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

# For us: the server has the databases of other processes that run tests, too, whose connections are not ours to end.
WAITING = "SELECT array_agg(pid) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
MANY = 20


def send(partner: Partner, path: str, batch: list[dict[str, Any]]) -> Any:
    """Send a batch from a thread of its own, whose connection ends with it."""
    try:
        return partner.send("POST", path, batch)
    finally:
        connection.close()


def waiting() -> list[int]:
    """Return the connections that wait for a lock that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchall()[0][0] or []


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def held_up(threads: ThreadPoolExecutor, partner: Partner, path: str, *batch: dict[str, Any]) -> Future[Any]:
    """Begin a request that waits for a row that this thread holds."""
    answer = threads.submit(send, partner, path, list(batch))
    assert wait_until(waiting)
    return answer


@pytest.mark.usefixtures("plain_postgres")
def test_writers_of_other_records_pass_a_dry_run_that_waits(partner: Partner, threads: ThreadPoolExecutor) -> None:
    partner.save("customers", {"CustomerId": "C-1"}, {"CustomerId": "C-2"})

    with transaction.atomic():
        Customer.objects.select_for_update().get(tenant=partner.tenant, customer_id="C-1")
        tried = held_up(threads, partner, "/customers/{tenant}?dryRun=true", {"CustomerId": "C-1", "Name": "Ada"})
        real = threads.submit(send, partner, "/customers/{tenant}", [{"CustomerId": "C-2", "Name": "Bo"}])
        assert real.result(PATIENCE).status_code == 200

    assert tried.result().json()["data"]["updated"] == 1
    assert [record["Name"] for record in partner.read("customers")] == [None, "Bo"]


@pytest.mark.usefixtures("plain_postgres")
def test_a_dry_run_whose_connection_dies_leaves_nothing(partner: Partner, threads: ThreadPoolExecutor) -> None:
    partner.save("orders", order(), order(OrderId="O-2"))
    before = everything()

    with transaction.atomic():
        Order.objects.select_for_update().get(tenant=partner.tenant, order_id="O-2")
        batch = [order(TotalRevenue=7), order(OrderId="O-2", TotalRevenue=7)]
        tried = held_up(threads, partner, "/orders/{tenant}?dryRun=true", *batch)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [waiting()])

    assert tried.result().status_code == 503
    after = everything()
    changed = {table for table in after if after[table] != before[table]}
    assert changed <= {"orders_order"}  # a lock leaves its mark with a row
    assert {record["TotalRevenue"] for record in partner.read("orders")} == {29.99}
    assert partner.save("orders", *batch)["updated"] == 2


def test_beside_writers_of_the_same_records_nothing_is_told_that_never_was(
    partner: Partner, threads: ThreadPoolExecutor
) -> None:
    """Writers keep two fields alike; a dry run changes a third, and must never show one of the two."""
    ids = [f"C-{i}" for i in range(MANY)]
    partner.save("customers", *({"CustomerId": each, "Email": f"{each}@example.com", "Language": "de"} for each in ids))

    def write(writer: int) -> None:
        for turn in range(15):
            name = f"{writer}-{turn}"
            batch = [{"CustomerId": each, "Name": name, "Surname": name} for each in ids[writer * 3 :] + ids[:3]]
            assert send(partner, "/customers/{tenant}", batch).status_code == 200

    def attempt(names: str) -> None:
        for _ in range(15):
            batch = [
                {"CustomerId": each} if names == "CustomerId" else {"Email": f"{each}@example.com"} for each in ids
            ]
            answer = send(partner, "/customers/{tenant}?dryRun=true", [{**one, "Language": "en"} for one in batch])
            assert answer.status_code == 200
            changes = answer.json()["data"]["changes"]
            told = [(change["before"], change["after"]) for change in changes]
            assert told == [({"Language": "de"}, {"Language": "en"})] * MANY

    work = [threads.submit(write, writer) for writer in range(2)]
    work += [threads.submit(attempt, names) for names in ("CustomerId", "Email")]
    for each in work:
        each.result()


def test_beside_writers_of_the_same_orders_the_lines_are_those_that_were(
    partner: Partner, threads: ThreadPoolExecutor
) -> None:
    ids = [f"O-{i}" for i in range(MANY)]
    partner.save("orders", *(order(OrderId=each, OrderItems=[line()] * 2) for each in ids))

    def write(writer: int) -> None:
        for turn in range(15):
            lines = [line(Quantity=writer * 100 + turn + 1)] * 2
            batch = [order(OrderId=each, OrderItems=lines) for each in ids]
            assert send(partner, "/orders/{tenant}", batch[writer:] + batch[:writer]).status_code == 200

    def attempt(_: int) -> None:
        for _ in range(15):
            batch = [order(OrderId=each, TotalRevenue=1, OrderItems=[line()]) for each in ids]
            answer = send(partner, "/orders/{tenant}?dryRun=true", batch)
            assert answer.status_code == 200
            for change in answer.json()["data"]["changes"]:
                first, second = change["before"].pop("OrderItems")
                assert first == second
                assert change["before"] == {"TotalRevenue": 29.99}
                assert change["after"]["OrderItems"][0]["Quantity"] == 1

    work = [threads.submit(write, writer) for writer in range(2)]
    for each in [*work, *(threads.submit(attempt, i) for i in range(2))]:
        each.result()
