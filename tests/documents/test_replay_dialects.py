"""Every example of documents 002 and 003, sent as it is printed, is accepted, and every field it sends is read back."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.conftest import MakeTenant, Partner
from tests.documents.examples import Example, examples

JERICOMMERCE = [example for example in examples("002_jericommerce") if example.request]
CUSTOBAR = [example for example in examples("003_custobar") if example.request]

# Document 003's example values where the hub writes them another way: times in UTC with milliseconds, codes in their
# usual case.
OTHERWISE = {
    "2015-08-28": "2015-08-28T00:00:00.000Z",
    "2015-08-28T14:10:00Z": "2015-08-28T14:10:00.000Z",
    "2015-11-23T13:11:23Z": "2015-11-23T13:11:23.000Z",
    "2015-11-25T13:11:23Z": "2015-11-25T13:11:23.000Z",
    "2015-06-03T13:11:23Z": "2015-06-03T13:11:23.000Z",
    "2017-10-15T03:01:13Z": "2017-10-15T03:01:13.000Z",
    "EN": "en",
    "se": "SE",
}
COLUMNS = {
    "external_id": "CustomerId",
    "phone_number": "Phone",
    "email": "Email",
    "first_name": "Name",
    "last_name": "Surname",
    "language": "Language",
    "can_email": "EmailOptin",
    "can_sms": "SmsOptin",
    "tags": "Tags",
    "mailing_lists": "MailingLists",
    "tags.add": "Tags",
}


def read_as(field: str, value: Any) -> Any:
    """Return a value of document 003 as the hub writes it."""
    if field == "mailing_lists":
        return value if isinstance(value, list) else [value]
    return OTHERWISE.get(value, value) if isinstance(value, str) else value


def replay(example: Example, partner: Partner) -> Any:
    assert example.request
    request = example.request.addressed(tenant_id=partner.id, key=partner.key, slug=partner.slug)
    return Client().generic(
        request.method,
        f"{request.path}?{urlencode(request.query)}" if request.query else request.path,
        b"" if request.body is None else json.dumps(request.body).encode(),
        content_type=request.headers.get("Content-Type", ""),
        headers={name: value for name, value in request.headers.items() if name != "Content-Type"},
    )


@pytest.mark.parametrize("priority", ["customerid", "email"])
@pytest.mark.parametrize("example", [*JERICOMMERCE, *CUSTOBAR], ids=str)
def test_an_example_gets_the_printed_status(example: Example, priority: str, make_tenant: MakeTenant) -> None:
    response = replay(example, make_tenant(priority=priority))

    assert response.status_code == example.response.status, response.content


@pytest.mark.parametrize(
    "example", [e for e in JERICOMMERCE if e.response.status == 201 and e.request and e.request.body], ids=str
)
def test_jericommerce_examples_are_read_back(example: Example, partner: Partner) -> None:
    replay(example, partner)

    assert example.request
    sent = {r["payload"]["externalCustomerId"]: r for r in example.request.body if "externalCustomerId" in r["payload"]}
    stored = {customer["CustomerId"]: customer for customer in partner.read("customers")}
    assert stored.keys() == sent.keys()
    for customer_id, record in sent.items():
        payload, customer = record["payload"], stored[customer_id]
        assert customer["Email"] == payload.get("email", record["email"])
        assert customer["Name"] == payload.get("name")
        assert customer["Phone"] == payload.get("phone")
        assert customer["Attributes"] == {"emailVerified": payload.get("emailVerified", False)}


@pytest.mark.parametrize("name", ["upload", "values_in_the_field_tables", "identified_by_phone_number"])
def test_custobar_examples_are_read_back(name: str, partner: Partner) -> None:
    example = next(example for example in CUSTOBAR if example.name == name)
    replay(example, partner)

    assert example.request
    stored = {(c["CustomerId"], c["Email"], c["Phone"]): c for c in partner.read("customers")}
    for record in example.request.body["customers"]:
        customer = stored[record.get("external_id"), record.get("email"), record.get("phone_number")]
        for field, value in record.items():
            found = customer[COLUMNS[field]] if field in COLUMNS else customer["Attributes"][field]
            assert found == read_as(field, value), field


def test_custobar_tags_and_mailing_lists_example(partner: Partner) -> None:
    by_name = {example.name: example for example in CUSTOBAR}
    replay(by_name["upload"], partner)

    replay(by_name["mailing_lists_and_tags"], partner)

    james, _ = sorted(partner.read("customers"), key=lambda customer: customer["Email"])
    assert james["Tags"] == ["kitchenware", "vip"]
    assert james["MailingLists"] == []
    assert james["EmailOptin"] is True


@pytest.mark.parametrize(("name", "left"), [("marked_as_deleted", 1), ("marked_as_forgotten", 1), ("removed_key", 2)])
def test_custobar_examples_that_take_something_away(name: str, left: int, partner: Partner) -> None:
    by_name = {example.name: example for example in CUSTOBAR}
    replay(by_name["upload"], partner)

    replay(by_name[name], partner)

    customers = partner.read("customers")
    assert len(customers) == left
    assert "James" not in {customer["Name"] for customer in customers}
