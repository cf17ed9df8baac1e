"""GET /orders/{tenantId} and …/{orderId}: filters, pages, and a fixed number of statements whatever the size."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.conftest import Partner
from tests.orders.records import line, order

# authorise (counts the request too); savepoint, documents with the lock, parts with the changeset, release.
STATEMENTS_OF_A_BATCH = 5
# authorise, orders, how much their lines weigh, lines.
STATEMENTS_OF_A_PAGE = 4


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with four orders, each different in every field there is a filter for."""
    partner.save(
        "orders",
        order(OrderId="A", CustomerId="C-1", Email="a@example.com", Currency="EUR", OrderDate="2025-01-01T00:00:00Z"),
        order(OrderId="a", CustomerId="C-2", Email="b@example.com", Currency="USD", OrderDate="2025-01-02T00:00:00Z"),
        order(OrderId="B", OrderDate="2025-01-03T00:00:00Z", OrderItems=[line(), line(ProductId="P-2", Sku="s 2 ")]),
        order(OrderId="C", OrderDate="2025-01-04T00:00:00Z", IsOrderCancelled=True),
    )
    return partner


def found(partner: Partner, **filters: str) -> str:
    """Return the ids of the orders that filters leave, sorted, in one word: databases differ on `A` and `a`."""
    return "".join(sorted(each["OrderId"] for each in partner.read("orders", **filters)))


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("OrderId", "A", "A"),
        ("OrderId", "nothing", ""),
        ("CustomerId", "C-2", "a"),
        ("CustomerId", "c-2", ""),
        ("Email", "b@example.com", "a"),
        ("Email", " B@Example.com ", "a"),
        ("ProductId", "P-2", "B"),
        ("ProductId", "P-1", "ABCa"),
        ("Sku", "s 2 ", "B"),
        ("Sku", "s 2", ""),
        ("Currency", "USD", "a"),
        ("Currency", " usd", "a"),
        ("Currency", "SEK", ""),
        ("IsOrderCancelled", "true", "C"),
        ("IsOrderCancelled", "FALSE", "ABa"),
        ("OrderDate__gte", "2025-01-03T00:00:00Z", "BC"),
        ("OrderDate__gt", "2025-01-03T00:00:00Z", "C"),
        ("OrderDate__lt", "2025-01-02T00:00:00Z", "A"),
        ("OrderDate__lte", "2025-01-02T02:00:00+02:00", "Aa"),
        ("UpdatedAt__gte", "2025-01-03T00:00:00Z", "ABCa"),
        ("UpdatedAt__lt", "2025-01-03T00:00:00Z", ""),
        ("CreatedAt__gt", "2025-01-03T00:00:00Z", "ABCa"),
        ("CreatedAt__lte", "2025-01-03T00:00:00Z", ""),
    ],
)
def test_orders_are_filtered(shop: Partner, name: str, value: str, ids: str) -> None:
    assert found(shop, **{name: value}) == ids


def test_filters_are_all_met_at_once(shop: Partner) -> None:
    assert found(shop, ProductId="P-1", Currency="EUR", IsOrderCancelled="false") == "AB"


def test_updated_at_is_a_filter_that_finds_what_changed_since(shop: Partner) -> None:
    since = max(each["UpdatedAt"] for each in shop.read("orders"))
    shop.save("orders", order(OrderId="B", TotalRevenue=1))

    assert found(shop, UpdatedAt__gt=since.replace("Z", "999Z")) == "B"


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"Colour": "red"}, "unknown_parameter"),
        ({"orderid": "A"}, "unknown_parameter"),
        ({"OrderDate": "2025-01-01T00:00:00Z"}, "unknown_parameter"),
        ({"format": "xml"}, "unknown_parameter"),
        ({"OrderId": "A" * 101}, "too_long"),
        ({"CustomerId": "A" * 101}, "too_long"),
        ({"ProductId": "A" * 101}, "too_long"),
        ({"Sku": "A" * 101}, "too_long"),
        ({"Email": "a@example"}, "email"),
        ({"Currency": "euro"}, "currency"),
        ({"OrderDate__gte": "yesterday"}, "datetime"),
        ({"OrderDate__gte": "2025-01-01"}, "datetime"),
        ({"OrderDate__lt": "2025-01-01T00:00:00"}, "datetime"),
        ({"IsOrderCancelled": "maybe"}, "not_a_boolean"),
        ({"HubId": "O-1"}, "hub_ids"),
        ({"limit": "0"}, "too_small"),
        ({"limit": "1001"}, "too_large"),
        ({"limit": "ten"}, "not_an_integer"),
        ({"cursor": "?"}, "cursor"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_filter_there_is_not_or_a_value_it_cannot_have_is_refused(
    shop: Partner, filters: dict[str, str], code: str
) -> None:
    response = shop.get("/orders/{tenant}", **filters)

    assert response.status_code == 400
    assert [(detail["field"], detail["code"]) for detail in response.json()["details"]] == [(*filters, code)]


def test_a_plus_that_was_not_encoded_is_one_in_an_email_and_a_time(partner: Partner) -> None:
    partner.save("orders", order(Email="jane+news@example.com"))

    query = "Email=jane+news@example.com&OrderDate__gt=2000-01-01T00:00:00+02:00"

    response = partner.send("GET", f"/orders/{{tenant}}?{query}")

    assert [each["OrderId"] for each in response.json()["data"]["results"]] == ["O-1"]


def test_orders_are_found_by_the_hub_ids_of_the_feed(shop: Partner, by_email: Partner) -> None:
    by_email.save("orders", order())
    (theirs,) = by_email.changes()[0]["Created"]
    hub_ids = {each["OrderId"]: each["HubId"] for each in shop.read("orders")}

    assert found(shop, HubId=f"{hub_ids['B']}, {hub_ids['a']},{theirs}") == "Ba"
    assert found(shop, HubId=f"{hub_ids['B']},{hub_ids['a']}", Currency="USD") == "a"
    assert found(shop, HubId=str(theirs)) == ""


@pytest.mark.parametrize("limit", ["1", "2", "3", "4", "1000"])
def test_pages_hold_every_order_once_in_the_order_of_their_ids(shop: Partner, limit: str) -> None:
    assert found(shop, limit=limit) == "ABCa"
    assert [each["OrderId"] for each in shop.read("orders", limit=limit, Currency="EUR")] == ["A", "B", "C"]


def test_a_page_holds_100_orders_where_nothing_is_said(partner: Partner) -> None:
    partner.save("orders", *(order(OrderId=f"{i:03}") for i in range(101)))

    first = partner.get("/orders/{tenant}").json()["data"]
    second = partner.send("GET", first["next"].removeprefix("http://testserver")).json()["data"]

    assert (len(first["results"]), len(second["results"]), second["next"]) == (100, 1, None)


def test_a_full_page_that_is_the_last_names_no_next(shop: Partner) -> None:
    data = shop.get("/orders/{tenant}", limit="4").json()["data"]

    assert (len(data["results"]), data["next"]) == (4, None)


def test_a_page_is_not_disturbed_by_what_comes_and_goes(shop: Partner) -> None:
    first = shop.get("/orders/{tenant}", limit="2", Currency="EUR").json()["data"]
    shop.delete("/orders/{tenant}/B")
    shop.save("orders", order(OrderId="0"))

    second = shop.send("GET", first["next"].removeprefix("http://testserver")).json()["data"]

    assert [each["OrderId"] for each in second["results"]] == ["C"]


def test_one_order_is_read_by_its_id(shop: Partner) -> None:
    response = shop.get("/orders/{tenant}/B")

    assert response.json()["data"] == shop.read("orders", OrderId="B")[0]
    assert response.json()["message"] == "Order found."


def test_an_order_there_is_not_is_a_404(shop: Partner) -> None:
    response = shop.get("/orders/{tenant}/b")

    assert response.status_code == 404
    assert response.json() == {"success": False, "message": "Order not found.", "data": {}}


def test_an_identifier_in_a_path_has_the_limit_of_one_in_a_body(shop: Partner) -> None:
    for method in ("GET", "DELETE"):
        response = shop.send(method, f"/orders/{{tenant}}/{'A' * 101}")

        assert response.status_code == 400
        text = "The field orderId must be a string with a maximum length of 100."
        assert response.json()["errors"] == {"orderId": [text]}
        assert shop.send(method, "/orders/{tenant}/%20").json()["errors"] == {
            "orderId": ["The orderId field is required."]
        }


def batch(size: int, **fields: Any) -> list[dict[str, Any]]:
    return [order(OrderId=f"{i:03}", OrderItems=[line(), line()], **fields) for i in range(size)]


@pytest.mark.parametrize("size", [1, 500])
def test_a_batch_costs_the_same_few_statements_whatever_its_size(
    partner: Partner, size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(STATEMENTS_OF_A_BATCH):
        partner.save("orders", *batch(size))
    with django_assert_num_queries(STATEMENTS_OF_A_BATCH):
        partner.save("orders", *batch(size, TotalQuantity=1))
    with django_assert_num_queries(STATEMENTS_OF_A_BATCH):
        partner.save("orders", *batch(size, TotalQuantity=1))


@pytest.mark.parametrize("limit", ["1", "100"])
def test_a_page_costs_the_same_few_statements_whatever_its_size(
    partner: Partner, limit: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    partner.save("orders", *batch(100))

    partner.get("/orders/{tenant}", limit="1")  # the first look of the day is counted in a statement more
    with django_assert_num_queries(STATEMENTS_OF_A_PAGE):
        partner.get("/orders/{tenant}", limit=limit, ProductId="P-1")
