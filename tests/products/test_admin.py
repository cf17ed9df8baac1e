"""Products in the admin: with their variants and what they sold."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from products.models import Product
from tenants.models import Changeset, Role
from tests.conftest import Partner
from tests.members import member, text
from tests.orders.records import line, order
from tests.products.records import product, variant

pytestmark = pytest.mark.django_db

LIST = "/admin/products/product/"
GONE = variant(VariantId="V-2", Sku="S-2", IsAvailable=False, Stock=0)
LINE = line(Quantity=3, Price=10)


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


@pytest.fixture
def shoe(partner: Partner) -> Product:
    partner.save("products", product(ProductName="Shoe", ProductVariants=[variant(), GONE]))
    return Product.objects.get(product_id="P-1")


def found(client: Client, **query: str) -> list[str]:
    shown = client.get(LIST, query).context["cl"].result_list
    return sorted(product.product_id for product in shown)


def test_search_finds_by_product_sku_and_variant(shoe: Product, staff: Client) -> None:
    for term in ("P-1", "P-", "S-2", "V-1", str(shoe.pk)):
        assert found(staff, q=term) == ["P-1"], term


def test_filters_by_availability(partner: Partner, shoe: Product, staff: Client) -> None:
    partner.save(
        "products",
        {"ProductId": "P-2", "ProductName": "Hat", "ProductVariants": [{**GONE, "Stock": 1}]},
        {"ProductId": "P-3", "ProductName": "Bag", "ProductVariants": []},
    )

    assert found(staff, available="yes") == ["P-1"]
    assert found(staff, available="no") == ["P-2"]
    assert found(staff, available="out") == ["P-1"]
    assert found(staff, available="none") == ["P-3"]
    assert found(staff, currency="eur") == ["P-1", "P-2"]


def test_the_list_asks_the_same_few_questions_for_many_products(
    partner: Partner, staff: Client, django_assert_max_num_queries: Any
) -> None:
    partner.save("products", *(product(ProductId=f"P-{i}") for i in range(60)))

    with django_assert_max_num_queries(18):
        assert "1 of 1" in text(staff.get(LIST))


def test_a_product_shows_variants_and_sales(partner: Partner, shoe: Product, staff: Client) -> None:
    partner.save("orders", order(OrderItems=[LINE]), order(OrderId="O-2", OrderItems=[LINE], IsOrderCancelled=True))

    page = text(staff.get(f"{LIST}{shoe.pk}/change/"))

    assert "S-2" in page
    assert "30.00 EUR" in page
    assert "Cancelled" in page


def test_variants_are_shown_in_the_order_in_which_they_were_first_sent(
    partner: Partner, shoe: Product, staff: Client
) -> None:
    first = variant(VariantId="V-0", Sku="S-0")
    partner.save("products", product(ProductName="Shoe", ProductVariants=[first, GONE, variant()]))

    page = text(staff.get(f"{LIST}{shoe.pk}/change/"))

    assert page.index("S-1") < page.index("S-2") < page.index("S-0")


def test_the_largest_amounts_are_shown_to_the_last_digit(partner: Partner, shoe: Product, staff: Client) -> None:
    most, quantity = 999_999_999_999.9999, 2_147_483_647
    lines = [line(Quantity=quantity, Price=most)] * 2
    dear = variant(OriginalPrice=most, SalePrice=most)
    partner.save("products", product(ProductName="Shoe", ProductVariants=[dear]))
    partner.save("orders", order(TotalRevenue=most, OrderItems=lines))

    page = text(staff.get(f"{LIST}{shoe.pk}/change/"))

    assert page.count("999,999,999,999.9999 EUR") == 3
    assert f"{2 * quantity * Decimal('999999999999.9999'):,.4f} EUR" in page


def test_a_variant_is_deleted_after_a_question(shoe: Product, staff: Client) -> None:
    variant = shoe.variants.get(variant_id="V-2")

    question = staff.post(f"{LIST}{shoe.pk}/variants/", {"part": str(variant.pk)}).context["question"]
    staff.post(question.url, {"chosen": question.chosen})

    assert [left.variant_id for left in shoe.variants.all()] == ["V-1"]
    assert Changeset.objects.order_by("-pk")[0].updated_ids == [shoe.pk]


def test_products_are_deleted_with_their_variants(shoe: Product, staff: Client) -> None:
    asked = staff.post(LIST, {"action": "delete_selected", "index": "0", "_selected_action": str(shoe.pk)})
    question = asked.context["question"]

    told = staff.post(question.url, {"chosen": question.chosen}, follow=True)

    assert "1 product, with 2 variants, deleted for good." in text(asked)
    assert "1 product deleted." in text(told)
    assert not Product.objects.exists()
