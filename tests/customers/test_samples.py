"""What people are called, and where they live, all over the world passes through every door as it is."""

from typing import Any

from customers.schemas import ODD
from hub.records.types import normal_language
from tests.conftest import Partner
from tests.customers.dialects.vendors import update, user
from tests.orders.records import line, order
from tests.products.records import product, variant
from tests.samples import Sample, samples

MOST_PHONE, MOST_RECORDS = 20, 100
PHONE_TOO_LONG = ["The field Phone must be a string with a maximum length of 20."]


def as_customer(sample: Sample) -> dict[str, Any]:
    return {
        "CustomerId": sample.key,
        "Email": sample.email,
        "Name": sample.first_name,
        "Surname": sample.last_name,
        "Phone": sample.phone,
        "Language": sample.locale,
        "Username": sample.company,
    }


def by(name: str, records: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    return {record[name]: record for record in records}


def test_customers_of_every_locale_are_stored_as_sent(partner: Partner) -> None:
    sent = [as_customer(sample) for sample in samples() if len(sample.phone) <= MOST_PHONE]

    data = partner.save("customers", *sent)

    stored = by("CustomerId", partner.read("customers"))
    for record in sent:
        language = normal_language(record["Language"])
        assert {name: stored[record["CustomerId"]][name] for name in record} == {**record, "Language": language}
    odd = {f"[{i}].Phone": [ODD[2]] for i, record in enumerate(sent) if not ODD[1](record["Phone"])}
    assert data.get("warnings", {}) == dict(list(odd.items())[:20])


def test_telephones_that_are_too_long_are_named_one_by_one(partner: Partner) -> None:
    sent = [as_customer(sample) for sample in samples()]
    too_long = [i for i, sample in enumerate(samples()) if len(sample.phone) > MOST_PHONE]

    response = partner.post("customers", sent)

    assert response.status_code == 400
    assert response.json()["errors"] == {f"[{i}].Phone": PHONE_TOO_LONG for i in too_long}
    assert all("hint" in detail for detail in response.json()["details"])
    assert too_long
    assert partner.read("customers") == []


def test_jericommerce_customers_of_every_locale_are_stored_as_sent(partner: Partner) -> None:
    people = [sample for sample in samples() if len(sample.phone) <= MOST_PHONE]
    sent = [user(s.email, s.key, name=f"{s.first_name} {s.last_name}", phone=s.phone) for s in people]

    for start in range(0, len(sent), MOST_RECORDS):
        results = update(partner, *sent[start : start + MOST_RECORDS])
        assert {result["status"] for result in results} == {"created"}

    stored = by("CustomerId", partner.read("customers"))
    for sample in people:
        customer = stored[sample.key]
        said = (sample.email, f"{sample.first_name} {sample.last_name}", sample.phone)
        assert (customer["Email"], customer["Name"], customer["Phone"]) == said


def test_orders_and_products_of_every_locale_are_stored_as_sent(partner: Partner) -> None:
    orders = [
        order(OrderId=s.key, Email=s.email, OrderItems=[line(Sku=s.postcode, Brand=s.company, Color=s.city)])
        for s in samples()
    ]
    products = [
        product(
            ProductId=s.key,
            ProductName=s.company,
            Taxonomy=[s.city, s.street],
            ProductVariants=[variant(Name=s.street, BrandName=s.company, Size=s.postcode)],
        )
        for s in samples()
    ]

    partner.save("orders", *orders)
    for start in range(0, len(products), 200):
        partner.save("products", *products[start : start + 200])

    stored_orders, stored_products = (
        by(name, partner.read(entity)) for entity, name in (("orders", "OrderId"), ("products", "ProductId"))
    )
    for sample in samples():
        (item,), product_ = stored_orders[sample.key]["OrderItems"], stored_products[sample.key]
        assert (item["Sku"], item["Brand"], item["Color"]) == (sample.postcode, sample.company, sample.city)
        assert (product_["ProductName"], product_["Taxonomy"]) == (sample.company, [sample.city, sample.street])
        (variant_,) = product_["ProductVariants"]
        assert (variant_["Name"], variant_["Size"]) == (sample.street, sample.postcode)
