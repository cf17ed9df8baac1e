"""POST /products/{tenantId}: what is stored, in which form, and what an update leaves alone (document 001)."""

from typing import Any

import pytest

from tests.conftest import Partner
from tests.products.records import Record, product, variant, without


def stored(partner: Partner, **fields: Any) -> Record:
    """Save one product and return what is read back."""
    partner.save("products", product(**fields))
    return partner.read("products")[0]


def stored_variant(partner: Partner, **fields: Any) -> Record:
    """Save a product with one variant and return the variant as it is read back."""
    found: Record = stored(partner, ProductVariants=[variant(**fields)])["ProductVariants"][0]
    return found


def without_times(record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in ("HubId", "CreatedAt", "UpdatedAt")}


def test_a_product_is_read_back_as_it_was_sent(partner: Partner) -> None:
    sent_variant = variant(
        Image="https://shop.example/red.png?w=9#top",
        Size="M",
        Stock=7,
        SalePrice=19.99,
        Language="en-US",
        BrandName="Acme",
    )
    sent = product(Taxonomy=["Men", "Shirts", 'a "quoted", {entry}'], IsOfflineExclusive=True)

    found = stored(partner, **{**sent, "ProductVariants": [sent_variant]})

    assert [without_times(each) for each in found.pop("ProductVariants")] == [sent_variant]
    assert without_times(found) == without(sent, "ProductVariants")


def test_fields_left_out_at_first_have_their_defaults(partner: Partner) -> None:
    found = stored(partner)

    optional = dict.fromkeys(["Image", "Size", "Stock", "SalePrice", "Language", "BrandName"])
    assert (found["Taxonomy"], found["IsOfflineExclusive"]) == ([], False)
    assert [without_times(each) for each in found["ProductVariants"]] == [variant(**optional)]


def test_fields_left_out_or_null_later_keep_their_value(partner: Partner) -> None:
    partner.save("products", product(Taxonomy=["Men"], ProductVariants=[variant(Stock=7, Size="M", BrandName="Acme")]))

    found = stored(partner, Taxonomy=None, ProductVariants=[variant(Stock=None, Size="")])

    kept = found["ProductVariants"][0]
    assert found["Taxonomy"] == ["Men"]
    assert (kept["Stock"], kept["Size"], kept["BrandName"]) == (7, None, "Acme")


def test_an_empty_taxonomy_replaces_the_stored_one(partner: Partner) -> None:
    partner.save("products", product(Taxonomy=["Men"]))

    assert stored(partner, Taxonomy=[])["Taxonomy"] == []


def test_a_taxonomy_is_read_in_the_order_in_which_it_was_last_sent(partner: Partner) -> None:
    for sent in (["Women", "Apparel", "Tops"], ["Tops", "Women", "Apparel"], ["Sale", "Sale", "Apparel"]):
        assert stored(partner, Taxonomy=sent)["Taxonomy"] == sent


def test_variants_left_out_stay(partner: Partner) -> None:
    partner.save("products", product(ProductVariants=[variant(VariantId="a"), variant(VariantId="b")]))
    partner.save("products", product(ProductVariants=[variant(VariantId="b", Stock=1), variant(VariantId="c")]))

    found = stored(partner, ProductVariants=[])

    assert [each["VariantId"] for each in found["ProductVariants"]] == ["a", "b", "c"]


def test_variants_are_read_in_the_order_in_which_they_were_first_sent(partner: Partner) -> None:
    def sent(*names: str) -> Any:
        return partner.post("products", [product(ProductVariants=[variant(VariantId=name) for name in names])])

    def read() -> list[str]:
        return [each["VariantId"] for each in partner.read("products")[0]["ProductVariants"]]

    sent("b", "B", "a")
    assert read() == ["b", "B", "a"]

    assert "X-Changeset" not in sent("a", "B", "b").headers
    assert read() == ["b", "B", "a"]

    sent("d", "a", "c")
    assert read() == ["b", "B", "a", "d", "c"]

    partner.delete("/products/{tenant}/P-1/variants/b")
    sent("A", "b")
    assert read() == ["B", "a", "d", "c", "A", "b"]


def test_records_of_a_product_in_one_batch_add_their_variants_one_after_the_other(partner: Partner) -> None:
    records = [
        product(ProductId=product_id, ProductVariants=[variant(VariantId=name) for name in names])
        for product_id, names in [("Q", "zy"), ("P", "b"), ("Q", "x"), ("P", "ab"), ("Q", "yw")]
    ]

    partner.save("products", *records)

    found = {each["ProductId"]: [v["VariantId"] for v in each["ProductVariants"]] for each in partner.read("products")}
    assert found == {"P": ["b", "a"], "Q": ["z", "y", "x", "w"]}


def test_only_the_variant_that_changed_is_touched(partner: Partner) -> None:
    partner.save("products", product(ProductVariants=[variant(VariantId="a"), variant(VariantId="b")]))
    before = partner.read("products")[0]

    after = stored(partner, ProductVariants=[variant(VariantId="a"), variant(VariantId="b", Stock=1)])

    moved = [
        was["UpdatedAt"] != now["UpdatedAt"]
        for was, now in zip(before["ProductVariants"], after["ProductVariants"], strict=True)
    ]
    assert moved == [False, True]
    assert before["UpdatedAt"] < after["UpdatedAt"] == after["ProductVariants"][1]["UpdatedAt"]


def test_the_same_variant_id_lives_in_two_products(partner: Partner) -> None:
    partner.save(
        "products",
        product(ProductId="A", ProductVariants=[variant(Sku="a")]),
        product(ProductId="B", ProductVariants=[variant(Sku="b")]),
    )
    partner.delete("/products/{tenant}/A/variants/V-1")

    found = {each["ProductId"]: [v["Sku"] for v in each["ProductVariants"]] for each in partner.read("products")}
    assert found == {"A": [], "B": ["b"]}


def test_the_same_product_twice_in_a_batch_is_one_after_the_other(partner: Partner) -> None:
    data = partner.save(
        "products",
        product(Taxonomy=["Men"], ProductVariants=[variant(Stock=1, Size="M"), variant(VariantId="V-2")]),
        product(ProductName="Hat", ProductVariants=[variant(Stock=2), variant(Stock=3, Name="Hat, red")]),
    )

    (found,) = partner.read("products")
    first = found["ProductVariants"][0]
    assert data["count"] == 2
    assert (found["ProductName"], found["Taxonomy"], len(found["ProductVariants"])) == ("Hat", ["Men"], 2)
    assert (first["Stock"], first["Size"], first["Name"]) == (3, "M", "Hat, red")


def test_the_answer_counts_the_records_received(partner: Partner) -> None:
    response = partner.post("products", [product(), product(ProductId="P-2")])

    answer = response.json()
    assert answer["data"].pop("processedAt").endswith("Z")
    receipt = {"changeset": 1, "created": 2, "updated": 0, "unchanged": 0}
    assert answer == {"success": True, "message": "Products saved.", "data": {"count": 2, **receipt}}
    assert response["X-Changeset"] == "1"


def test_an_identical_batch_sent_again_changes_nothing(partner: Partner) -> None:
    batch = [product(ProductId=f"P-{i}", Taxonomy=["Men"]) for i in range(5)]
    partner.save("products", *batch)
    before = partner.read("products")

    response = partner.post("products", batch)

    assert response.json()["data"]["count"] == 5
    assert "X-Changeset" not in response
    assert partner.read("products") == before
    assert len(partner.changes()) == 1


def test_a_value_sent_again_after_it_was_left_out_changes_nothing(partner: Partner) -> None:
    partner.save("products", product(IsOfflineExclusive=True, ProductVariants=[variant(Stock=7)]))
    partner.save("products", product(ProductName="Hat", ProductVariants=[variant(Name="Hat")]))

    response = partner.post(
        "products",
        [product(ProductName="Hat", IsOfflineExclusive=True, ProductVariants=[variant(Name="Hat", Stock=7)])],
    )

    assert "X-Changeset" not in response


def test_an_empty_batch_is_no_mistake(partner: Partner) -> None:
    assert partner.save("products")["count"] == 0


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (29.99, 29.99),
        (0, 0),
        (0.00005, 0),
        (2.00005, 2),
        (2.00015, 2.0002),
        (9_999_999_999.9999, 9_999_999_999.9999),
        (999_999_999_999.9999, 999_999_999_999.9999),
    ],
)
def test_money_is_rounded_half_even_at_four_decimals(partner: Partner, sent: float, read: float) -> None:
    found = stored_variant(partner, OriginalPrice=sent, SalePrice=sent)

    assert (found["OriginalPrice"], found["SalePrice"]) == (read, read)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/1.png",
        "HTTPS://Shop.Example",
        "https://cdn.shop.example:8443/a/b.png?x=1&y=%20#f",
        "https://münchen.example/schön.png",
        "https://203.0.113.9/1.png",
        "https://shop.example/" + "x" * 1979,
    ],
    ids=lambda url: url[:30],
)
def test_an_https_url_is_stored_as_sent(partner: Partner, url: str) -> None:
    assert stored_variant(partner, Image=url)["Image"] == url


@pytest.mark.parametrize(
    ("name", "sent", "read"),
    [
        ("Currency", "eur", "EUR"),
        ("Language", "en-us", "en-US"),
        ("Language", "ZH-hant-tw", "zh-Hant-TW"),
        ("Language", " de ", "de"),
        ("Name", " Shirt ", "Shirt"),
        ("BrandName", " Acme ", "Acme"),
        ("Sku", " S 1 ", " S 1 "),
        ("VariantId", "🛒" * 100, "🛒" * 100),
    ],
)
def test_values_are_stored_in_their_normal_form_and_identifiers_exactly(
    partner: Partner, name: str, sent: str, read: str
) -> None:
    assert stored_variant(partner, **{name: sent})[name] == read


def test_the_longest_taxonomy_is_stored(partner: Partner) -> None:
    longest = [f"{i:02}" + "ß" * 198 for i in range(20)]

    assert stored(partner, Taxonomy=longest)["Taxonomy"] == longest


def test_unknown_fields_are_ignored_and_named(partner: Partner) -> None:
    data = partner.save("products", product(Colour="Red", ProductVariants=[variant(Color="Red")]))

    assert data["warnings"] == {
        "[0].Colour": ["Unknown field, ignored."],
        "[0].ProductVariants[0].Color": ["Unknown field, ignored."],
    }


def test_the_same_product_id_lives_in_two_tenants(partner: Partner, by_email: Partner) -> None:
    partner.save("products", product(ProductName="Shirt"))
    by_email.save("products", product(ProductName="Hat"))

    assert [tenant.read("products")[0]["ProductName"] for tenant in (partner, by_email)] == ["Shirt", "Hat"]
