"""GET /changes/{tenantId}: one gapless, commit-ordered list of what changed, without a personal value in it."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from tests.conftest import Partner
from tests.orders.records import line, order
from tests.products.records import product


def numbers(partner: Partner, **query: str) -> list[int]:
    return [change["Number"] for change in partner.get("/changes/{tenant}", **query).json()["data"]["results"]]


def test_a_tenant_that_never_wrote_has_an_empty_feed(partner: Partner) -> None:
    response = partner.get("/changes/{tenant}")

    assert response.json() == {"success": True, "message": "Changes found.", "data": {"results": [], "next": 0}}


def test_every_write_that_changed_something_has_the_next_number(partner: Partner) -> None:
    receipts = [
        partner.post("customers", [{"CustomerId": "C-1"}]),
        partner.post("orders", [order()]),
        partner.post("orders", [order()]),
        partner.post("orders", [order(), order(Currency="?")]),
        partner.post("products", [product()]),
        partner.delete("/orders/{tenant}/none"),
        partner.delete("/orders/{tenant}/O-1"),
        partner.delete("/products/{tenant}/P-1/variants/V-1"),
        partner.delete("/customers/{tenant}", customerId="C-1"),
    ]

    feed = partner.changes()
    assert [change["Number"] for change in feed] == [1, 2, 3, 4, 5, 6]
    assert [(change["Entity"], change["Operation"]) for change in feed] == [
        ("customers", "upsert"),
        ("orders", "upsert"),
        ("products", "upsert"),
        ("orders", "delete"),
        ("products", "delete"),
        ("customers", "erase"),
    ]
    assert [r.get("X-Changeset") for r in receipts[:5]] == ["1", "2", None, None, "3"]


def test_a_change_names_records_by_hub_id_and_what_happened_to_each(partner: Partner) -> None:
    partner.save("orders", order(), order(OrderId="O-2"))
    hub_ids = {each["OrderId"]: each["HubId"] for each in partner.read("orders")}
    response = partner.post("orders", [order(), order(OrderId="O-2", TotalRevenue=1), order(OrderId="O-3")])

    (change,) = partner.get("/changes/{tenant}", after="1").json()["data"]["results"]

    created = partner.read("orders", OrderId="O-3")[0]
    assert change == {
        "Number": 2,
        "Entity": "orders",
        "Operation": "upsert",
        "Source": "api",
        "Created": [created["HubId"]],
        "Updated": [hub_ids["O-2"]],
        "Deleted": [],
        "TraceId": response["traceparent"][3:35],
        "At": created["CreatedAt"],
    }


def test_after_asks_for_what_is_new(partner: Partner) -> None:
    for revenue in range(1, 4):
        partner.save("orders", order(TotalRevenue=revenue))

    assert [numbers(partner, after=after) for after in ("0", "1", "3", "999999999999999999")] == [
        [1, 2, 3],
        [2, 3],
        [],
        [],
    ]


def test_pages_follow_one_another_by_the_number_in_next(partner: Partner) -> None:
    for revenue in range(105):
        partner.save("orders", order(TotalRevenue=revenue))

    first = partner.get("/changes/{tenant}").json()["data"]
    second = partner.get("/changes/{tenant}", after=str(first["next"])).json()["data"]

    assert [change["Number"] for change in first["results"]] == list(range(1, 101))
    assert [change["Number"] for change in second["results"]] == list(range(101, 106))
    assert (first["next"], second["next"]) == (100, 105)
    assert numbers(partner, after="105") == []


@pytest.mark.parametrize("after", ["-1", "1.0", "x", "", "٣", "9" * 19, "9" * 5000], ids=lambda after: after[:20])
def test_after_is_a_number_of_a_changeset(partner: Partner, after: str) -> None:
    response = partner.get("/changes/{tenant}", after=after)

    assert response.status_code == 400
    assert response.json()["message"] == "after must be the number of a changeset, or 0."


def test_another_tenant_sees_and_numbers_its_own(partner: Partner, by_email: Partner) -> None:
    partner.save("orders", order())
    partner.save("products", product())
    by_email.save("orders", order())

    assert (numbers(partner), numbers(by_email)) == ([1, 2], [1])


def test_the_feed_holds_no_personal_value(partner: Partner) -> None:
    personal = ["ada@example.com", "Lovelace", "C-9471", "+49 30 1234567", "O-9471"]
    customer = {"CustomerId": "C-9471", "Email": personal[0], "Surname": "Lovelace", "Phone": personal[3]}
    partner.save("customers", customer)
    partner.save("orders", order(OrderId="O-9471", CustomerId="C-9471"))
    partner.delete("/customers/{tenant}", customerId="C-9471")

    feed = json.dumps(partner.changes())

    assert len(partner.changes()) == 4
    assert [value for value in personal if value in feed] == []


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_leave_no_gap_that_a_reader_could_miss(partner: Partner) -> None:
    done, seen = threading.Event(), list[int]()
    with ThreadPoolExecutor(7) as threads:
        reader = threads.submit(_follow, partner, seen, done)
        found = [answer for answers in threads.map(_writes, [partner] * 6, range(6)) for answer in answers]
        done.set()
        reader.result()

    assert {response.status_code for response in found} == {200}
    receipts = [int(response["X-Changeset"]) for response in found if "X-Changeset" in response]
    assert len(receipts) == len(set(receipts))
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) >= len(receipts) > 0
    assert sorted(each["OrderId"] for each in partner.read("orders")) == [f"{i:02}" for i in range(20)]
    assert {len(each["OrderItems"]) for each in partner.read("orders")} <= {1, 2, 3}


def _writes(partner: Partner, writer: int) -> list[Any]:
    """Send overlapping batches and deletes, each thread in an order of its own, ending with all orders there."""
    found = []
    try:
        for turn in range(8):
            batch = [
                order(OrderId=f"{i:02}", TotalRevenue=writer * 100 + turn, OrderItems=[line()] * (1 + writer % 3))
                for i in range(20)
            ]
            found.append(partner.delete(f"/orders/{{tenant}}/{(writer + turn) % 20:02}"))
            found.append(partner.post("orders", batch[writer:] + batch[:writer]))
    finally:
        connection.close()
    return found


def _follow(partner: Partner, seen: list[int], done: threading.Event) -> None:
    """Read the feed on and on, as a downstream system does, and once more after the last write."""
    try:
        last = False
        while not last:
            last = done.is_set()
            seen += numbers(partner, after=str(seen[-1] if seen else 0))
    finally:
        connection.close()
