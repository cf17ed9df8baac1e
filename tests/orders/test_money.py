"""Amounts and counts to their last digit: what is sent is stored and read back as the decimal that was written."""

import json
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Partner, examples
from tests.customers.dialects.vendors import upload
from tests.orders.records import line, order
from tests.products.records import product, variant

FRIDGE = "999999999999.9999"
AT_MOST = "The field {} must be less than or equal to 999999999999.9999."
# A placeholder for a number that json.dumps would write as a float.
AMOUNT, OTHER = "«amount»", "«other»"


def written(records: list[Any], amount: str, other: str = "1") -> bytes:
    """Write records as JSON with amounts to the last digit."""
    text = json.dumps(records, ensure_ascii=False)
    return text.replace(f'"{AMOUNT}"', amount).replace(f'"{OTHER}"', other).encode()


def posted(partner: Partner, entity: str, *records: Any, amount: str, other: str = "1") -> Any:
    return partner.post(entity, written(list(records), amount, other))


def read(partner: Partner, entity: str) -> Any:
    """Read all records back with numbers as the decimals that are written."""
    response = partner.get(f"/{entity}/{{tenant}}")
    return json.loads(response.content, parse_float=Decimal, parse_int=Decimal)["data"]["results"]


def amounts(partner: Partner) -> set[Decimal]:
    """Read every amount of the orders."""
    return {
        found
        for stored in read(partner, "orders")
        for found in (
            stored["TotalRevenue"],
            *(item["Price"] for item in stored["OrderItems"]),
            *(item["OriginalPrice"] for item in stored["OrderItems"] if item["OriginalPrice"] is not None),
        )
    }


FOUR_DECIMALS = st.integers(0, 9_999_999_999_999_999).map(lambda units: f"{units // 10_000}.{units % 10_000:04}")
LARGE = st.integers(2_700_000_000_000_000, 9_999_999_999_999_999).map(lambda u: f"{u // 10_000}.{u % 10_000:04}")


@examples(60)
@given(sent=st.lists(FOUR_DECIMALS | LARGE, min_size=1, max_size=30))
def test_an_amount_of_four_decimals_is_read_back_digit_for_digit(partner: Partner, sent: list[str]) -> None:
    lines = [line(Price=f"«{i}»", OriginalPrice=f"«{i}»") for i in range(len(sent))]
    body = json.dumps([order(OrderItems=lines)], ensure_ascii=False)
    for i, amount in enumerate(sent):
        body = body.replace(f'"«{i}»"', amount)

    assert partner.post("orders", body.encode()).status_code == 200

    items = read(partner, "orders")[0]["OrderItems"]
    assert [item["Price"] for item in items] == [item["OriginalPrice"] for item in items] == list(map(Decimal, sent))


@examples(100)
@given(
    whole=st.integers(0, 999_999_999_998),
    decimals=st.text("0123456789", min_size=1, max_size=12)
    | st.sampled_from(["00005", "00015", "000149999999", "00025"]),
)
def test_more_decimals_are_rounded_half_even_as_decimals(partner: Partner, whole: int, decimals: str) -> None:
    sent = f"{whole}.{decimals}"

    assert posted(partner, "orders", order(TotalRevenue=AMOUNT), amount=sent).status_code == 200

    rounded = Decimal(sent).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    assert read(partner, "orders")[0]["TotalRevenue"] == rounded


ROUNDED = {
    "999999999999.99994": FRIDGE,
    "999999999999.99985": "999999999999.9998",
    "500000000000.00005": "500000000000",
    "500000000000.00005000000000000000001": "500000000000.0001",
    "274877906944.00015": "274877906944.0002",
    "0.00005": "0",
    "0.00005000000000000000000000000001": "0.0001",
    "-0.00005": "0",
    "-0.0": "0",
    "-0": "0",
    "1e-10": "0",
    "1E2": "100",
    "6e11": "600000000000",
    "600000000001": "600000000001",
    "1e-9999999999999999999": "0",
    "549755813888.1234": "549755813888.1234",
}


@pytest.mark.parametrize("sent", ROUNDED)
def test_an_amount_is_rounded_before_its_range_is_looked_at(partner: Partner, sent: str) -> None:
    fields = order(TotalRevenue=AMOUNT, OrderItems=[line(Price=AMOUNT, OriginalPrice=AMOUNT)])

    response = posted(partner, "orders", fields, amount=sent)

    assert response.status_code == 200, response.content
    assert amounts(partner) == {Decimal(ROUNDED[sent])}


@pytest.mark.parametrize("sent", ["999999999999.99995", "1000000000000", "1e12", "1e300", "1e999999999999999999"])
def test_an_amount_that_rounds_beyond_the_range_is_refused(partner: Partner, sent: str) -> None:
    response = posted(partner, "orders", order(TotalRevenue=AMOUNT, OrderItems=[line(Price=AMOUNT)]), amount=sent)

    assert response.status_code == 400
    if "e99" not in sent:
        assert response.json()["errors"] == {
            "[0].TotalRevenue": [AT_MOST.format("TotalRevenue")],
            "[0].OrderItems[0].Price": [AT_MOST.format("Price")],
        }
    assert partner.read("orders") == []


def test_a_negative_amount_that_does_not_round_to_zero_is_refused(partner: Partner) -> None:
    response = posted(partner, "orders", order(TotalRevenue=AMOUNT), amount="-0.00006")

    assert response.json()["errors"] == {
        "[0].TotalRevenue": ["The field TotalRevenue must be greater than or equal to 0."]
    }


def test_large_amounts_survive_a_folded_batch(partner: Partner) -> None:
    first, second = order(TotalRevenue=OTHER, TotalQuantity=7), order(TotalRevenue=AMOUNT)

    assert posted(partner, "orders", first, second, amount=FRIDGE, other="600000000000.0001").status_code == 200

    (stored,) = read(partner, "orders")
    assert (stored["TotalRevenue"], stored["TotalQuantity"]) == (Decimal(FRIDGE), 7)


def test_large_amounts_survive_an_order_being_made_anonymous(partner: Partner) -> None:
    upload(partner, {"external_id": "C-1", "is_forgotten": True})
    items = [line(Price=AMOUNT, OriginalPrice=AMOUNT)]

    assert posted(partner, "orders", order(TotalRevenue=AMOUNT, OrderItems=items), amount=FRIDGE).status_code == 200

    assert read(partner, "orders")[0]["CustomerId"] != "C-1"
    assert amounts(partner) == {Decimal(FRIDGE)}


def test_large_prices_of_variants_survive_with_and_without_folding(partner: Partner) -> None:
    priced = {"OriginalPrice": AMOUNT, "SalePrice": OTHER}
    twice = [variant(VariantId="V-2", SalePrice=1), variant(VariantId="V-2", **priced)]
    records = [product(ProductVariants=[variant(**priced)]), product(ProductId="P-2", ProductVariants=twice)]

    assert posted(partner, "products", *records, amount=FRIDGE, other="549755813888.0001").status_code == 200

    variants = [found for stored in read(partner, "products") for found in stored["ProductVariants"]]
    assert [(found["OriginalPrice"], found["SalePrice"]) for found in variants] == [
        (Decimal(FRIDGE), Decimal("549755813888.0001"))
    ] * 2


def test_a_large_amount_that_is_sent_again_changes_nothing(partner: Partner) -> None:
    posted(partner, "orders", order(TotalRevenue=AMOUNT), amount=FRIDGE)

    response = posted(partner, "orders", order(TotalRevenue=AMOUNT), amount=FRIDGE)

    assert "X-Changeset" not in response


INTEGERS = {
    "2.0": 2,
    "2e0": 2,
    "20E-1": 2,
    "2.000000000000000000000": 2,
    "2": 2,
    "0.2e1": 2,
    "2147483647.0": 2_147_483_647,
}


@pytest.mark.parametrize("sent", INTEGERS)
def test_an_integer_may_be_written_with_a_point_or_an_exponent(partner: Partner, sent: str) -> None:
    records = order(TotalQuantity=AMOUNT, UniqueQuantity=AMOUNT, OrderItems=[line(Quantity=AMOUNT)])
    stock = product(ProductVariants=[variant(Stock=AMOUNT)])

    assert posted(partner, "orders", records, amount=sent).status_code == 200
    assert posted(partner, "products", stock, amount=sent).status_code == 200

    (stored,) = partner.read("orders")
    counts = [stored["TotalQuantity"], stored["UniqueQuantity"], stored["OrderItems"][0]["Quantity"]]
    assert [*counts, partner.read("products")[0]["ProductVariants"][0]["Stock"]] == [INTEGERS[sent]] * 4


@pytest.mark.parametrize("sent", ["-0.0", "0e5", "0.0"])
def test_nothing_is_an_integer_however_it_is_written(partner: Partner, sent: str) -> None:
    assert posted(partner, "orders", order(TotalQuantity=AMOUNT), amount=sent).status_code == 200

    assert partner.read("orders")[0]["TotalQuantity"] == 0


NO_INTEGERS = ["2.5", "2.0000000000000000000000001", "1e-400", '"2"', "true", "[2]", "NaN"]


@pytest.mark.parametrize("sent", NO_INTEGERS)
def test_what_has_a_fraction_is_no_integer(partner: Partner, sent: str) -> None:
    response = posted(partner, "orders", order(OrderItems=[line(Quantity=AMOUNT)]), amount=sent)

    assert response.json()["errors"] == {"[0].OrderItems[0].Quantity": ["The field Quantity must be an integer."]}


@pytest.mark.parametrize("sent", ["2147483648.0", "3e9", "1e400", "1e999999999999999999"])
def test_an_integer_has_its_range_however_it_is_written(partner: Partner, sent: str) -> None:
    response = posted(partner, "orders", order(TotalQuantity=AMOUNT), amount=sent)

    assert response.json()["errors"] == {
        "[0].TotalQuantity": ["The field TotalQuantity must be less than or equal to 2147483647."]
    }
