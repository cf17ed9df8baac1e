"""What left one tenant as a file makes an equal one of another; a mirror by export and feed is whole."""

from collections.abc import Mapping
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MakeTenant, Partner, examples
from tests.files.test_exports import NASTY, objects, taken
from tests.orders.records import line, order
from tests.products.records import product, variant
from tests.tenants.mirror import ENTITIES, Mirror, stored

BATCHES = {"customers": 1000, "orders": 500, "products": 200}
OF_THE_HUB = ("HubId", "CreatedAt", "UpdatedAt")  # what a tenant gives its records itself


def without_own(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without what its tenant gave it, and its parts without that."""
    return {
        name: [without_own(part) for part in value] if name == "ProductVariants" else value
        for name, value in record.items()
        if name not in OF_THE_HUB
    }


def copied(source: Partner, target: Partner, entity: str) -> None:
    """Post the lines of a tenant's export to another tenant, as they stand."""
    lines = taken(source, entity).splitlines()
    for start in range(0, len(lines), BATCHES[entity]):
        body = b"[" + b",".join(lines[start : start + BATCHES[entity]]) + b"]"
        answer = target.post(entity, body)
        assert answer.status_code == 200, answer.content


def assert_equal(source: Partner, target: Partner) -> None:
    for entity in ENTITIES:
        assert [*map(without_own, target.read(entity))] == [*map(without_own, source.read(entity))]
        exports = [[without_own(record) for record in objects(taken(one, entity))] for one in (source, target)]
        assert exports[0] == exports[1]


IDS = st.sampled_from(["0001", "1", "é", "a b", "1e5", "=1", "'1", "\u200fعربي", "👩‍👩‍👧", 'q"', "n\nl", "9" * 100])
TEXTS = st.none() | st.sampled_from(["", NASTY, "x", "  padded  ", "=1+1", "null", "true", "00"])
FLAGS = st.none() | st.booleans()
CUSTOMERS = st.fixed_dictionaries({"CustomerId": IDS}, optional={"Name": TEXTS, "Username": TEXTS, "SmsOptin": FLAGS})
ORDERS = st.builds(
    lambda key, sku, amount: order(OrderId=key, TotalRevenue=amount, OrderItems=[line(Sku=sku), line(Sku="00")]),
    IDS, IDS, st.integers(0, 10**9).map(lambda number: number / 100),
)  # fmt: skip
PRODUCTS = st.builds(
    lambda key, of, taxonomy: product(
        ProductId=key, Taxonomy=taxonomy, ProductVariants=[variant(VariantId=each) for each in of]
    ),
    IDS, st.lists(IDS, max_size=3, unique=True), st.lists(IDS, max_size=3),
)  # fmt: skip


@pytest.mark.django_db
@examples(20)
@given(st.lists(CUSTOMERS, min_size=1), st.lists(ORDERS, min_size=1), st.lists(PRODUCTS, min_size=1))
def test_what_was_exported_makes_an_equal_tenant(
    make_tenant: MakeTenant, customers: list[Any], orders: list[Any], products: list[Any]
) -> None:
    source, target = make_tenant(), make_tenant()
    source.save("customers", *customers)
    source.save("orders", *orders)
    source.save("products", *products)

    for entity in ENTITIES:
        copied(source, target, entity)

    assert_equal(source, target)


def write_on(partner: Partner, is_over: Event, number: int) -> None:
    """Create, change and delete customers until it is over."""
    step = 0
    while not is_over.is_set():
        step += 1
        partner.save(
            "customers", *({"CustomerId": f"{number}-{(step * 7 + n) % 90:02}", "Name": f"{step}"} for n in range(5))
        )
        partner.delete("/customers/{tenant}", customerId=f"{number}-{step % 90:02}")
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_mirror_by_export_and_feed_is_whole_whatever_is_written_meanwhile(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.exports.pages.FIRST", 10)
    monkeypatch.setattr("tenants.exports.pages.MOST", 10)
    partner.save("customers", *({"CustomerId": f"{number}-{n:02}"} for number in range(3) for n in range(90)))
    is_over = Event()
    writers = [Thread(target=write_on, args=(partner, is_over, number)) for number in range(3)]
    for writer in writers:
        writer.start()

    answer = partner.get("/exports/{tenant}", entity="customers")
    held = {record["HubId"]: record for record in objects(b"".join(answer.streaming_content))}

    is_over.set()
    for writer in writers:
        writer.join()
    mirror = Mirror(partner, after=int(answer["X-Changeset"]))
    mirror.held["customers"] = held
    assert mirror.catch_up().held == stored(partner)
    assert held
