"""ETag and If-None-Match on single records: a client that keeps one asks whether it is still the same."""

from typing import Any

import pytest

from tests.conftest import Partner
from tests.orders.records import order
from tests.products.records import product

PATHS = {"customers": "/customers/{tenant}/A", "orders": "/orders/{tenant}/A", "products": "/products/{tenant}/A"}
RECORDS = {"customers": {"CustomerId": "A"}, "orders": order(OrderId="A"), "products": product(ProductId="A")}
CHANGED = {"customers": {"Name": "Ann"}, "orders": {"Currency": "USD"}, "products": {"ProductName": "Hat"}}
ENTITIES = list(PATHS)


@pytest.fixture
def shop(partner: Partner) -> Partner:
    for entity, record in RECORDS.items():
        partner.save(entity, record)
    return partner


def ask(partner: Partner, entity: str, tags: str = "", *, query: str = "", method: str = "GET") -> Any:
    return partner.send(method, PATHS[entity] + query, **{"If-None-Match": tags} if tags else {})


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_record_that_is_the_same_is_not_sent_again(shop: Partner, entity: str) -> None:
    first = ask(shop, entity)
    again = ask(shop, entity, first["ETag"])

    assert first.status_code == 200
    assert (again.status_code, again.content) == (304, b"")
    assert first["ETag"].startswith('"')
    for name in ("ETag", "Cache-Control", "Vary"):
        assert again[name] == first[name]
    assert again["Cache-Control"] == "no-store"
    assert "Content-Type" not in again.headers
    assert {"X-Request-Id", "traceparent", "X-RateLimit-Remaining"} <= set(again.headers)


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_record_that_changed_is_sent_with_another_tag(shop: Partner, entity: str) -> None:
    tag = ask(shop, entity)["ETag"]

    shop.save(entity, {**RECORDS[entity], **CHANGED[entity]})

    changed = ask(shop, entity, tag)
    assert (changed.status_code, ask(shop, entity, changed["ETag"]).status_code) == (200, 304)
    assert changed["ETag"] != tag


def test_a_part_that_changed_is_a_record_that_did(shop: Partner) -> None:
    tag = ask(shop, "orders")["ETag"]

    shop.delete("/orders/{tenant}/A/items", productId="P-1", sku="S-1")

    assert ask(shop, "orders", tag).status_code == 200


def test_what_is_asked_of_a_record_is_part_of_its_tag(shop: Partner) -> None:
    whole, some = ask(shop, "customers")["ETag"], ask(shop, "customers", query="?fields=CustomerId,Hash")["ETag"]

    assert whole != some
    assert ask(shop, "customers", whole, query="?fields=CustomerId,Hash").status_code == 200
    assert ask(shop, "customers", some, query="?fields=Hash,CustomerId").status_code == 304
    shop.save("customers", {"CustomerId": "A", "Name": "Ann"})
    assert ask(shop, "customers", some, query="?fields=CustomerId,Hash").status_code == 200


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ("{tag}", 304),
        ("W/{tag}", 304),
        ('"x", W/"y",{tag}', 304),
        ("*", 304),
        ('"x"', 200),
        ("{bare}", 200),
        ('"{bare}x"', 200),
        ('w/"x"', 200),
        (",", 200),
        ('"', 200),
        ("é", 200),
        ('"*"', 200),
    ],
)
def test_tags_are_compared_weakly(shop: Partner, tags: str, status: int) -> None:
    tag = ask(shop, "products")["ETag"]

    sent = tags.replace("{tag}", tag).replace("{bare}", tag.strip('"'))

    assert ask(shop, "products", sent).status_code == status
    assert ask(shop, "products", sent, method="HEAD").status_code == status


def test_a_compressed_answer_has_a_weak_tag_that_is_the_same(shop: Partner) -> None:
    shop.save("customers", {"CustomerId": "A", "Surname": "x" * 300, "Username": "y" * 500})
    plain = ask(shop, "customers")

    packed = shop.send("GET", PATHS["customers"], **{"Accept-Encoding": "gzip"})

    assert (packed["Content-Encoding"], packed["ETag"]) == ("gzip", f"W/{plain['ETag']}")
    assert ask(shop, "customers", packed["ETag"]).status_code == 304


def test_a_record_there_is_not_is_not_the_same_as_any(shop: Partner) -> None:
    response = shop.send("GET", "/orders/{tenant}/B", **{"If-None-Match": "*"})

    assert response.status_code == 404
    assert "ETag" not in response.headers


def test_lists_have_no_tag(shop: Partner) -> None:
    response = shop.send("GET", "/orders/{tenant}", **{"If-None-Match": "*"})

    assert response.status_code == 200
    assert "ETag" not in response.headers


def test_a_strangers_tag_opens_nothing(shop: Partner, by_email: Partner) -> None:
    response = by_email.send("GET", PATHS["customers"].format(tenant=shop.id), **{"If-None-Match": "*"})

    assert response.status_code == 401
