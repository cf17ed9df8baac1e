"""What a dry run of products says is what the real run then does, in sequences too; of variants, those that change."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MakeTenant, Partner, examples
from tests.dry_runs import both
from tests.products.records import product, variant
from tests.products.test_sequences import STEPS, Step


@pytest.mark.parametrize("fields", [{}, {"keeps_images": True}], ids=["as it is", "images kept"])
@examples(40)
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
def test_a_dry_run_says_what_the_real_run_does(
    make_tenant: MakeTenant, fields: dict[str, Any], steps: list[Step]
) -> None:
    partner, sent = make_tenant(**fields), list[Any]()
    for step in steps:
        match step:
            case ("delete", product_id):
                both(partner, "DELETE", f"/products/{{tenant}}/{product_id}")
            case ("delete_variant", product_id, variant_id):
                both(partner, "DELETE", f"/products/{{tenant}}/{product_id}/variants/{variant_id}")
            case _:
                sent = step[1] if step[0] == "upsert" else sent
                both(partner, "POST", "/products/{tenant}?results=true", sent)


def test_of_many_variants_only_those_that_change_are_shown(partner: Partner) -> None:
    partner.save("products", product(ProductVariants=[variant(VariantId=f"V-{i}") for i in range(300)]))

    tried, _ = both(
        partner,
        "POST",
        "/products/{tenant}?results=true",
        [product(ProductVariants=[variant(VariantId="V-7", Stock=1)])],
    )
    (change,) = tried.json()["data"]["changes"]
    assert [part["Stock"] for part in change["before"]["ProductVariants"]] == [None]
    assert [part["Stock"] for part in change["after"]["ProductVariants"]] == [1]

    tried, _ = both(partner, "DELETE", "/products/{tenant}/P-1/variants/V-9")
    (change,) = tried.json()["data"]["changes"]
    assert [part["VariantId"] for part in change["before"]["ProductVariants"]] == ["V-9"]
    assert change["after"] == {"ProductVariants": []}
    assert change["status"] == "updated"


def test_a_product_that_would_be_over_full_is_refused_as_it_is(partner: Partner) -> None:
    for start in (0, 2500):
        partner.save("products", product(ProductVariants=[variant(VariantId=f"V-{start + i}") for i in range(2500)]))

    tried, _ = both(partner, "POST", "/products/{tenant}", [product(ProductVariants=[variant(VariantId="V-new")])])

    assert (tried.status_code, tried.json()["details"][0]["code"]) == (400, "record_full")
