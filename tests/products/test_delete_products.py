"""DELETE /products/{tenantId}/{productId} and …/variants/{variantId}: idempotent, echoed exactly (document 001)."""

from typing import Any

import pytest

from tests.conftest import Partner, quoted
from tests.orders.records import order
from tests.products.records import product, variant

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


def variant_ids(partner: Partner) -> dict[str, list[str]]:
    return {
        each["ProductId"]: [variant["VariantId"] for variant in each["ProductVariants"]]
        for each in partner.read("products")
    }


def test_a_product_goes_with_its_variants_and_is_echoed(partner: Partner) -> None:
    partner.save("products", product(), product(ProductId="P-2"))

    response = partner.delete("/products/{tenant}/P-1")

    assert echoed(response) == {"success": True, "message": "Product removed.", "productId": "P-1", "removed": 1}
    assert variant_ids(partner) == {"P-2": ["V-1"]}


def test_a_variant_goes_alone_and_is_echoed(partner: Partner) -> None:
    partner.save("products", product(ProductVariants=[variant(), variant(VariantId="V-2")]))
    (before,) = partner.read("products")

    response = partner.delete("/products/{tenant}/P-1/variants/V-1")

    assert echoed(response) == {
        "success": True,
        "message": "Variant removed.",
        "productId": "P-1",
        "variantId": "V-1",
        "removed": 1,
    }
    assert variant_ids(partner) == {"P-1": ["V-2"]}
    assert partner.read("products")[0]["UpdatedAt"] > before["UpdatedAt"]
    assert partner.changes()[-1]["Updated"] == [before["HubId"]]


@pytest.mark.parametrize("path", ["P-1", "P-1/variants/V-1"])
def test_deleting_again_answers_the_same_and_changes_nothing(partner: Partner, path: str) -> None:
    partner.save("products", product())
    first = echoed(partner.delete(f"/products/{{tenant}}/{path}"))

    second = echoed(partner.delete(f"/products/{{tenant}}/{path}"))

    assert (first.pop("removed"), second.pop("removed")) == (1, 0)
    assert second == first
    assert [change["Operation"] for change in partner.changes()] == ["upsert", "delete"]


@pytest.mark.parametrize("path", ["none", "none/variants/V-1", "P-1/variants/none"])
def test_what_is_not_there_is_deleted_without_complaint(partner: Partner, path: str) -> None:
    partner.save("products", product())

    echoed(partner.delete(f"/products/{{tenant}}/{path}"))

    assert variant_ids(partner) == {"P-1": ["V-1"]}
    assert len(partner.changes()) == 1


def test_a_product_stays_when_its_last_variant_goes(partner: Partner) -> None:
    partner.save("products", product())

    partner.delete("/products/{tenant}/P-1/variants/V-1")

    assert variant_ids(partner) == {"P-1": []}


def test_a_product_named_again_is_created_afresh(partner: Partner) -> None:
    partner.save("products", product(Taxonomy=["Men"], ProductVariants=[variant(Stock=3), variant(VariantId="V-2")]))
    (before,) = partner.read("products")
    partner.delete("/products/{tenant}/P-1")

    partner.save("products", product())

    (after,) = partner.read("products")
    assert after["HubId"] != before["HubId"]
    assert after["Taxonomy"] == []
    assert [each["Stock"] for each in after["ProductVariants"]] == [None]


def test_a_variant_named_again_is_created_afresh(partner: Partner) -> None:
    partner.save("products", product(ProductVariants=[variant(Stock=3, Size="M")]))
    partner.delete("/products/{tenant}/P-1/variants/V-1")

    partner.save("products", product())

    (found,) = partner.read("products")[0]["ProductVariants"]
    assert (found["Stock"], found["Size"]) == (None, None)


def test_deleting_a_product_leaves_order_lines_as_they_are(partner: Partner) -> None:
    partner.save("products", product())
    partner.save("orders", order())
    before = partner.read("orders")

    partner.delete("/products/{tenant}/P-1")

    assert partner.read("orders") == before


@pytest.mark.parametrize("product_id", ODD_IDS)
def test_a_product_is_found_and_deleted_by_any_identifier(partner: Partner, product_id: str) -> None:
    partner.save("products", product(ProductId=product_id), product(ProductId="other"))

    found = partner.get(f"/products/{{tenant}}/{quoted(product_id)}")
    response = partner.delete(f"/products/{{tenant}}/{quoted(product_id)}")

    assert found.json()["data"]["ProductId"] == product_id
    assert echoed(response)["productId"] == product_id
    assert variant_ids(partner) == {"other": ["V-1"]}


@pytest.mark.parametrize("odd", ODD_IDS)
def test_a_variant_is_deleted_by_any_identifier(partner: Partner, odd: str) -> None:
    variants = [variant(VariantId=odd), variant(VariantId="other")]
    partner.save("products", product(ProductId=odd, ProductVariants=variants))

    response = partner.delete(f"/products/{{tenant}}/{quoted(odd)}/variants/{quoted(odd)}")

    assert (echoed(response)["productId"], echoed(response)["variantId"]) == (odd, odd)
    assert variant_ids(partner) == {odd: ["other"]}
