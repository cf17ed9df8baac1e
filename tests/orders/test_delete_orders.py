"""DELETE /orders/{tenantId}/{orderId} and …/items: idempotent, and echoed exactly (document 001)."""

from typing import Any

import pytest

from tests.conftest import Partner, quoted
from tests.orders.records import line, order

ODD_IDS = ["a b", "100%", "%41", "a?b=c", "a#b", "a&b", "🛒", "ünïcödé", " padded ", "a+b", "a;b", "a\\b", "a\nb", "."]


def echoed(response: Any) -> dict[str, Any]:
    """Return what a delete answered, without the time and the receipt (tests/tenants/test_receipts.py)."""
    assert response.status_code == 200, response.content
    answer = response.json()
    data = dict(answer["data"])
    assert data.pop("deletedAt").endswith("Z")
    for name in ("changeset", "created", "updated", "unchanged"):
        del data[name]
    return {"success": answer["success"], "message": answer["message"], **data}


def order_ids(partner: Partner) -> list[str]:
    return [each["OrderId"] for each in partner.read("orders")]


def test_an_order_goes_with_its_lines_and_is_echoed(partner: Partner) -> None:
    partner.save("orders", order(), order(OrderId="O-2"))

    response = partner.delete("/orders/{tenant}/O-1")

    assert echoed(response) == {"success": True, "message": "Order removed.", "orderId": "O-1", "removed": 1}
    assert order_ids(partner) == ["O-2"]


def test_deleting_again_answers_the_same_and_changes_nothing(partner: Partner) -> None:
    partner.save("orders", order())
    first = echoed(partner.delete("/orders/{tenant}/O-1"))

    second = echoed(partner.delete("/orders/{tenant}/O-1"))

    assert (first.pop("removed"), second.pop("removed")) == (1, 0)
    assert second == first
    assert [change["Operation"] for change in partner.changes()] == ["upsert", "delete"]


def test_an_order_named_again_is_created_afresh(partner: Partner) -> None:
    partner.save("orders", order(TotalQuantity=3, IsOrderCancelled=True))
    (before,) = partner.read("orders")
    partner.delete("/orders/{tenant}/O-1")

    partner.save("orders", order())

    (after,) = partner.read("orders")
    assert (after["TotalQuantity"], after["IsOrderCancelled"]) == (None, False)
    assert after["HubId"] != before["HubId"]
    assert after["CreatedAt"] > before["CreatedAt"]


@pytest.mark.parametrize("order_id", ODD_IDS)
def test_an_order_is_found_and_deleted_by_any_identifier(partner: Partner, order_id: str) -> None:
    partner.save("orders", order(OrderId=order_id), order(OrderId="other"))

    found = partner.get(f"/orders/{{tenant}}/{quoted(order_id)}")
    response = partner.delete(f"/orders/{{tenant}}/{quoted(order_id)}")

    assert found.json()["data"]["OrderId"] == order_id
    assert echoed(response)["orderId"] == order_id
    assert order_ids(partner) == ["other"]


def test_a_line_item_is_deleted_wherever_it_stands_and_is_echoed(partner: Partner) -> None:
    kept = [line(Sku="S-2"), line(ProductId="P-2")]
    partner.save("orders", order(OrderItems=[line(), kept[0], line(Quantity=2), kept[1]]))
    (before,) = partner.read("orders")

    response = partner.delete("/orders/{tenant}/O-1/items", productId="P-1", sku="S-1")

    assert echoed(response) == {
        "success": True,
        "message": "Order item removed.",
        "orderId": "O-1",
        "productId": "P-1",
        "sku": "S-1",
        "removed": 2,
    }
    (after,) = partner.read("orders")
    assert [(item["ProductId"], item["Sku"]) for item in after["OrderItems"]] == [("P-1", "S-2"), ("P-2", "S-1")]
    assert after["UpdatedAt"] > before["UpdatedAt"]
    assert partner.changes()[-1]["Updated"] == [after["HubId"]]


def test_deleting_a_line_item_again_changes_nothing(partner: Partner) -> None:
    partner.save("orders", order(OrderItems=[line(), line(Sku="S-2")]))
    path = "/orders/{tenant}/O-1/items"

    removed = [echoed(partner.delete(path, productId="P-1", sku="S-1"))["removed"] for _ in range(2)]

    assert removed == [1, 0]
    assert len(partner.changes()) == 2


def test_an_order_stays_when_its_last_line_goes(partner: Partner) -> None:
    partner.save("orders", order())

    partner.delete("/orders/{tenant}/O-1/items", productId="P-1", sku="S-1")

    assert partner.read("orders")[0]["OrderItems"] == []


def test_a_line_of_an_unknown_order_is_deleted_without_complaint(partner: Partner) -> None:
    response = partner.delete("/orders/{tenant}/none/items", productId="P-1", sku="S-1")

    assert echoed(response)["orderId"] == "none"
    assert partner.changes() == []


@pytest.mark.parametrize(
    "query",
    [{}, {"productId": "P-1"}, {"sku": "S-1"}, {"productId": "", "sku": "S-1"}, {"productId": "P-1", "sku": "  "}],
)
def test_a_line_item_is_named_by_product_id_and_sku(partner: Partner, query: dict[str, str]) -> None:
    partner.save("orders", order())

    response = partner.delete("/orders/{tenant}/O-1/items", **query)

    assert response.status_code == 400
    assert response.json() == {"success": False, "message": "Product ID and SKU are required.", "data": {}}
    assert len(partner.read("orders")[0]["OrderItems"]) == 1


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"productId": "P-1", "sku": "S" * 101}, "sku"),
        ({"productId": "P-1", "SKU": "S-1"}, "SKU"),
        ({"productID": "P-1", "sku": "S-1"}, "productID"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_with_an_identifier_stands_beside_the_message(
    partner: Partner, query: dict[str, str], wrong: str
) -> None:
    partner.save("orders", order())

    response = partner.delete("/orders/{tenant}/O-1/items", **query)

    assert (response.status_code, response.json()["message"]) == (400, "Product ID and SKU are required.")
    assert list(response.json()["errors"]) == [wrong]
    assert len(partner.read("orders")[0]["OrderItems"]) == 1


@pytest.mark.parametrize("odd", [*ODD_IDS, "a/b", "/", "a=b", "100%25"])
def test_a_line_item_is_deleted_by_any_identifier(partner: Partner, odd: str) -> None:
    partner.save("orders", order(OrderItems=[line(ProductId=odd, Sku=odd), line(Sku="other")]))

    response = partner.delete("/orders/{tenant}/O-1/items", productId=odd, sku=odd)

    assert (echoed(response)["productId"], echoed(response)["sku"]) == (odd, odd)
    assert [item["Sku"] for item in partner.read("orders")[0]["OrderItems"]] == ["other"]


def test_deletes_are_recorded_by_hub_id(partner: Partner) -> None:
    partner.save("orders", order())
    (found,) = partner.read("orders")

    partner.delete("/orders/{tenant}/O-1")

    change = partner.changes()[-1]
    assert (change["Entity"], change["Operation"], change["Deleted"]) == ("orders", "delete", [found["HubId"]])
