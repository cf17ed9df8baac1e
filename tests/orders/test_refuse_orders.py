"""POST /orders/{tenantId}: what is refused, where, and in which words (document 001, table of values)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Partner, examples
from tests.orders.records import line, order, without

A_STRING = "The field {0} must be a string."
A_NUMBER = "The field {0} must be a number."
AN_INTEGER = "The field {0} must be an integer."
A_BOOLEAN = "The field {0} must be true or false."
REQUIRED = "The {0} field is required."
A_MOMENT = "The field {0} must be an ISO 8601 date and time with Z or an offset, for example 2025-08-22T21:00:00Z."
A_CURRENCY = "The field {0} must be an ISO 4217 currency code, for example EUR."
AN_EMAIL = "The field {0} must be a valid e-mail address."
TOO_LONG = "The field {0} must be a string with a maximum length of {1}."
AT_LEAST = "The field {0} must be greater than or equal to {1}."
AT_MOST = "The field {0} must be less than or equal to {1}."

ORDER_FIELDS = ["OrderId", "CustomerId", "Email", "OrderDate", "TotalRevenue", "Currency", "OrderItems"]
LINE_FIELDS = ["ProductId", "Sku", "Quantity", "Price"]


def refusal(partner: Partner, *records: Any) -> dict[str, list[str]]:
    """Return the errors of records that must be refused, and see that nothing was stored."""
    response = partner.post("orders", list(records))
    assert response.status_code == 400, response.content
    assert partner.read("orders") == []
    return dict(response.json()["errors"])


@pytest.mark.parametrize("name", ORDER_FIELDS)
@pytest.mark.parametrize("missing", ["omitted", "null"])
def test_a_required_field_is_demanded(partner: Partner, name: str, missing: str) -> None:
    record = without(order(), name) if missing == "omitted" else order(**{name: None})

    assert refusal(partner, record) == {f"[0].{name}": [REQUIRED.format(name)]}


@pytest.mark.parametrize("name", ["OrderId", "CustomerId", "Email", "OrderDate", "Currency"])
@pytest.mark.parametrize("blank", ["", "  \t"])
def test_a_blank_required_field_counts_as_missing(partner: Partner, name: str, blank: str) -> None:
    assert refusal(partner, order(**{name: blank})) == {f"[0].{name}": [REQUIRED.format(name)]}


@pytest.mark.parametrize("name", LINE_FIELDS)
@pytest.mark.parametrize("missing", ["omitted", "null"])
def test_a_required_field_of_a_line_is_demanded_at_its_place(partner: Partner, name: str, missing: str) -> None:
    item = without(line(), name) if missing == "omitted" else line(**{name: None})

    errors = refusal(partner, order(OrderItems=[line(), item]))

    assert errors == {f"[0].OrderItems[1].{name}": [REQUIRED.format(name)]}


@pytest.mark.parametrize("name", ["ProductId", "Sku"])
def test_a_blank_identifier_of_a_line_counts_as_missing(partner: Partner, name: str) -> None:
    assert refusal(partner, order(OrderItems=[line(**{name: " "})])) == {
        f"[0].OrderItems[0].{name}": [REQUIRED.format(name)]
    }


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("OrderId", 7, A_STRING),
        ("OrderId", "x" * 101, TOO_LONG.replace("{1}", "100")),
        ("CustomerId", "x" * 101, TOO_LONG.replace("{1}", "100")),
        ("CustomerId", ["C-1"], A_STRING),
        ("Email", "ada", AN_EMAIL),
        ("Email", "a@b@example.com", AN_EMAIL),
        ("Email", "a" * 250 + "@b.com", TOO_LONG.replace("{1}", "255")),
        ("TotalRevenue", "29.99", A_NUMBER),
        ("TotalRevenue", True, A_NUMBER),
        ("TotalRevenue", -0.01, AT_LEAST.replace("{1}", "0")),
        ("TotalRevenue", 1_000_000_000_000, AT_MOST.replace("{1}", "999999999999.9999")),
        ("TotalRevenue", 1e300, AT_MOST.replace("{1}", "999999999999.9999")),
        ("TotalRevenue", 10**400, AT_MOST.replace("{1}", "999999999999.9999")),
        ("TotalRevenue", float("nan"), A_NUMBER),
        ("TotalRevenue", float("-inf"), A_NUMBER),
        ("TotalQuantity", 1.5, AN_INTEGER),
        ("TotalQuantity", "1", AN_INTEGER),
        ("TotalQuantity", True, AN_INTEGER),
        ("TotalQuantity", -1, AT_LEAST.replace("{1}", "0")),
        ("TotalQuantity", 2_147_483_648, AT_MOST.replace("{1}", "2147483647")),
        ("TotalQuantity", 10**30, AT_MOST.replace("{1}", "2147483647")),
        ("TotalQuantity", -(10**400), AT_LEAST.replace("{1}", "0")),
        ("TotalQuantity", float("nan"), AN_INTEGER),
        ("UniqueQuantity", {}, AN_INTEGER),
        ("IsOrderCancelled", "true", A_BOOLEAN),
        ("IsOrderCancelled", 1, A_BOOLEAN),
        ("OrderItems", {}, "The field {0} must be an array."),
        ("OrderItems", [], "The field {0} must be an array with a minimum length of 1."),
        ("Currency", "EURO", A_CURRENCY),
        ("Currency", "XYZ", A_CURRENCY),
        ("Currency", "€", A_CURRENCY),
        ("Currency", 978, A_STRING),
        ("OrderDate", 1755896400, A_STRING),
        ("OrderId", "a\0b", "The field {0} must not contain the character U+0000."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_value_is_refused_in_words_for_its_kind(partner: Partner, name: str, value: Any, text: str) -> None:
    assert refusal(partner, order(**{name: value})) == {f"[0].{name}": [text.format(name)]}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Quantity", 0, AT_LEAST.replace("{1}", "1")),
        ("Quantity", -3, AT_LEAST.replace("{1}", "1")),
        ("Quantity", "2", AN_INTEGER),
        ("Quantity", 2_147_483_648, AT_MOST.replace("{1}", "2147483647")),
        ("Price", -1, AT_LEAST.replace("{1}", "0")),
        ("Price", "free", A_NUMBER),
        ("OriginalPrice", -1, AT_LEAST.replace("{1}", "0")),
        ("Sku", "x" * 101, TOO_LONG.replace("{1}", "100")),
        ("Sku", 12, A_STRING),
        ("Size", "x" * 201, TOO_LONG.replace("{1}", "200")),
        ("Color", 1, A_STRING),
        ("Brand", "x" * 201, TOO_LONG.replace("{1}", "200")),
        ("IsGift", "yes", A_BOOLEAN),
    ],
)
def test_a_bad_value_of_a_line_is_refused_at_its_place(partner: Partner, name: str, value: Any, text: str) -> None:
    errors = refusal(
        partner, order(OrderItems=[line()]), order(OrderId="O-2", OrderItems=[line(), line(**{name: value})])
    )

    assert errors == {f"[1].OrderItems[1].{name}": [text.format(name)]}


def test_every_fault_is_named_at_once_with_a_code(partner: Partner) -> None:
    batch = [order(Currency="?"), order(OrderItems=[line(), without(line(Quantity=0), "Sku")])]

    response = partner.post("orders", batch)

    assert response.json()["errors"] == {
        "[0].Currency": [A_CURRENCY.format("Currency")],
        "[1].OrderItems[1].Sku": [REQUIRED.format("Sku")],
        "[1].OrderItems[1].Quantity": [AT_LEAST.format("Quantity", 1)],
    }
    assert {tuple(sorted(detail.items())) for detail in response.json()["details"]} == {
        (("code", "currency"), ("field", "Currency"), ("index", 0)),
        (("code", "required"), ("field", "OrderItems[1].Sku"), ("index", 1)),
        (("code", "too_small"), ("field", "OrderItems[1].Quantity"), ("index", 1)),
    }


@pytest.mark.parametrize("element", [7, "order", None, [order()], True])
def test_an_element_that_is_no_object_is_refused(partner: Partner, element: Any) -> None:
    assert refusal(partner, order(), element) == {"[1]": ["The element must be a JSON object."]}


@pytest.mark.parametrize("element", [7, None, []])
def test_a_line_that_is_no_object_is_refused(partner: Partner, element: Any) -> None:
    assert refusal(partner, order(OrderItems=[element])) == {
        "[0].OrderItems[0]": ["The element must be a JSON object."]
    }


@pytest.mark.parametrize(
    "value",
    [
        "2025-08-22T21:00:00",
        "2025-08-22",
        "20250822",
        "20250822T210000Z",
        "2025-W34-5",
        "2025-W34-5T21:00:00Z",
        "2025-234T21:00:00Z",
        "22.08.2025 21:00",
        "08/22/2025 9:00 PM",
        "1755896400",
        "2025-02-29T00:00:00Z",
        "2025-08-22T24:00:01Z",
        "2025-08-22T23:59:60Z",
        "2025-08-22T21:00:00+25:00",
        "2025-08-22T21:00:00 Europe/Berlin",
        "٢٠٢٥-08-22T21:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-01:00",
        "+12025-08-22T21:00:00Z",
        "yesterday",
    ],
)
def test_what_is_no_moment_is_no_order_date(partner: Partner, value: str) -> None:
    assert refusal(partner, order(OrderDate=value)) == {"[0].OrderDate": [A_MOMENT.format("OrderDate")]}


def test_a_batch_holds_500_orders_and_no_more(partner: Partner) -> None:
    batch = [order(OrderId=f"O-{i}") for i in range(501)]

    errors = refusal(partner, *batch)
    data = partner.save("orders", *batch[:500])

    assert errors == {"": ["The request body must contain at most 500 orders."]}
    assert data["count"] == 500


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["\0", 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@examples(100)
@given(name=st.sampled_from([*order(), "TotalQuantity", "IsOrderCancelled"]), value=JSON_VALUES)
def test_any_json_value_in_an_order_gets_an_answer(partner: Partner, name: str, value: Any) -> None:
    response = partner.post("orders", [order(**{name: value})])

    assert response.status_code in (200, 400), response.content
    assert json.loads(response.content)["success"] is (response.status_code == 200)


@examples(100)
@given(name=st.sampled_from([*line(), "OriginalPrice", "Size", "IsGift"]), value=JSON_VALUES)
def test_any_json_value_in_a_line_gets_an_answer(partner: Partner, name: str, value: Any) -> None:
    response = partner.post("orders", [order(OrderItems=[line(**{name: value})])])

    assert response.status_code in (200, 400), response.content
