"""GET /changes/{tenantId}/{number}: one changeset of the feed, with its records."""

from typing import Any

import pytest

from tenants.models import Feed, Look
from tests.conftest import MakeTenant, Partner
from tests.hub.test_page_bytes import grow
from tests.orders.records import order
from tests.products.records import product
from tests.tenants.test_feed import changeset


def ask(partner: Partner, number: object) -> Any:
    return partner.get(f"/changes/{{tenant}}/{number}")


def test_it_is_the_feeds_item_with_its_records(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1"})
    partner.save("orders", order())
    partner.save("products", product())
    partner.delete("/orders/{tenant}/O-1")

    told = partner.get("/changes/{tenant}", include="records").json()["data"]["results"]

    assert len(told) == 4
    for item in told:
        answer = ask(partner, item["Number"])
        assert answer.status_code == 200
        assert answer.json() == {"success": True, "message": "Changeset found.", "data": item}


def test_the_number_of_a_receipt_leads_to_it(partner: Partner) -> None:
    partner.save("orders", order())
    number = partner.post("orders", [order(Currency="USD"), order(OrderId="O-2")])["X-Changeset"]

    records = ask(partner, number).json()["data"]["Records"]

    assert [(each["Record"]["OrderId"], each["Operation"]) for each in records] == [
        ("O-2", "created"),
        ("O-1", "updated"),
    ]


@pytest.mark.parametrize("number", [2, 999999999999999999])
def test_a_number_that_is_not_there_yet_is_not_found(partner: Partner, number: int) -> None:
    partner.save("orders", order())

    answer = ask(partner, number)

    assert answer.status_code == 404
    assert answer.json() == {"success": False, "message": "Changeset not found.", "data": {}}


def test_a_tenant_without_changesets_has_none(partner: Partner) -> None:
    assert ask(partner, 1).status_code == 404


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("x", "The field number must be an integer."),
        ("1.0", "The field number must be an integer."),
        ("0", "The field number must be greater than or equal to 1."),
        ("-1", "The field number must be greater than or equal to 1."),
        ("9" * 19, "The field number must be less than or equal to 999999999999999999."),
    ],
)
def test_what_is_no_number_is_refused(partner: Partner, number: str, text: str) -> None:
    answer = ask(partner, number)

    assert answer.status_code == 400
    assert answer.json()["errors"] == {"number": [text]}


def test_one_that_has_expired_is_gone_and_the_oldest_kept_is_named(partner: Partner) -> None:
    for number in (3, 4):
        changeset(partner, number)
    Feed.objects.create(tenant=partner.tenant, number=4, expired=2)

    answers = [ask(partner, number) for number in (1, 2, 3, 4, 5)]

    assert [answer.status_code for answer in answers] == [410, 410, 200, 200, 404]
    assert answers[1].json()["data"] == {"oldest": 3, "last": 4}
    assert "Changeset 2 is no longer kept: the oldest is 3." in answers[1].json()["message"]


def test_another_tenants_changeset_is_not_told(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    stranger.save("orders", order())

    assert ask(partner, 1).status_code == 404
    assert Partner(stranger.tenant, partner.key).get("/changes/{tenant}/1").status_code == 401


def test_one_whose_records_are_too_big_is_told_without_them(partner: Partner) -> None:
    grow(partner, {"a": 6, "b": 6})

    found = ask(partner, 1).json()["data"]

    assert (found["Records"], len(found["Created"])) == (None, 2)


def test_persons_it_tells_of_are_counted_as_seen(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1"}, {"CustomerId": "C-2"})

    ask(partner, 1)
    ask(partner, 2)

    assert list(Look.objects.values_list("entity", "way", "records")) == [("customers", "api_feed", 2)]
