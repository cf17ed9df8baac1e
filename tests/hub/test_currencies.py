"""The pinned currency codes: what ISO 4217 knows today, and what it has withdrawn."""

import re

import pycountry
import pytest

from hub.records.currencies import ACTIVE, CURRENCIES, WITHDRAWN
from tests.conftest import Partner
from tests.orders.records import order
from tests.products.records import product, variant

HISTORY = ["DEM", "FRF", "ITL", "HRK", "BGN", "LTL", "ANG", "CUC", "SLL", "ZWL", "VEF", "YUM", "XEU"]


def test_a_code_that_iso_adds_is_to_be_added_here() -> None:
    known = {currency.alpha_3 for currency in pycountry.currencies}

    assert known - CURRENCIES == set(), "new in ISO 4217: add it to ACTIVE"


@pytest.mark.parametrize("codes", [ACTIVE.split(), WITHDRAWN.split()])
def test_the_codes_are_sorted_and_of_three_letters(codes: list[str]) -> None:
    assert codes == sorted(set(codes))
    assert all(re.fullmatch("[A-Z]{3}", code) for code in codes)


def test_no_code_is_both_active_and_withdrawn() -> None:
    assert set(ACTIVE.split()) & set(WITHDRAWN.split()) == set()
    assert set(HISTORY) <= set(WITHDRAWN.split())


def test_history_is_loaded_in_the_currency_of_its_time(partner: Partner) -> None:
    orders = [order(OrderId=f"O-{code}", Currency=code.lower()) for code in HISTORY]
    variants = [variant(VariantId=f"V-{code}", Currency=code) for code in HISTORY]

    partner.save("orders", *orders)
    partner.save("products", product(ProductVariants=variants))

    assert {found["Currency"] for found in partner.read("orders")} == set(HISTORY)
    assert [found["Currency"] for found in partner.read("products")[0]["ProductVariants"]] == HISTORY
