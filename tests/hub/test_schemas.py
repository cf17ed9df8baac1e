"""Bodies that are wrong, odd or hostile: one 400 that says all of it, never a 5xx, and nothing stored."""

import re
from typing import Any

import pytest

from hub.records.faults import TEXTS
from tests.conftest import Partner
from tests.orders.records import line, order
from tests.products.records import product, variant

NO_IDENTIFIER = "At least one of the following properties must have a value: CustomerId, Email"
NOT_AN_ARRAY = {"code": "not_json_array", "hint": "Wrap the records in brackets, a single one too: [{…}]."}
TOO_MANY = {"code": "batch_too_large", "hint": "Send the rest in further requests."}


def an_order(**fields: Any) -> list[dict[str, Any]]:
    return [order(**fields)]


def an_item(**fields: Any) -> list[dict[str, Any]]:
    return an_order(OrderItems=[line(**fields)])


def a_product(**fields: Any) -> list[dict[str, Any]]:
    return [product(**fields)]


def a_variant(**fields: Any) -> list[dict[str, Any]]:
    return a_product(ProductVariants=[variant(), variant(**fields)])


def a_customer(**fields: Any) -> list[dict[str, Any]]:
    return [{"CustomerId": "C-1", **fields}]


# kind → endpoint, body with that one fault, key in `errors`, text. Everything else of the answer follows from these.
EVERY_KIND: dict[str, tuple[str, Any, str, str]] = {
    "batch_too_large": ("customers", a_customer() * 1001, "", "The request body must contain at most 1000 customers."),
    "currency": (
        "orders",
        an_order(Currency="EUX"),
        "[0].Currency",
        "The field Currency must be an ISO 4217 currency code, for example EUR.",
    ),
    "datetime": (
        "orders",
        an_order(OrderDate="2025-08-22"),
        "[0].OrderDate",
        "The field OrderDate must be an ISO 8601 date and time with Z or an offset, for example 2025-08-22T21:00:00Z.",
    ),
    "email": ("customers", [{"Email": "ann@"}], "[0].Email", "The field Email must be a valid e-mail address."),
    "forbidden_character": (
        "customers",
        a_customer(Name="A\0nn"),
        "[0].Name",
        "The field Name must not contain the character U+0000.",
    ),
    "https_url": (
        "products",
        a_variant(Image="http://shop.example/a.png"),
        "[0].ProductVariants[1].Image",
        "The field Image must be an https:// URL.",
    ),
    "identifier_missing": ("customers", [{"Name": "Ann"}], "", NO_IDENTIFIER),
    "invalid_json": (
        "customers",
        b'[{"CustomerId": "A"},\n {"CustomerId": B}]',
        "",
        "The request body is not valid JSON (line 2, column 17).",
    ),
    "language": (
        "customers",
        a_customer(Language="en_US"),
        "[0].Language",
        "The field Language must be a BCP 47 language tag, for example en-US.",
    ),
    "not_a_boolean": (
        "customers",
        a_customer(EmailOptin="true"),
        "[0].EmailOptin",
        "The field EmailOptin must be true or false.",
    ),
    "not_a_number": (
        "orders",
        an_item(Price="29.99"),
        "[0].OrderItems[0].Price",
        "The field Price must be a number.",
    ),
    "not_a_string": ("customers", a_customer(Phone=49170), "[0].Phone", "The field Phone must be a string."),
    "not_an_array": ("orders", an_order(OrderItems={}), "[0].OrderItems", "The field OrderItems must be an array."),
    "not_an_integer": (
        "orders",
        an_item(Quantity=1.5),
        "[0].OrderItems[0].Quantity",
        "The field Quantity must be an integer.",
    ),
    "not_an_object": ("customers", ["C-1"], "[0]", "The element must be a JSON object."),
    "not_json_array": ("customers", {"CustomerId": "C-1"}, "", "The request body must be a JSON array."),
    "required": ("orders", an_item(Sku=None), "[0].OrderItems[0].Sku", "The Sku field is required."),
    "too_deep": (
        "customers",
        b"[" * 65 + b"]" * 65,
        "",
        "The request body is nested deeper than 64 levels.",
    ),
    "too_few": (
        "orders",
        an_order(OrderItems=[]),
        "[0].OrderItems",
        "The field OrderItems must be an array with a minimum length of 1.",
    ),
    "too_large": (
        "products",
        a_variant(Stock=2_147_483_648),
        "[0].ProductVariants[1].Stock",
        "The field Stock must be less than or equal to 2147483647.",
    ),
    "too_long": (
        "customers",
        a_customer(Language="x" * 11),
        "[0].Language",
        "The field Language must be a string with a maximum length of 10.",
    ),
    "too_many": (
        "products",
        a_product(Taxonomy=["Shirts"] * 21),
        "[0].Taxonomy",
        "The field Taxonomy must be an array with a maximum length of 20.",
    ),
    "too_many_values": (
        "customers",
        b"[" + b"," * 1_000_001 + b"]",
        "",
        "The request body must contain at most 1000000 values.",
    ),
    "too_small": (
        "orders",
        an_item(Quantity=0),
        "[0].OrderItems[0].Quantity",
        "The field Quantity must be greater than or equal to 1.",
    ),
}
HINTS = {kind["code"]: kind["hint"] for kind in (NOT_AN_ARRAY, TOO_MANY)}
# What only the dialects of other vendors can get wrong: their own tests send these.
VENDORS_OWN = {"country", "date", "dated", "letters_digits_dashes", "phone"}
# What only an address can get wrong: tests/tenants/test_parameters.py sends these.
OF_ADDRESSES = {
    "cursor", "doubled_parameter", "empty_parameter", "entity", "hub_ids", "too_many_parameters", "unknown_parameter",
}  # fmt: skip
WHOLE_BODY = {"batch_too_large", "invalid_json", "not_json_array", "too_deep", "too_many_values"}


def test_every_kind_of_error_is_sent_once() -> None:
    assert list(TEXTS) == sorted(TEXTS)
    assert EVERY_KIND.keys() == TEXTS.keys() - VENDORS_OWN - OF_ADDRESSES


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_an_error_is_told_exactly(partner: Partner, kind: str) -> None:
    entity, body, key, text = EVERY_KIND[kind]
    detail: dict[str, Any] = {"index": None if kind in WHOLE_BODY else 0, "code": kind}
    detail["field"] = key.partition(".")[2] or None
    if kind in HINTS:
        detail["hint"] = HINTS[kind]

    response = partner.post(entity, body)

    answer = response.json()
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", answer.pop("traceId"))
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert answer == {
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "success": False,
        "message": "Validation failed",
        "data": {},
        "errors": {key: [text]},
        "details": [detail],
    }
    assert partner.read(entity) == []


def test_the_trace_id_is_the_callers_own(partner: Partner) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    response = partner.post("customers", b"", traceparent=f"00-{trace}-00f067aa0ba902b7-01")

    assert response.json()["traceId"].startswith(f"00-{trace}-")
    assert response["traceparent"] == response.json()["traceId"]


def test_all_errors_of_all_records_are_told_at_once_and_nothing_is_stored(partner: Partner) -> None:
    batch = [
        {"CustomerId": "fine"},
        {"CustomerId": "x" * 101, "Email": "no", "Language": "en_US", "GdprOptin": None},
        {"Email": "  ", "SmsOptin": 1},
        None,
        {"Email": "fine@shop.example", "Name": ["Ann"], "Surname": "x" * 301},
    ]

    response = partner.post("customers", batch)

    assert response.json()["errors"] == {
        "[1].CustomerId": ["The field CustomerId must be a string with a maximum length of 100."],
        "[1].Email": ["The field Email must be a valid e-mail address."],
        "[1].Language": ["The field Language must be a BCP 47 language tag, for example en-US."],
        "": [NO_IDENTIFIER],
        "[2].SmsOptin": ["The field SmsOptin must be true or false."],
        "[3]": ["The element must be a JSON object."],
        "[4].Name": ["The field Name must be a string."],
        "[4].Surname": ["The field Surname must be a string with a maximum length of 300."],
    }
    found = [(detail["index"], detail["field"], detail["code"]) for detail in response.json()["details"]]
    assert found == [
        (1, "CustomerId", "too_long"),
        (1, "Email", "email"),
        (1, "Language", "language"),
        (2, None, "identifier_missing"),
        (2, "SmsOptin", "not_a_boolean"),
        (3, None, "not_an_object"),
        (4, "Name", "not_a_string"),
        (4, "Surname", "too_long"),
    ]
    assert partner.read("customers") == []


@pytest.mark.parametrize("nothing", [{}, {"CustomerId": None}, {"CustomerId": "", "Email": ""}, {"Email": " \t\n"}])
def test_a_record_without_identifier_is_named_in_details(partner: Partner, nothing: dict[str, Any]) -> None:
    response = partner.post("customers", [{"CustomerId": "A"}, nothing, {"Email": "a@shop.example"}, {"Name": "Ann"}])

    assert response.json()["errors"] == {"": [NO_IDENTIFIER]}
    assert response.json()["details"] == [
        {"index": 1, "field": None, "code": "identifier_missing"},
        {"index": 3, "field": None, "code": "identifier_missing"},
    ]


@pytest.mark.parametrize(("wrong", "truncated"), [(100, False), (101, True), (1000, True)])
def test_at_most_a_hundred_errors_are_told(partner: Partner, wrong: int, truncated: bool) -> None:
    answer = partner.post("customers", [{"CustomerId": f"C-{i}", "Name": i} for i in range(wrong)]).json()

    assert list(answer["errors"]) == [f"[{i}].Name" for i in range(100)]
    assert [detail["index"] for detail in answer["details"]] == list(range(100))
    assert answer.get("truncated", False) is truncated


@pytest.mark.parametrize(
    ("entity", "limit", "record"),
    [("customers", 1000, a_customer()[0]), ("orders", 500, order()), ("products", 200, a_product()[0])],
)
def test_a_batch_has_a_limit(partner: Partner, entity: str, limit: int, record: dict[str, Any]) -> None:
    refused = partner.post(entity, [record] * (limit + 1))

    assert refused.json()["errors"] == {"": [f"The request body must contain at most {limit} {entity}."]}
    assert partner.read(entity) == []
    assert partner.save(entity, *[record] * limit)["count"] == limit
    assert len(partner.read(entity)) == 1


@pytest.mark.parametrize("entity", ["customers", "orders", "products"])
def test_an_empty_batch_is_fine_and_changes_nothing(partner: Partner, entity: str) -> None:
    assert partner.save(entity)["count"] == 0
    assert partner.changes() == []
