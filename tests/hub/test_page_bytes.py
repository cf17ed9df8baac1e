"""A page of records ends where it has 10 MB, and `next` goes on."""

import json
from typing import Any

import pytest

from customers.models import Customer
from products.models import Variant
from tests.conftest import Partner
from tests.customers.dialects.vendors import basic
from tests.orders.records import line, order
from tests.products.records import product, variant

MEGABYTE = 1024 * 1024


def pages(partner: Partner, url: str, results: str, **headers: str) -> list[list[Any]]:
    """Read page by page, each of at most 10 MB but for one record; return the records of each."""
    read = []
    while url:
        response = partner.send("GET", url.replace("http://testserver", ""), **headers)
        body = response.json()
        data = body.get("data", body)
        assert len(response.content) < 10 * MEGABYTE + 1000 or len(data[results]) == 1
        read.append(data[results])
        url = data.get("next") or data.get("next_url")
    return read


def grow(partner: Partner, megabytes: dict[str, float]) -> None:
    """Store customers with as much in their attributes, as an older version did."""
    partner.save("customers", *({"CustomerId": name} for name in megabytes))
    for name, size in megabytes.items():
        grown = {"A__x": "x" * int(size * MEGABYTE)}
        Customer.objects.filter(tenant=partner.tenant, customer_id=name).update(attributes=grown)


SIZES = {"a": 4, "b": 4, "c": 1.9, "d": 0.2, "e": 12, "f": 0, "g": 9.99}
EXPECTED = [["a", "b", "c"], ["d"], ["e"], ["f", "g"]]


@pytest.mark.parametrize("limit", ["3", "7", "1000"])
def test_a_page_of_customers_ends_at_ten_megabytes(partner: Partner, limit: str) -> None:
    grow(partner, SIZES)

    read = pages(partner, f"/customers/{partner.id}?limit={limit}", "results")

    assert [[customer["CustomerId"] for customer in page] for page in read] == EXPECTED


def test_a_custobar_page_ends_at_ten_megabytes(partner: Partner) -> None:
    grow(partner, SIZES)

    read = pages(partner, "/api/data/customers/?limit=7", "customers", **basic(partner.slug, partner.key))

    assert [[customer["external_id"] for customer in page] for page in read] == EXPECTED


def test_what_is_long_only_as_json_ends_a_page_too(partner: Partner) -> None:
    """A control character is one byte in the database and six in JSON."""
    partner.save("customers", *({"CustomerId": f"{i:03}", "Surname": "\x01" * 300} for i in range(1000)))
    Customer.objects.filter(tenant=partner.tenant).update(tags=["\x01" * 200] * 8)

    read = pages(partner, f"/customers/{partner.id}?limit=1000", "results")

    assert [customer["CustomerId"] for page in read for customer in page] == [f"{i:03}" for i in range(1000)]
    assert len(read) == 2


def test_no_more_is_read_from_the_database_than_a_page_has_room_for(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(partner, SIZES)
    read: list[str] = []
    from_db = Customer.from_db.__func__  # type: ignore[attr-defined]

    def noted(cls: type[Customer], *arguments: Any) -> Any:
        read.append((customer := from_db(cls, *arguments)).customer_id)
        return customer

    monkeypatch.setattr(Customer, "from_db", classmethod(noted))

    partner.get("/customers/{tenant}", limit="1000")

    assert read == ["a", "b", "c"]


def test_a_page_of_orders_ends_at_ten_megabytes(partner: Partner) -> None:
    wide = line(Size="s" * 200, Color="c" * 200, Brand="b" * 200)
    for i in range(0, 20, 5):
        partner.save("orders", *(order(OrderId=f"{i + k:02}", OrderItems=[wide] * 1000) for k in range(5)))

    read = pages(partner, f"/orders/{partner.id}?limit=1000", "results")

    assert [order["OrderId"] for page in read for order in page] == [f"{i:02}" for i in range(20)]
    assert len(read) == 2
    assert {len(order["OrderItems"]) for page in read for order in page} == {1000}


def test_a_page_of_products_ends_at_ten_megabytes_and_one_may_have_more(partner: Partner) -> None:
    image = f"https://shop.example/{'i' * 1900}"
    for name in "abc":
        many = [variant(VariantId=str(i), Sku=str(i), Image=image) for i in range(4000)]
        partner.save("products", product(ProductId=name, ProductVariants=many))
    Variant.objects.filter(tenant=partner.tenant, product__product_id="b").update(name="n" * 500)

    read = pages(partner, f"/products/{partner.id}", "results")

    assert [[product["ProductId"] for product in page] for page in read] == [["a"], ["b"], ["c"]]
    assert len(json.dumps(read[1])) > 10 * MEGABYTE
