"""POST /orders/{tenantId}: what is stored, in which form, and what an update leaves alone (document 001)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Partner, examples
from tests.orders.records import Record, line, order, without


def stored(partner: Partner, **fields: Any) -> Record:
    """Save one order and return what is read back."""
    partner.save("orders", order(**fields))
    return partner.read("orders")[0]


def test_an_order_is_read_back_as_it_was_sent(partner: Partner) -> None:
    sent = order(
        TotalQuantity=3,
        UniqueQuantity=1,
        IsOrderCancelled=True,
        OrderItems=[line(OriginalPrice=39.9, Size="M", Color="Red", Brand="Acme", IsGift=True)],
    )

    found = stored(partner, **sent)

    assert {**found, "OrderDate": sent["OrderDate"]} == {
        **sent,
        **{name: found[name] for name in ("HubId", "CreatedAt", "UpdatedAt")},
    }
    assert found["OrderDate"] == "2025-08-22T21:00:00.000Z"


def test_fields_left_out_at_first_have_their_defaults(partner: Partner) -> None:
    found = stored(partner)

    assert (found["TotalQuantity"], found["UniqueQuantity"], found["IsOrderCancelled"]) == (None, None, False)
    assert found["OrderItems"] == [line(OriginalPrice=None, Size=None, Color=None, Brand=None, IsGift=False)]


def test_fields_left_out_later_keep_their_value_but_lines_have_no_past(partner: Partner) -> None:
    partner.save("orders", order(TotalQuantity=3, IsOrderCancelled=True, OrderItems=[line(Size="M", IsGift=True)]))

    found = stored(partner)

    assert (found["TotalQuantity"], found["IsOrderCancelled"]) == (3, True)
    assert (found["OrderItems"][0]["Size"], found["OrderItems"][0]["IsGift"]) == (None, False)


def test_lines_that_stay_the_same_are_kept_in_order_with_the_new_ones(partner: Partner) -> None:
    partner.save("orders", order(OrderItems=[line(Sku="a"), line(Sku="b"), line(Sku="c")]))

    found = stored(partner, OrderItems=[line(Sku="a"), line(Sku="a"), line(Sku="d"), line(Sku="b")])

    assert [item["Sku"] for item in found["OrderItems"]] == ["a", "a", "d", "b"]


def test_lines_are_read_in_the_order_in_which_they_were_last_sent(partner: Partner) -> None:
    for sent in ("SML", "LSM", "MLSS"):
        partner.save("orders", order(OrderItems=[line(Sku=sku) for sku in sent]))

        assert "".join(item["Sku"] for item in partner.read("orders")[0]["OrderItems"]) == sent


def test_the_answer_counts_the_records_received(partner: Partner) -> None:
    response = partner.post("orders", [order(), order(), order(OrderId="O-2")])

    answer = response.json()
    assert answer["data"].pop("processedAt").endswith("Z")
    receipt = {"changeset": 1, "created": 2, "updated": 0, "unchanged": 0}
    assert answer == {"success": True, "message": "Orders saved.", "data": {"count": 3, **receipt}}
    assert response["X-Changeset"] == "1"


def test_an_identical_batch_sent_again_changes_nothing(partner: Partner) -> None:
    batch = [order(OrderId=f"O-{i}", OrderItems=[line(), line()]) for i in range(5)]
    partner.save("orders", *batch)
    before = partner.read("orders")

    response = partner.post("orders", batch)

    assert response.json()["data"]["count"] == 5
    assert "X-Changeset" not in response
    assert partner.read("orders") == before
    assert len(partner.changes()) == 1


def test_a_value_sent_again_after_it_was_left_out_changes_nothing(partner: Partner) -> None:
    partner.save("orders", order(TotalQuantity=3))
    partner.save("orders", order(TotalRevenue=1))

    response = partner.post("orders", [order(TotalQuantity=3, TotalRevenue=1)])

    assert "X-Changeset" not in response


def test_an_empty_batch_is_no_mistake(partner: Partner) -> None:
    assert partner.save("orders")["count"] == 0


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (29.99, 29.99),
        (0, 0),
        (-0.0, 0),
        (0.00005, 0),
        (0.00015, 0.0002),
        (2.00005, 2),
        (2.00015, 2.0002),
        (2.00025, 2.0002),
        (1234.56785, 1234.5678),
        (9_999_999_999.9999, 9_999_999_999.9999),
        (999_999_999_999.9999, 999_999_999_999.9999),
        (1e2, 100),
        (1e-300, 0),
    ],
)
def test_money_is_rounded_half_even_at_four_decimals(partner: Partner, sent: float, read: float) -> None:
    found = stored(partner, TotalRevenue=sent, OrderItems=[line(Price=sent, OriginalPrice=sent)])

    assert found["TotalRevenue"] == read
    assert (found["OrderItems"][0]["Price"], found["OrderItems"][0]["OriginalPrice"]) == (read, read)


@examples(10)
@given(
    amounts=st.lists(st.integers(0, 9_999_999_999_999_999).map(lambda units: units / 10_000), min_size=1, max_size=100)
)
def test_money_of_four_decimals_comes_back_as_it_went_in(partner: Partner, amounts: list[float]) -> None:
    found = stored(partner, OrderItems=[line(Price=amount) for amount in amounts])

    assert [item["Price"] for item in found["OrderItems"]] == amounts


def test_the_largest_integer_is_stored(partner: Partner) -> None:
    found = stored(partner, TotalQuantity=2_147_483_647, OrderItems=[line(Quantity=2_147_483_647)])

    assert (found["TotalQuantity"], found["OrderItems"][0]["Quantity"]) == (2_147_483_647, 2_147_483_647)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2025-08-22T21:00:00Z", "2025-08-22T21:00:00.000Z"),
        ("2025-08-22t21:00:00z", "2025-08-22T21:00:00.000Z"),
        ("2025-08-22T21:00Z", "2025-08-22T21:00:00.000Z"),
        ("2025-08-22T21:00:00.5Z", "2025-08-22T21:00:00.500Z"),
        ("2025-08-22T21:00:00,25Z", "2025-08-22T21:00:00.250Z"),
        ("2025-08-22T21:00:00.123456789Z", "2025-08-22T21:00:00.123Z"),
        ("2025-08-22T21:00:00.1234567Z", "2025-08-22T21:00:00.123Z"),
        ("2025-08-22T21:00:00+02:00", "2025-08-22T19:00:00.000Z"),
        ("2025-08-22T21:00:00+0200", "2025-08-22T19:00:00.000Z"),
        ("2025-08-22T21:00:00+02", "2025-08-22T19:00:00.000Z"),
        ("2025-08-22T21:00:00-09:30", "2025-08-23T06:30:00.000Z"),
        (" 2025-08-22T21:00:00Z ", "2025-08-22T21:00:00.000Z"),
        ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_an_order_date_is_stored_as_utc(partner: Partner, sent: str, read: str) -> None:
    assert stored(partner, OrderDate=sent)["OrderDate"] == read


@pytest.mark.parametrize(("sent", "read"), [("eur", "EUR"), (" Usd ", "USD"), ("JPY", "JPY")])
def test_a_currency_is_stored_in_capitals(partner: Partner, sent: str, read: str) -> None:
    assert stored(partner, Currency=sent)["Currency"] == read


def test_an_e_mail_is_stored_in_lower_case_and_identifiers_exactly_as_sent(partner: Partner) -> None:
    found = stored(
        partner, Email=" Ada+Shop@Example.COM ", OrderId=" O/1% ", CustomerId="c 1 ", OrderItems=[line(Sku=" s ")]
    )

    assert found["Email"] == "ada+shop@example.com"
    assert (found["OrderId"], found["CustomerId"], found["OrderItems"][0]["Sku"]) == (" O/1% ", "c 1 ", " s ")


def test_lengths_are_counted_in_characters(partner: Partner) -> None:
    longest = "🛒" * 100

    found = stored(partner, OrderId=longest, OrderItems=[line(Sku=longest, Size="ß" * 200)])

    assert (found["OrderId"], found["OrderItems"][0]["Sku"]) == (longest, longest)


def test_names_in_any_case_are_accepted_and_unknown_ones_named(partner: Partner) -> None:
    sent = {name.lower(): value for name, value in without(order(), "OrderItems").items()}
    items = [{**{name.upper(): value for name, value in line().items()}, "Colour": "Red"}]

    data = partner.save("orders", {**sent, "orderitems": items, "Note": "x"})

    assert data["warnings"] == {
        "[0].OrderItems[0].Colour": ["Unknown field, ignored."],
        "[0].Note": ["Unknown field, ignored."],
    }
    assert partner.read("orders")[0]["OrderItems"][0]["Sku"] == "S-1"


def test_the_same_order_id_lives_in_two_tenants(partner: Partner, by_email: Partner) -> None:
    partner.save("orders", order(TotalRevenue=1))
    by_email.save("orders", order(TotalRevenue=2))

    assert [tenant.read("orders")[0]["TotalRevenue"] for tenant in (partner, by_email)] == [1, 2]
