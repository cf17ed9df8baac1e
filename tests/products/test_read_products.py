"""GET /products/{tenantId} and …/{productId}: filters, pages, and a fixed number of statements whatever the size."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.conftest import Partner
from tests.products.records import product, variant

# authorise (counts the request too); savepoint, documents with the lock, parts with the changeset, release.
STATEMENTS_OF_A_BATCH = 5
# authorise, products, how much their variants weigh, variants.
STATEMENTS_OF_A_PAGE = 4


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with four products, each different in every field there is a filter for."""
    partner.save(
        "products",
        product(ProductId="A", ProductVariants=[variant(VariantId="v", Sku="s", Language="de-DE")]),
        product(ProductId="a", ProductVariants=[variant(), variant(VariantId="V-2", Sku="s 2 ", Currency="USD")]),
        product(ProductId="B", ProductVariants=[variant(IsAvailable=False)]),
        product(ProductId="C", ProductVariants=[], IsOfflineExclusive=True),
    )
    return partner


def found(partner: Partner, **filters: str) -> str:
    """Return the ids of the products that filters leave, sorted, in one word: databases differ on `A` and `a`."""
    return "".join(sorted(each["ProductId"] for each in partner.read("products", **filters)))


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("ProductId", "A", "A"),
        ("ProductId", "nothing", ""),
        ("VariantId", "V-1", "Ba"),
        ("VariantId", "V", ""),
        ("Sku", "s 2 ", "a"),
        ("Sku", "S", ""),
        ("Currency", "USD", "a"),
        ("Currency", "usd ", "a"),
        ("Language", "de-DE", "A"),
        ("Language", "DE-de", "A"),
        ("IsAvailable", "true", "Aa"),
        ("IsAvailable", "false", "B"),
        ("IsOfflineExclusive", "true", "C"),
        ("IsOfflineExclusive", "false", "ABa"),
        ("UpdatedAt__gte", "2025-01-03T00:00:00Z", "ABCa"),
        ("UpdatedAt__lt", "2025-01-03T00:00:00Z", ""),
        ("CreatedAt__gt", "2025-01-03T00:00:00Z", "ABCa"),
        ("CreatedAt__lte", "2025-01-03T00:00:00Z", ""),
    ],
)
def test_products_are_filtered(shop: Partner, name: str, value: str, ids: str) -> None:
    assert found(shop, **{name: value}) == ids


def test_a_product_is_found_once_with_all_its_variants(shop: Partner) -> None:
    shop.save("products", product(ProductId="B", ProductVariants=[variant(VariantId="V-3")]))

    (both,) = shop.read("products", Sku="S-1", ProductId="B")

    assert [each["VariantId"] for each in both["ProductVariants"]] == ["V-1", "V-3"]


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"Colour": "red"}, "unknown_parameter"),
        ({"productid": "A"}, "unknown_parameter"),
        ({"OrderId": "A"}, "unknown_parameter"),
        ({"ProductId": "A" * 101}, "too_long"),
        ({"VariantId": "A" * 101}, "too_long"),
        ({"Sku": "A" * 101}, "too_long"),
        ({"Currency": "euro"}, "currency"),
        ({"Language": "german"}, "language"),
        ({"UpdatedAt__gte": "2025-01-01"}, "datetime"),
        ({"IsAvailable": "1"}, "not_a_boolean"),
        ({"HubId": "1-2"}, "hub_ids"),
        ({"limit": "1.0"}, "not_an_integer"),
        ({"cursor": "?"}, "cursor"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_filter_there_is_not_or_a_value_it_cannot_have_is_refused(
    shop: Partner, filters: dict[str, str], code: str
) -> None:
    response = shop.get("/products/{tenant}", **filters)

    assert response.status_code == 400
    assert [(detail["field"], detail["code"]) for detail in response.json()["details"]] == [(*filters, code)]


def test_products_are_found_by_the_hub_ids_of_the_feed(shop: Partner, by_email: Partner) -> None:
    by_email.save("products", product())
    (theirs,) = by_email.changes()[0]["Created"]
    hub_ids = {each["ProductId"]: each["HubId"] for each in shop.read("products")}

    assert found(shop, HubId=f"{hub_ids['B']}, {hub_ids['a']},{theirs}") == "Ba"
    assert found(shop, HubId=f"{hub_ids['B']},{hub_ids['a']}", IsAvailable="true") == "a"


@pytest.mark.parametrize(
    ("path", "name"), [("{}", "productId"), ("{}/variants/V-1", "productId"), ("A/variants/{}", "variantId")]
)
def test_an_identifier_in_a_path_has_the_limit_of_one_in_a_body(shop: Partner, path: str, name: str) -> None:
    long, blank = (shop.delete("/products/{tenant}/" + path.format(odd)) for odd in ("A" * 101, "%20"))

    assert (long.status_code, blank.status_code) == (400, 400)
    assert long.json()["errors"] == {name: [f"The field {name} must be a string with a maximum length of 100."]}
    assert blank.json()["errors"] == {name: [f"The {name} field is required."]}


@pytest.mark.parametrize("limit", ["1", "2", "3", "4", "1000"])
def test_pages_hold_every_product_once_in_the_order_of_their_ids(shop: Partner, limit: str) -> None:
    ids = [each["ProductId"] for each in shop.read("products", limit=limit)]
    ids.remove("a")  # where it stands among capitals is the database's to say

    assert ids == ["A", "B", "C"]


def test_one_product_is_read_by_its_id(shop: Partner) -> None:
    response = shop.get("/products/{tenant}/a")

    assert response.json()["data"] == shop.read("products", ProductId="a")[0]
    assert response.json()["message"] == "Product found."


def test_a_product_there_is_not_is_a_404(shop: Partner) -> None:
    response = shop.get("/products/{tenant}/b")

    assert response.status_code == 404
    assert response.json() == {"success": False, "message": "Product not found.", "data": {}}


def batch(size: int, **fields: Any) -> list[dict[str, Any]]:
    variants = [variant(), variant(VariantId="V-2", **fields)]
    return [product(ProductId=f"{i:03}", ProductVariants=variants) for i in range(size)]


@pytest.mark.parametrize("size", [1, 200])
def test_a_batch_costs_the_same_few_statements_whatever_its_size(
    partner: Partner, size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(STATEMENTS_OF_A_BATCH):
        partner.save("products", *batch(size))
    with django_assert_num_queries(STATEMENTS_OF_A_BATCH):
        partner.save("products", *batch(size, Stock=1))
    with django_assert_num_queries(STATEMENTS_OF_A_BATCH):
        partner.save("products", *batch(size, Stock=1))


@pytest.mark.parametrize("limit", ["1", "100"])
def test_a_page_costs_the_same_few_statements_whatever_its_size(
    partner: Partner, limit: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    partner.save("products", *batch(100))

    with django_assert_num_queries(STATEMENTS_OF_A_PAGE):
        partner.get("/products/{tenant}", limit=limit, Sku="S-1")
