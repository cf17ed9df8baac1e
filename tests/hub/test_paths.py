"""Identifiers in paths: any character, encoded slashes too where the server hands over the path as it was sent."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import CLIENT, MakeTenant, Partner, examples, quoted
from tests.orders.records import line, order
from tests.products.records import product, variant

STRICT = Client(enforce_csrf_checks=True)


def send(partner: Partner, method: str, raw: str) -> Any:
    """Send a request as a server does that keeps the path as sent in RAW_URI."""
    return CLIENT.generic(method, raw, headers={"x-replenit-auth-key": partner.key}, RAW_URI=raw)


@pytest.mark.parametrize(
    "order_id",
    ["a/b", "a/items", "/", "//", "a/", "/a", "a%2Fb", "a/b/c?d", "items", "a/items/", "é/🛒", "..", "a/../b"],
)
def test_slashes_in_an_identifier_are_told_from_separators(partner: Partner, order_id: str) -> None:
    partner.save("orders", order(OrderId=order_id), order(OrderId="a"), order(OrderId="a/b/c"))
    path = f"/orders/{partner.id}/{quoted(order_id)}"

    found = send(partner, "GET", path)
    removed = send(partner, "DELETE", path + "/")

    assert found.json()["data"]["OrderId"] == order_id
    assert removed.json()["data"]["orderId"] == order_id
    assert sorted(each["OrderId"] for each in partner.read("orders")) == ["a", "a/b/c"]


@pytest.mark.parametrize("odd", ["a/variants/b", "a/b", "%2F", "variants"])
def test_slashes_in_two_identifiers_of_one_path(partner: Partner, odd: str) -> None:
    partner.save("products", product(ProductId=odd, ProductVariants=[variant(VariantId=odd), variant()]))

    removed = send(partner, "DELETE", f"/products/{partner.id}/{quoted(odd)}/variants/{quoted(odd)}")

    assert (removed.json()["data"]["productId"], removed.json()["data"]["variantId"]) == (odd, odd)
    assert [each["VariantId"] for each in partner.read("products")[0]["ProductVariants"]] == ["V-1"]


def test_slashes_survive_where_only_the_decoded_path_is_known(partner: Partner) -> None:
    partner.save("orders", order(OrderId="a/b"))

    removed = partner.delete(f"/orders/{{tenant}}/{quoted('a/b')}")

    assert removed.json()["data"]["orderId"] == "a/b"
    assert partner.read("orders") == []


def test_the_query_is_no_part_of_the_path(partner: Partner) -> None:
    partner.save("orders", order(OrderId="a/b"))
    path = f"/orders/{partner.id}/a%2Fb/items?productId=P-1&sku=S-1"

    removed = send(partner, "DELETE", path)

    assert removed.json()["data"] == {**removed.json()["data"], "orderId": "a/b", "productId": "P-1", "sku": "S-1"}


@pytest.mark.parametrize("path", ["/orders", "/orders/", "/products", "/customers/", "/changes"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_a_path_without_a_tenant_is_a_400(db: None, method: str, path: str) -> None:
    response = STRICT.generic(method, path)

    assert response.status_code == 400
    assert response.json() == {"success": False, "message": "Invalid or missing tenant identifier.", "data": {}}


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_trailing_slash_is_accepted_and_never_redirected(partner: Partner, slash: str) -> None:
    answers = [
        partner.send("POST", f"/orders/{{tenant}}{slash}", [order()]),
        partner.send("POST", f"/products/{{tenant}}{slash}", [product()]),
        partner.get(f"/orders/{{tenant}}{slash}"),
        partner.get(f"/orders/{{tenant}}/O-1{slash}"),
        partner.get(f"/changes/{{tenant}}{slash}"),
        partner.delete(f"/orders/{{tenant}}/O-1/items{slash}", productId="P-1", sku="S-1"),
        partner.delete(f"/orders/{{tenant}}/O-1{slash}"),
        partner.delete(f"/products/{{tenant}}/P-1/variants/V-1{slash}"),
        partner.delete(f"/products/{{tenant}}/P-1{slash}"),
    ]

    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert (partner.read("orders"), partner.read("products")) == ([], [])


@pytest.mark.parametrize(
    "address",
    [
        "orders/{tenant}/a%00b",
        "orders/{tenant}/%00",
        "orders/{tenant}/a%2Fb%00",
        "orders/{tenant}/a%FFb",
        "orders/{tenant}/%C3%28",
        "orders/{tenant}/%ED%A0%80",
        "orders/{tenant}?OrderId=a%00b",
        "orders/{tenant}?OrderId=%FF",
        "orders/{tenant}/a/items?productId=%00&sku=1",
        "nowhere/%00",
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_address_that_is_no_text_is_refused_as_every_other_request(
    partner: Partner, method: str, address: str
) -> None:
    response = send(partner, method, "/" + address.replace("{tenant}", partner.id))

    assert response.status_code == 400
    assert response.json() == {
        "success": False,
        "message": "The address must be UTF-8 and must not contain the character U+0000.",
        "data": {},
    }
    assert "X-RateLimit-Remaining" in response
    assert "traceparent" in response


@pytest.mark.parametrize("order_id", ["\ufffd", "%FF", "a%00b", "\U0010ffff", "\x01", "\u202e"])
def test_an_address_may_hold_every_other_character(partner: Partner, order_id: str) -> None:
    partner.save("orders", order(OrderId=order_id))

    by_path = send(partner, "GET", f"/orders/{partner.id}/{quoted(order_id)}")

    assert by_path.json()["data"]["OrderId"] == order_id
    assert [each["OrderId"] for each in partner.read("orders", OrderId=order_id)] == [order_id]


IDENTIFIERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)


@examples(50)
@given(odd=st.one_of(IDENTIFIERS, st.sampled_from(["\x1f", "\x1c\x1f", "/", "a/items", "%", "+", "a b"])))
def test_what_a_body_may_hold_is_found_and_deleted_by_path_and_query(make_tenant: MakeTenant, odd: str) -> None:
    partner = make_tenant()
    lines = [line(ProductId=odd, Sku=odd)]
    if partner.post("orders", [order(OrderId=odd, OrderItems=lines)]).status_code != 200:
        assert odd.isspace()
        return
    path = f"/orders/{partner.id}/{quoted(odd)}"

    found = send(partner, "GET", path).json()["data"]
    by_filters = partner.read("orders", OrderId=odd, ProductId=odd, Sku=odd)
    without_line = send(partner, "DELETE", f"{path}/items?productId={quoted(odd)}&sku={quoted(odd)}")
    without_order = send(partner, "DELETE", path)

    assert (found["OrderId"], by_filters) == (odd, [found])
    assert [answer.json()["data"]["removed"] for answer in (without_line, without_order)] == [1, 1]


def test_a_host_that_is_not_ours_gets_an_envelope(db: None) -> None:
    response = CLIENT.get("/orders", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response.json() == {"success": False, "message": "The Host header names no host of this hub.", "data": {}}
    assert b"evil" not in response.content
