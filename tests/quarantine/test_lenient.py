"""`Prefer: handling=lenient`: the good records of a batch are stored, the answer says what is wrong with the others."""

from typing import Any

import pytest

from customers.models import Customer
from hub.api.preferences import preferences, prefers_lenient
from orders.models import Order
from products.models import Product, Variant
from products.schemas import MOST_VARIANTS
from tenants.models import Changeset, QuarantinedRecord
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.orders.records import line, order
from tests.products.records import product, variant
from tests.quarantine.lenient import send, take

pytestmark = pytest.mark.django_db

LANGUAGE = "The field Language must be a string with a maximum length of 10."
BAD = {"CustomerId": "B", "Email": "b@shop.example", "Language": "much too long a tag"}


def test_good_records_are_stored_and_the_bad_ones_named(partner: Partner) -> None:
    response = send(partner, "customers", {"CustomerId": "A"}, BAD, {"Email": "no address", "CustomerId": "C"})

    data = response.json()["data"]
    assert response.status_code == 200
    assert response["Preference-Applied"] == "handling=lenient"
    assert data["rejected"] == [
        {"index": 1, "CustomerId": "B", "Email": "b@shop.example", "errors": {"Language": [LANGUAGE]}},
        {"index": 2, "CustomerId": "C", "Email": "no address",
         "errors": {"Email": ["The field Email must be a valid e-mail address."]}},
    ]  # fmt: skip
    assert (data["count"], data["created"], data["changeset"]) == (3, 1, 1)
    assert response["X-Changeset"] == "1"
    assert list(Customer.objects.values_list("customer_id", flat=True)) == ["A"]
    assert Changeset.objects.get().received == 1


def test_a_good_batch_rejects_nothing_and_says_so(partner: Partner) -> None:
    data = take(partner, "customers", {"CustomerId": "A"})

    assert (data["count"], data["rejected"]) == (1, [])
    assert not QuarantinedRecord.objects.exists()


def test_an_empty_batch_is_one(partner: Partner) -> None:
    assert take(partner, "customers")["rejected"] == []


@pytest.mark.parametrize("entity", ["customers", "orders", "products"])
def test_without_a_good_record_the_answer_is_the_strict_one_and_nothing_is_kept(partner: Partner, entity: str) -> None:
    bodies = [{"Language": "much too long a tag", "Currency": "?"}, 5]

    strict, lenient = partner.post(entity, bodies), send(partner, entity, *bodies)

    assert lenient.status_code == strict.status_code == 400
    left, right = (response.json() | {"traceId": ""} for response in (strict, lenient))
    assert left == right
    assert "Preference-Applied" not in lenient
    assert not QuarantinedRecord.objects.exists()


@pytest.mark.parametrize(
    "body", [b"", b"[{", b"{}", b'"x"', b"\xff[]", b"[" * 100 + b"]" * 100, b"[%s]" % b",".join([b"{}"] * 1001)]
)
def test_what_is_wrong_with_a_whole_body_is_refused_as_ever(partner: Partner, body: bytes) -> None:
    strict = partner.send("POST", "/customers/{tenant}", body)
    lenient = partner.send("POST", "/customers/{tenant}", body, Prefer="handling=lenient")

    assert lenient.status_code == strict.status_code == 400
    assert lenient.json()["errors"] == strict.json()["errors"]


@pytest.mark.parametrize(
    "prefer", ["", "handling=strict", "handling", "lenient", "respond-async", "handling=strict, handling=lenient", '"']
)
def test_without_the_preference_nothing_is_different(partner: Partner, prefer: str) -> None:
    response = send(partner, "customers", {"CustomerId": "A"}, BAD, prefer=prefer)

    assert response.status_code == 400
    assert "Preference-Applied" not in response
    assert not Customer.objects.exists()
    assert "rejected" not in send(partner, "customers", {"CustomerId": "A"}, prefer=prefer).json()["data"]


@pytest.mark.parametrize(
    "header",
    [
        "handling=lenient",
        'Handling = "Lenient"',
        "respond-async, wait=100,handling=lenient; x=y",
        'return="a,handling=strict;", handling=lenient;foo="bar,;\\""',
        ",, handling=lenient",
        "handling=lenient, handling=strict",
    ],
)
def test_the_preference_may_be_written_as_rfc_7240_allows(header: str) -> None:
    assert prefers_lenient(header)


def test_a_preference_in_quotes_is_none() -> None:
    assert preferences('x="handling=lenient"') == {"x": "handling=lenient"}


def test_lost_withdrawals_are_marked_and_come_first(partner: Partner) -> None:
    data = take(
        partner,
        "customers",
        {"CustomerId": "A"},
        BAD,
        {**BAD, "EmailOptin": True, "IsExcluded": False},
        {**BAD, "SmsOptin": False},
        {"CustomerId": "C", "EmailOptin": "false"},
        {"CustomerId": "D", "IsExcluded": 1},
    )

    assert [(rejected["index"], rejected.get("withdrawal")) for rejected in data["rejected"]] == [
        (3, True), (4, True), (5, True), (1, None), (2, None),
    ]  # fmt: skip


def test_results_and_warnings_keep_the_indexes_of_the_batch(partner: Partner) -> None:
    partner.save(
        "customers",
        {"CustomerId": "x", "Email": "till@shop.example"},
        {"CustomerId": "y", "Email": "till@shop.example"},
    )

    data = take(
        partner,
        "customers",
        BAD,
        {"CustomerId": "A", "Phone": "zz", "Foo": 1},
        BAD,
        {"Email": "till@shop.example", "Name": "Ann"},
        query="?results=true",
    )

    assert [(result["index"], result["status"]) for result in data["results"]] == [
        (0, "skipped"), (1, "created"), (2, "skipped"), (3, "skipped"),
    ]  # fmt: skip
    assert set(data["warnings"]) == {"[1].Phone", "[1].Foo", "[3].Email"}


def test_duplicates_fold_among_the_good_ones_in_order(partner: Partner) -> None:
    take(
        partner,
        "customers",
        {"CustomerId": "A", "Name": "1"},
        {**BAD, "CustomerId": "A"},
        {"CustomerId": "A", "Name": "2"},
    )

    assert Customer.objects.get().name == "2"


def test_lines_and_variants_are_named_by_their_place_in_the_record(partner: Partner) -> None:
    orders = take(partner, "orders", order(), order(OrderId="O-2", OrderItems=[line(), line(Sku=""), line(Price="1")]))
    products = take(partner, "products", product(), product(ProductId="P-2", ProductVariants=[variant(Currency="??")]))

    (rejected,) = orders["rejected"]
    assert (rejected["OrderId"], set(rejected["errors"])) == ("O-2", {"OrderItems[1].Sku", "OrderItems[2].Price"})
    (rejected,) = products["rejected"]
    assert (rejected["ProductId"], set(rejected["errors"])) == ("P-2", {"ProductVariants[0].Currency"})
    assert (Order.objects.count(), Product.objects.count()) == (1, 1)


def test_what_the_store_refuses_of_a_product_is_left_out_too(partner: Partner) -> None:
    full = [variant(VariantId=str(i)) for i in range(MOST_VARIANTS)]
    partner.save("products", product(ProductId="full", ProductVariants=full))

    data = take(
        partner,
        "products",
        product(ProductId="bad", ProductName=""),
        product(ProductId="full", ProductVariants=[variant(VariantId="one too many")]),
        product(ProductId="good"),
        query="?results=true",
    )

    assert [rejected["ProductId"] for rejected in data["rejected"]] == ["bad", "full"]
    assert [result["status"] for result in data["results"]] == ["skipped", "skipped", "created"]
    assert Variant.objects.filter(product__product_id="full").count() == MOST_VARIANTS
    assert QuarantinedRecord.objects.count() == 2


def test_what_no_table_can_hold_is_no_obstacle(partner: Partner) -> None:
    body = (
        b'[{"CustomerId": "A"}, {"CustomerId": "\\u0000\\ud800x", "Email": 5, "Name": NaN}, {"CustomerId": 7}, 1, "x"]'
    )

    data = partner.send("POST", "/customers/{tenant}", body, Prefer="handling=lenient").json()["data"]

    assert [rejected["index"] for rejected in data["rejected"]] == [1, 2, 3, 4]
    assert data["rejected"][1]["CustomerId"] == "7"
    assert data["rejected"][2]["errors"] == {"": ["The element must be a JSON object."]}
    kept = QuarantinedRecord.objects.order_by("index")
    assert [record.record for record in kept] == [
        '{"CustomerId": "\\u0000\\ud800x", "Email": 5, "Name": NaN}', '{"CustomerId": 7}',
    ]  # fmt: skip


def test_the_answer_about_a_record_has_an_end(partner: Partner) -> None:
    lines = [line(Price=-1, Sku="") for _ in range(50)]

    (rejected,) = take(partner, "orders", order(), order(OrderId="O-2", OrderItems=lines))["rejected"]

    assert (len(rejected["errors"]), rejected["truncated"]) == (20, True)


def test_a_thousand_records_of_all_faults_are_answered(partner: Partner) -> None:
    bad = [{"CustomerId": str(i), "Email": "?", "Language": "?", "EmailOptin": "no", "Name": 5} for i in range(999)]

    data = take(partner, "customers", {"CustomerId": "A"}, *bad)

    assert len(data["rejected"]) == 999
    assert QuarantinedRecord.objects.count() == 999


def test_an_order_with_too_many_lines_stops_no_other(partner: Partner) -> None:
    big = order(OrderId="big", OrderItems=[line(Brand="x" * 150)] * 1001)

    (rejected,) = take(partner, "orders", order(), big)["rejected"]

    assert rejected["errors"] == {
        "OrderItems": ["The field OrderItems must be an array with a maximum length of 1000."]
    }


def test_a_stranger_is_refused_and_keeps_nothing(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant(slug="stranger")
    response: Any = partner.send("POST", f"/customers/{stranger.id}", [customer(), BAD], Prefer="handling=lenient")

    assert response.status_code == 401
    assert not QuarantinedRecord.objects.exists()
