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
EMPTY = {"code": "empty_body", "hint": "Send the records as a JSON array: [{…}]."}
NOT_UTF8 = {
    "code": "not_utf8",
    "hint": "Encode the JSON as UTF-8 before it is sent: no UTF-16, UTF-32 or Latin-1.",
}
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
    "empty_body": ("customers", b"", "", "The request body is empty."),
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
        a_customer(Language="en US"),
        "[0].Language",
        "The field Language must be a BCP 47 language tag, for example en-US.",
    ),
    "lone_surrogate": (
        "customers",
        b'[{"CustomerId": "C-1", "Name": "A\\ud800"}]',
        "[0].Name",
        "The field Name must not contain half of a character, a lone surrogate.",
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
    "not_utf8": ("customers", b'[{"Name":"\xe9"}]', "", "The request body is not UTF-8. Send UTF-8."),
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
HINTS = {kind["code"]: kind["hint"] for kind in (EMPTY, NOT_AN_ARRAY, NOT_UTF8, TOO_MANY)}
# What only the dialects of other vendors can get wrong: their own tests send these.
VENDORS_OWN = {"country", "date", "dated", "letters_digits_dashes", "no_dry_run", "phone", "scope_missing"}
# What only an address can get wrong: tests/tenants/test_parameters.py sends these.
OF_ADDRESSES = {
    "choice", "cursor", "doubled_parameter", "empty_parameter", "entity", "fields", "hub_ids", "include",
    "json_array", "one_line", "order", "status", "too_many_parameters", "unknown_parameter",
}  # fmt: skip
# What only a reconciliation can get wrong: tests/tenants/test_reconcile.py sends these.
OF_RECONCILIATIONS = {
    "doubled_id", "doubled_member", "from_after_to", "hash", "ids_or_hashes", "not_json_object", "unknown_member",
}  # fmt: skip
# What only a header can get wrong: tests/tenants/test_idempotency.py.
OF_HEADERS = {"doubled_header", "empty_header"}
# What depends on what is stored: tests/hub/test_big_bodies.py, tests/customers/dialects/test_custobar_bounds.py.
OF_STORED = {"record_full"}
# What only a table's rows, or how these are read, can get wrong: tests/files.
OF_TABLES = {
    "ambiguous_date", "ambiguous_number", "apart", "declared_date", "declared_decimal", "differs_by_row", "not_a_date",
    "not_a_list", "not_yes_or_no", "option", "spoilt_identifier", "too_many_cells", "undeclared_date",
}  # fmt: skip
# What only a line of a file can get wrong: tests/files/test_counts.py.
OF_LINES = {"not_json_line"}
WHOLE_BODY = {
    "batch_too_large", "empty_body", "invalid_json", "not_json_array", "not_utf8", "too_deep", "too_many_values",
}  # fmt: skip


def test_every_kind_of_error_is_sent_once() -> None:
    assert list(TEXTS) == sorted(TEXTS)
    elsewhere = VENDORS_OWN | OF_ADDRESSES | OF_HEADERS | OF_RECONCILIATIONS | OF_STORED | OF_TABLES | OF_LINES
    assert EVERY_KIND.keys() == TEXTS.keys() - elsewhere


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


BRACKETS = NOT_AN_ARRAY["hint"]
NUMBERED = "Send a list, [{…}, {…}], not an object whose names are numbers: in PHP json_encode(array_values($records))."
BARE = "Send the array in {} by itself, [{{…}}], without the object around it."
NO_ARRAYS: list[tuple[str, Any, str]] = [
    ("customers", {"0": {"CustomerId": "A"}, "2": {"CustomerId": "B"}}, NUMBERED),
    ("orders", {"7": order()}, NUMBERED),
    ("products", {"1": [], "2": []}, NUMBERED),
    ("customers", {"customers": [{"CustomerId": "A"}]}, BARE.format("customers")),
    ("orders", {"data": [order()], "count": 1}, BARE.format("data")),
    ("customers", {"x" * 200: []}, BARE.format("x" * 100)),
    ("orders", order(), BRACKETS),
    ("orders", {"orderitems": [line()]}, BRACKETS),
    ("products", a_product()[0], BRACKETS),
    ("customers", {"created": [], "updated": []}, BRACKETS),
    ("customers", {"0": {}, "x": {}}, BRACKETS),
    ("customers", {"٣": {}}, BRACKETS),
    ("customers", {"": {}}, BRACKETS),
    ("customers", {}, BRACKETS),
    ("customers", "[]", BRACKETS),
    ("customers", b'{"customers": {"x": ' + b"9" * 4000 + b"}}", BRACKETS),
]


@pytest.mark.parametrize(("entity", "body", "hint"), NO_ARRAYS)
def test_a_body_that_is_no_array_is_told_how_it_becomes_one(
    partner: Partner, entity: str, body: Any, hint: str
) -> None:
    response = partner.post(entity, body)

    assert response.json()["errors"] == {"": ["The request body must be a JSON array."]}
    assert response.json()["details"] == [{"index": None, "field": None, "code": "not_json_array", "hint": hint}]


def test_a_list_inside_a_record_that_came_as_an_object_is_told_the_cure_too(partner: Partner) -> None:
    numbered = partner.post("orders", an_order(OrderItems={"0": line(), "2": line()})).json()
    single = partner.post("products", a_product(ProductVariants=variant())).json()

    assert numbered["errors"] == {"[0].OrderItems": ["The field OrderItems must be an array."]}
    assert numbered["details"] == [{"index": 0, "field": "OrderItems", "code": "not_an_array", "hint": NUMBERED}]
    assert "hint" not in single["details"][0]


def test_a_phone_that_is_too_long_is_told_the_cure(partner: Partner) -> None:
    faulty = a_customer(Phone="+358 40 123 4567 / +358 40 765 4321", Name="x" * 101)

    details = partner.post("customers", faulty).json()["details"]

    assert {detail["field"]: detail.get("hint") for detail in details} == {
        "Phone": "Send one number, in digits with its country code, for example +358401234567:"
        " no extension, no second number.",
        "Name": None,
    }
    assert {detail["code"] for detail in details} == {"too_long"}


def test_the_trace_id_is_the_callers_own(partner: Partner) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    response = partner.post("customers", b"", traceparent=f"00-{trace}-00f067aa0ba902b7-01")

    assert response.json()["traceId"].startswith(f"00-{trace}-")
    assert response["traceparent"] == response.json()["traceId"]


def test_all_errors_of_all_records_are_told_at_once_and_nothing_is_stored(partner: Partner) -> None:
    batch = [
        {"CustomerId": "fine"},
        {"CustomerId": "x" * 101, "Email": "no", "Language": "en US", "GdprOptin": None},
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
