"""What a stored bit means never changes: consent evidence is read by it.

The tables here are literal on purpose. Whoever adds a column or a flag adds a line with a number of its own; whoever
has to change a number has found a change that would re-label every stored record.
"""

from dataclasses import replace
from typing import Any

import pytest

from customers.flags import FLAGS
from customers.ingest import CUSTOMERS
from customers.models import Customer
from customers.overrides import place_in_given
from hub.sql.upsert import Table, refuse_shared_bits, upsert_statement
from orders.ingest import ORDERS
from orders.models import Order
from products.ingest import PRODUCTS, VARIANTS
from products.models import Product, Variant
from tenants.models import ConsentChange
from tests.conftest import Partner
from tests.orders.records import order
from tests.products.records import product, variant

# The documented name of a field, a value, and the bit that `given` has once it was supplied.
CUSTOMER_BITS = [
    ("CustomerId", "A", 0),
    ("Email", "a@shop.example", 1),
    ("Name", "Ann", 2),
    ("Surname", "Lee", 3),
    ("Phone", "+358101234567", 4),
    ("Language", "en", 5),
    ("Username", "ann", 6),
    ("EmailOptin", True, 7),
    ("SmsOptin", True, 8),
    ("WhatsappOptin", True, 9),
    ("AppPushOptin", True, 10),
    ("GdprOptin", True, 11),
    ("IsExcluded", True, 12),
]
CUSTOMER_COLUMNS_OF_DIALECTS = {"attributes": 13, "tags": 14, "mailing_lists": 15}
FLAG_BITS = [
    ("EmailOptin", 0),
    ("SmsOptin", 1),
    ("WhatsappOptin", 2),
    ("AppPushOptin", 3),
    ("GdprOptin", 4),
    ("IsExcluded", 5),
]
ORDER_BITS = {
    "customer_id": 0,
    "email": 1,
    "order_date": 2,
    "total_revenue": 3,
    "currency": 4,
    "total_quantity": 5,
    "unique_quantity": 6,
    "is_order_cancelled": 7,
}
PRODUCT_BITS = {"product_name": 0, "taxonomy": 1, "is_offline_exclusive": 2}
VARIANT_BITS = {
    "sku": 0,
    "name": 1,
    "original_price": 2,
    "currency": 3,
    "is_available": 4,
    "image": 5,
    "size": 6,
    "stock": 7,
    "sale_price": 8,
    "language": 9,
    "brand_name": 10,
}


@pytest.mark.parametrize(("name", "value", "bit"), CUSTOMER_BITS)
def test_a_supplied_field_of_a_customer_has_its_bit(partner: Partner, name: str, value: Any, bit: int) -> None:
    partner.save("customers", {"CustomerId": "A", name: value})

    assert Customer.objects.get().given == 1 | 1 << bit


@pytest.mark.parametrize(("name", "bit"), FLAG_BITS)
def test_a_changed_flag_is_written_with_its_bit(partner: Partner, name: str, bit: int) -> None:
    partner.save("customers", {"CustomerId": "A"})
    partner.save("customers", {"CustomerId": "A", name: True})
    partner.save("customers", {"CustomerId": "A", name: False})

    assert list(ConsentChange.objects.order_by("pk").values_list("before", "after")) == [(0, 1 << bit), (1 << bit, 0)]
    assert Customer.objects.get().previous_flags == 1 << bit


def test_orders_products_and_variants_have_their_bits(partner: Partner) -> None:
    partner.save("orders", order(OrderId="O"))
    partner.save("products", product(ProductId="P", ProductVariants=[variant(VariantId="V")]))

    assert Order.objects.get().given == 0b11111
    assert Product.objects.get().given == 0b1
    assert Variant.objects.get().given == 0b11111


@pytest.mark.parametrize(
    ("table", "bits"),
    [
        (CUSTOMERS, {c.name: bit for (name, _, bit) in CUSTOMER_BITS for c in CUSTOMERS.columns if c.field == name}
         | CUSTOMER_COLUMNS_OF_DIALECTS),
        (ORDERS, ORDER_BITS),
        (PRODUCTS, PRODUCT_BITS),
        (VARIANTS, VARIANT_BITS),
    ],
    ids=["customers", "orders", "products", "variants"],
)  # fmt: skip
def test_the_bits_of_a_table_are_the_written_ones(table: Table, bits: dict[str, int]) -> None:
    assert {column.name: column.bit for column in table.columns} == bits


def test_a_column_keeps_its_bit_when_it_moves() -> None:
    moved = replace(CUSTOMERS, columns=list(reversed(CUSTOMERS.columns)))

    for column in CUSTOMERS.columns:
        assert f'CASE WHEN s."{column.field}" IS NOT NULL THEN {1 << column.bit} ELSE 0 END' in upsert_statement(moved)


@pytest.mark.parametrize("bits", [{"a": 1, "b": 1}, {"a": -1}, {"a": 31}])
def test_a_bit_that_is_shared_or_out_of_range_is_refused(bits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a bit of its own"):
        refuse_shared_bits(bits)


def test_flags_lie_side_by_side_in_given() -> None:
    flags = [column for column in CUSTOMERS.columns if column.name in FLAGS]
    first, second, *rest = flags

    assert place_in_given(CUSTOMERS.columns) == 7
    with pytest.raises(ValueError, match="the flags lie otherwise"):
        place_in_given([replace(first, bit=second.bit), replace(second, bit=first.bit), *rest])


def test_a_table_refuses_a_bit_given_twice() -> None:
    first, second, *rest = CUSTOMERS.columns

    with pytest.raises(ValueError, match="a bit of its own"):
        replace(CUSTOMERS, columns=[first, replace(second, bit=first.bit), *rest])
