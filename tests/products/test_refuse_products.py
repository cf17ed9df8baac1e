"""POST /products/{tenantId}: what is refused, where, and in which words (document 001, table of values)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Partner, examples
from tests.products.records import product, variant, without

A_STRING = "The field {0} must be a string."
A_NUMBER = "The field {0} must be a number."
AN_INTEGER = "The field {0} must be an integer."
A_BOOLEAN = "The field {0} must be true or false."
REQUIRED = "The {0} field is required."
A_LANGUAGE = "The field {0} must be a BCP 47 language tag, for example en-US."
A_CURRENCY = "The field {0} must be an ISO 4217 currency code, for example EUR."
AN_URL = "The field {0} must be an https:// URL."
NOT_NEGATIVE = "The field {0} must be greater than or equal to 0."

PRODUCT_FIELDS = ["ProductId", "ProductName", "ProductVariants"]
VARIANT_FIELDS = ["VariantId", "Sku", "Name", "OriginalPrice", "Currency", "IsAvailable"]


def too_long(limit: int) -> str:
    return f"The field {{0}} must be a string with a maximum length of {limit}."


def at_most(limit: str) -> str:
    return f"The field {{0}} must be less than or equal to {limit}."


def refusal(partner: Partner, *records: Any) -> dict[str, list[str]]:
    """Return the errors of records that must be refused, and see that nothing was stored."""
    response = partner.post("products", list(records))
    assert response.status_code == 400, response.content
    assert partner.read("products") == []
    return dict(response.json()["errors"])


@pytest.mark.parametrize("name", PRODUCT_FIELDS)
@pytest.mark.parametrize("missing", ["omitted", "null"])
def test_a_required_field_is_demanded(partner: Partner, name: str, missing: str) -> None:
    record = without(product(), name) if missing == "omitted" else product(**{name: None})

    assert refusal(partner, record) == {f"[0].{name}": [REQUIRED.format(name)]}


@pytest.mark.parametrize("name", VARIANT_FIELDS)
@pytest.mark.parametrize("missing", ["omitted", "null"])
def test_a_required_field_of_a_variant_is_demanded_at_its_place(partner: Partner, name: str, missing: str) -> None:
    faulty = without(variant(), name) if missing == "omitted" else variant(**{name: None})

    errors = refusal(partner, product(ProductVariants=[variant(), faulty]))

    assert errors == {f"[0].ProductVariants[1].{name}": [REQUIRED.format(name)]}


@pytest.mark.parametrize("blank", ["", " \n"])
def test_blank_required_fields_count_as_missing(partner: Partner, blank: str) -> None:
    faulty = variant(VariantId=blank, Sku=blank, Name=blank, Currency=blank)

    errors = refusal(partner, product(ProductId=blank, ProductName=blank, ProductVariants=[faulty]))

    assert errors == {
        **{f"[0].{name}": [REQUIRED.format(name)] for name in ("ProductId", "ProductName")},
        **{
            f"[0].ProductVariants[0].{name}": [REQUIRED.format(name)]
            for name in ("VariantId", "Sku", "Name", "Currency")
        },
    }


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("ProductId", 7, A_STRING),
        ("ProductId", "x" * 101, too_long(100)),
        ("ProductName", "x" * 501, too_long(500)),
        ("ProductName", {}, A_STRING),
        ("ProductVariants", {}, "The field {0} must be an array."),
        ("ProductVariants", "V-1", "The field {0} must be an array."),
        ("Taxonomy", "Men", "The field {0} must be an array."),
        ("Taxonomy", ["x"] * 21, "The field {0} must be an array with a maximum length of 20."),
        ("IsOfflineExclusive", "false", A_BOOLEAN),
        ("IsOfflineExclusive", 0, A_BOOLEAN),
        ("ProductName", "a\0b", "The field {0} must not contain the character U+0000."),
    ],
)
def test_a_bad_value_is_refused_in_words_for_its_kind(partner: Partner, name: str, value: Any, text: str) -> None:
    assert refusal(partner, product(**{name: value})) == {f"[0].{name}": [text.format(name)]}


@pytest.mark.parametrize(
    ("entry", "text"), [("x" * 201, too_long(200)), ("", REQUIRED), (" ", REQUIRED), (None, REQUIRED), (1, A_STRING)]
)
def test_a_bad_taxonomy_entry_is_refused_at_its_place(partner: Partner, entry: Any, text: str) -> None:
    assert refusal(partner, product(Taxonomy=["Men", entry])) == {"[0].Taxonomy[1]": [text.format("Taxonomy")]}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("VariantId", "x" * 101, too_long(100)),
        ("Sku", 12, A_STRING),
        ("Sku", "x" * 101, too_long(100)),
        ("Name", "x" * 501, too_long(500)),
        ("Image", "http://shop.example/1.png", AN_URL),
        ("Image", "//shop.example/1.png", AN_URL),
        ("Image", "1.png", AN_URL),
        ("Image", "https://", AN_URL),
        ("Image", "https://localhost/1.png", AN_URL),
        ("Image", "https://user:secret@shop.example/1.png", AN_URL),
        ("Image", "https://shop.example/a b.png", AN_URL),
        ("Image", "javascript:alert(1)", AN_URL),
        ("Image", "https://shop.example/" + "x" * 1980, too_long(2000)),
        ("Size", "x" * 201, too_long(200)),
        ("Stock", -1, NOT_NEGATIVE),
        ("Stock", 1.5, AN_INTEGER),
        ("Stock", "1", AN_INTEGER),
        ("Stock", True, AN_INTEGER),
        ("Stock", 2_147_483_648, at_most("2147483647")),
        ("OriginalPrice", -0.5, NOT_NEGATIVE),
        ("OriginalPrice", "29.99", A_NUMBER),
        ("OriginalPrice", float("nan"), A_NUMBER),
        ("OriginalPrice", float("inf"), A_NUMBER),
        ("OriginalPrice", 1_000_000_000_000, at_most("999999999999.9999")),
        ("SalePrice", -1, NOT_NEGATIVE),
        ("SalePrice", False, A_NUMBER),
        ("Currency", "EURO", A_CURRENCY),
        ("Language", "english", A_LANGUAGE),
        ("Language", "en US", A_LANGUAGE),
        ("Language", "zh-Hant-TW-x", too_long(10)),
        ("BrandName", "x" * 201, too_long(200)),
        ("IsAvailable", "yes", A_BOOLEAN),
        ("IsAvailable", 1, A_BOOLEAN),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_value_of_a_variant_is_refused_at_its_place(partner: Partner, name: str, value: Any, text: str) -> None:
    faulty = product(ProductId="P-2", ProductVariants=[variant(), variant(**{name: value})])

    errors = refusal(partner, product(), faulty)

    assert errors == {f"[1].ProductVariants[1].{name}": [text.format(name)]}


@pytest.mark.parametrize("element", [7, "product", None, [product()]])
def test_an_element_that_is_no_object_is_refused(partner: Partner, element: Any) -> None:
    assert refusal(partner, product(), element) == {"[1]": ["The element must be a JSON object."]}


@pytest.mark.parametrize("element", [7, None, "V-1"])
def test_a_variant_that_is_no_object_is_refused(partner: Partner, element: Any) -> None:
    assert refusal(partner, product(ProductVariants=[variant(), element])) == {
        "[0].ProductVariants[1]": ["The element must be a JSON object."]
    }


def test_a_batch_holds_200_products_and_no_more(partner: Partner) -> None:
    batch = [product(ProductId=f"P-{i}") for i in range(201)]

    errors = refusal(partner, *batch)
    data = partner.save("products", *batch[:200])

    assert errors == {"": ["The request body must contain at most 200 products."]}
    assert data["count"] == 200


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["\0", 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@examples(100)
@given(name=st.sampled_from([*product(), "Taxonomy", "IsOfflineExclusive"]), value=JSON_VALUES)
def test_any_json_value_in_a_product_gets_an_answer(partner: Partner, name: str, value: Any) -> None:
    response = partner.post("products", [product(**{name: value})])

    assert response.status_code in (200, 400), response.content


@examples(100)
@given(name=st.sampled_from([*variant(), "Image", "Stock", "SalePrice", "Language"]), value=JSON_VALUES)
def test_any_json_value_in_a_variant_gets_an_answer(partner: Partner, name: str, value: Any) -> None:
    response = partner.post("products", [product(ProductVariants=[variant(**{name: value})])])

    assert response.status_code in (200, 400), response.content
