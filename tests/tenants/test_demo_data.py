"""The demo data is repeatable and says nothing that the documents do not allow."""

import re
import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from tenants.demo import SHOPS, Dataset, generate, life

TODAY = date(2026, 5, 20)
CUSTOMER = {"CustomerId": 100, "Email": 255, "Name": 100, "Surname": 300, "Phone": 20, "Language": 10, "Username": 500}
CONSENT = {"EmailOptin", "SmsOptin", "WhatsappOptin", "AppPushOptin", "GdprOptin", "IsExcluded"}
ORDER = {"OrderId": 100, "CustomerId": 100, "Email": 255, "Currency": 3, "OrderDate": 20}
ORDER_REST = {"TotalRevenue", "TotalQuantity", "UniqueQuantity", "IsOrderCancelled", "OrderItems"}
LINE = {"ProductId": 100, "Sku": 100, "Size": 200, "Color": 200, "Brand": 200}
LINE_REST = {"Quantity", "Price", "OriginalPrice", "IsGift"}
PRODUCT = {"ProductId": 100, "ProductName": 500}
PRODUCT_REST = {"Taxonomy", "IsOfflineExclusive", "ProductVariants"}
VARIANT = {"VariantId": 100, "Sku": 100, "Name": 500, "Currency": 3, "Image": 2000, "Language": 10}
VARIANT |= {"Size": 200, "BrandName": 200}
VARIANT_REST = {"OriginalPrice", "SalePrice", "IsAvailable", "Stock"}


@pytest.fixture(scope="module")
def datasets() -> list[Dataset]:
    return list(generate(today=TODAY))


def lines_of(dataset: Dataset) -> list[dict[str, Any]]:
    return [line for order in dataset.orders for line in order["OrderItems"]]


def variants_of(dataset: Dataset) -> list[dict[str, Any]]:
    return [variant for product in dataset.products for variant in product["ProductVariants"]]


def test_same_seed_and_date_give_the_same_records(datasets: list[Dataset]) -> None:
    assert list(generate(today=TODAY)) == datasets


def test_another_seed_gives_other_records(datasets: list[Dataset]) -> None:
    assert list(generate(seed=1, today=TODAY)) != datasets


def test_another_day_leaves_customers_and_products_alone(datasets: list[Dataset]) -> None:
    tomorrow = list(generate(today=TODAY + timedelta(days=1)))

    assert [(data.customers, data.products) for data in tomorrow] == [(d.customers, d.products) for d in datasets]


@pytest.mark.parametrize(
    ("customers", "orders", "products"), [(5000, 20000, 800), (101, 333, 17), (10, 500, 3), (1, 1, 1), (0, 7, 0)]
)
def test_counts_are_totals_over_all_shops(customers: int, orders: int, products: int) -> None:
    made = list(generate(today=TODAY, customers=customers, orders=orders, products=products))

    assert [data.shop for data in made] == list(SHOPS)
    assert sum(len(data.customers) for data in made) == customers
    assert sum(len(data.orders) for data in made) == orders
    assert sum(len(data.products) for data in made) == products


def test_texts_are_within_their_length_and_no_field_is_unknown(datasets: list[Dataset]) -> None:
    for data in datasets:
        for records, texts, rest in (
            (data.customers, CUSTOMER, CONSENT),
            (data.orders, ORDER, ORDER_REST),
            (lines_of(data), LINE, LINE_REST),
            (data.products, PRODUCT, PRODUCT_REST),
            (variants_of(data), VARIANT, VARIANT_REST),
        ):
            assert set().union(*records) <= texts.keys() | rest
            assert all(
                record[field].strip() and len(record[field]) <= texts[field]
                for record in records
                for field in record.keys() & texts.keys()
            )


def test_each_shop_gets_the_fields_it_requires(datasets: list[Dataset]) -> None:
    for data in datasets:
        identifier = {"customerid": "CustomerId", "email": "Email"}[data.shop.priority]
        assert all({identifier, *data.shop.required} <= customer.keys() for customer in data.customers)


def test_identifiers_are_unique_per_shop(datasets: list[Dataset]) -> None:
    for data in datasets:
        keys = [
            [customer.get("CustomerId", customer) for customer in data.customers],
            [customer.get("Email", customer) for customer in data.customers],
            [order["OrderId"] for order in data.orders],
            [product["ProductId"] for product in data.products],
            [variant["Sku"] for variant in variants_of(data)],
            [variant["VariantId"] for variant in variants_of(data)],
        ]
        for values in keys:
            texts = [str(value).lower() for value in values]
            assert len(set(texts)) == len(texts)


def test_only_reserved_domains_are_used(datasets: list[Dataset]) -> None:
    for data in datasets:
        emails = [record["Email"].lower() for record in data.customers + data.orders if "Email" in record]
        assert {email.rpartition("@")[2] for email in emails} <= {"example.com", "example.org", "example.net"}
        images = [variant["Image"] for variant in variants_of(data) if "Image" in variant]
        assert all(image.startswith("https://cdn.example.com/") for image in images)


def test_orders_lie_in_the_two_years_before_today(datasets: list[Dataset]) -> None:
    end = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
    for data in datasets:
        dates = [order["OrderDate"] for order in data.orders]
        assert all(text.endswith("Z") for text in dates)
        assert all(end - timedelta(days=730) <= datetime.fromisoformat(text) < end for text in dates)
        assert dates == sorted(dates)


def test_totals_are_the_sums_of_the_lines(datasets: list[Dataset]) -> None:
    for order in (order for data in datasets for order in data.orders):
        lines = order["OrderItems"]
        revenue = sum(Decimal(str(line["Price"])) * line["Quantity"] for line in lines)
        assert Decimal(str(order["TotalRevenue"])) == revenue > 0
        assert order["TotalQuantity"] == sum(line["Quantity"] for line in lines)
        assert order["UniqueQuantity"] == len({line["Sku"] for line in lines}) >= 1
        assert all(line["Price"] <= line.get("OriginalPrice", line["Price"]) for line in lines)


def test_products_have_one_to_six_variants_and_two_to_four_levels(datasets: list[Dataset]) -> None:
    for product in (product for data in datasets for product in data.products):
        assert 1 <= len(product["ProductVariants"]) <= 6
        assert 2 <= len(product["Taxonomy"]) <= 4


def test_the_catalogue_has_sales_gaps_and_shop_only_goods(datasets: list[Dataset]) -> None:
    for data in datasets:
        variants = variants_of(data)
        assert any(
            variant.get("SalePrice", variant["OriginalPrice"]) < variant["OriginalPrice"] for variant in variants
        )
        assert any(not variant["IsAvailable"] for variant in variants)
        assert any(variant.get("Stock") == 0 for variant in variants)
        assert any(product.get("IsOfflineExclusive") for product in data.products)
        assert any(line.get("IsGift") for line in lines_of(data))


def test_some_lines_name_skus_that_no_product_has(datasets: list[Dataset]) -> None:
    lines = unknown = 0
    for data in datasets:
        skus = {variant["Sku"] for variant in variants_of(data)}
        lines += len(lines_of(data))
        unknown += sum(line["Sku"] not in skus for line in lines_of(data))

    assert 0.01 < unknown / lines < 0.02


def test_some_orders_are_of_nobody_known(datasets: list[Dataset]) -> None:
    for data in datasets:
        emails = {customer.get("Email") for customer in data.customers}
        assert 0 < sum(order["Email"] not in emails for order in data.orders) < len(data.orders) * 0.02


def test_about_four_per_cent_are_cancelled_and_returns_follow_their_order(datasets: list[Dataset]) -> None:
    orders = {(data.shop.slug, order["OrderId"]): order for data in datasets for order in data.orders}
    returns = {key: order for key, order in orders.items() if key[1].endswith("-R")}
    cancelled = [key for key in orders.keys() - returns.keys() if orders[key].get("IsOrderCancelled")]

    assert 0.03 < len(cancelled) / len(orders) < 0.05
    for (slug, order_id), order in returns.items():
        bought = orders[slug, order_id.removesuffix("-R")]
        assert order["IsOrderCancelled"]
        assert order["OrderDate"] > bought["OrderDate"]
        assert all(line in bought["OrderItems"] for line in order["OrderItems"])


def test_customers_come_back_and_consent_differently(datasets: list[Dataset]) -> None:
    for data in datasets:
        purchases = Counter(order["CustomerId"] for order in data.orders)
        assert sum(count > 1 for count in purchases.values()) > len(purchases) / 2
        answers = {frozenset((flag, customer.get(flag)) for flag in CONSENT) for customer in data.customers}
        assert len(answers) > 50


def test_names_come_in_many_scripts(datasets: list[Dataset]) -> None:
    text = "".join(str(customer.get("Name")) for data in datasets for customer in data.customers)
    scripts = {unicodedata.name(character).partition(" ")[0] for character in set(text) if character.isalpha()}

    assert scripts >= {
        *("LATIN", "GREEK", "CYRILLIC", "GEORGIAN", "ARABIC", "HEBREW", "DEVANAGARI", "TAMIL", "THAI"),
        *("CJK", "HIRAGANA", "HANGUL"),
    }


def test_a_dataset_is_made_when_it_is_asked_for() -> None:
    (first,) = islice(generate(today=TODAY, customers=30, orders=30, products=30), 1)

    assert first.shop == SHOPS[0]


# What happens beside the batches


def test_what_happens_beside_the_batches_is_repeatable(datasets: list[Dataset]) -> None:
    first, again = datasets[0], next(generate(today=TODAY))

    for what in (life.twins, life.odd_orders, life.profiles, life.left_out, life.file):
        assert what(first) == what(again)
    assert list(life.refused(first, "a tenant")) == list(life.refused(again, "a tenant"))


def test_twins_share_an_email_a_phone_or_nearly_a_name(datasets: list[Dataset]) -> None:
    customers = datasets[0].customers
    emails, phones = ({one.get(field) for one in customers} for field in ("Email", "Phone"))
    twins = life.twins(datasets[0])

    assert [one["Email"] in emails for one in twins] == [True, True, False, False, False]
    assert twins[2]["Phone"] in phones
    assert not {one["CustomerId"] for one in twins} & {one["CustomerId"] for one in customers}


def test_odd_skus_are_near_known_ones(datasets: list[Dataset]) -> None:
    known = {variant["Sku"] for variant in variants_of(datasets[0])}
    odd = {line["Sku"] for order in life.odd_orders(datasets[0]) for line in order["OrderItems"]}

    assert not odd & known
    assert any(sku.startswith("00") for sku in odd)
    assert any(sku == sku.lower() for sku in odd)


def test_only_reserved_domains_are_used_beside_the_batches(datasets: list[Dataset]) -> None:
    first = datasets[0]
    calls = [*life.refused(first, "a tenant"), *life.left_out(first)]
    sent = f"{life.twins(first)}{life.profiles(first)}{life.file(first).decode()}{calls}"

    domains = {address.rpartition("@")[2].lower() for address in re.findall(r"[\w.+-]+@[\w.-]+", sent)}

    assert domains <= {"example.com", "example.org", "example.net"}
