"""What is kept of records that were left out, how much of it and how long, and that the erased are not in it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from customers.models import Customer
from tenants.models import Changeset, QuarantinedRecord, Role
from tenants.quarantine import keeping
from tenants.quarantine.ends import purge_quarantine
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.customers.test_erasure import every_row
from tests.members import member
from tests.orders.records import line, order
from tests.products.records import product
from tests.quarantine.lenient import send, take

pytestmark = pytest.mark.django_db

# Two letters alone stand in certificates' numbers by chance.
NAMES_THE_PERSON = re.compile(r"zq(-1|@shop\.example)|35840123456", re.I)
BAD = {"CustomerId": "B", "Email": "b@shop.example", "Language": "much too long a tag"}


def test_a_record_is_kept_as_it_was_sent_with_all_about_it(partner: Partner) -> None:
    body = b'[{"CustomerId":"A"}, {"customerid": "B", "Name": "x", "Name": 1.50, "Odd": [1e2, "\\u00e4"]}]'

    response = partner.send("POST", "/customers/{tenant}", body, Prefer="handling=lenient")

    kept, changeset = QuarantinedRecord.objects.get(), Changeset.objects.get()
    assert kept.record == '{"customerid": "B", "Name": "x", "Name": 1.50, "Odd": [1E+2, "\\u00e4"]}'
    assert kept.faults == [{"field": "Name", "code": "not_a_string", "text": "The field Name must be a string."}]
    assert (kept.codes, kept.index, kept.entity, kept.source) == (["Name: not_a_string"], 1, "customers", "api")
    assert (kept.trace_id, kept.api_key_id, kept.actor) == (
        response["X-Request-Id"],
        changeset.api_key_id,
        changeset.actor,
    )
    assert (kept.changeset_number, kept.state, kept.times) == (1, "waiting", 1)
    assert kept.identifiers == {"CustomerId": "B"}


@pytest.mark.parametrize("entity", ["customers", "orders", "products"])
def test_it_is_kept_in_the_transaction_that_stores_also_with_images(make_tenant: MakeTenant, entity: str) -> None:
    shop = make_tenant(keeps_images=True)
    good: dict[str, Any] = {"customers": {"CustomerId": "A"}, "orders": order(), "products": product()}

    take(shop, entity, good[entity], {**good[entity], "CustomerId": 5, "ProductId": 5})

    assert QuarantinedRecord.objects.get().changeset_number == Changeset.objects.get().number == 1


def test_what_is_not_stored_keeps_nothing(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", "no number")  # so that what is kept last fails

    response = send(partner, "customers", {"CustomerId": "A"}, BAD)

    assert response.status_code == 500
    assert not Customer.objects.exists()
    assert not QuarantinedRecord.objects.exists()


def test_the_same_again_is_counted(partner: Partner) -> None:
    take(partner, "customers", {"CustomerId": "A"}, BAD, BAD)
    take(partner, "customers", BAD, {"CustomerId": "A"}, {**BAD, "Name": "other"})

    assert sorted((row.times, row.index) for row in QuarantinedRecord.objects.all()) == [(1, 2), (3, 0)]


def test_a_thousand_bad_records_sent_ten_times_are_a_thousand_rows(partner: Partner) -> None:
    bad = [{**BAD, "CustomerId": str(i)} for i in range(999)]
    for _ in range(3):
        take(partner, "customers", {"CustomerId": "A"}, *bad)

    assert QuarantinedRecord.objects.count() == 999
    assert set(QuarantinedRecord.objects.values_list("times", flat=True)) == {3}


@pytest.mark.parametrize("plan", ["as it comes", "looks again for each row"])
def test_over_the_bound_the_oldest_give_way_and_withdrawals_last(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, plan: str
) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", 3)
    if plan == "looks again for each row":
        connection.cursor().execute("SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexscan = off")
    for name in ("withdrawal", "dismissed", "old", "new", "newest"):
        take(partner, "customers", {"CustomerId": "A"}, {**BAD, "CustomerId": name, "SmsOptin": name != "withdrawal"})
        QuarantinedRecord.objects.filter(identifiers__CustomerId="dismissed").update(state="dismissed")

    assert {row.identifiers["CustomerId"] for row in QuarantinedRecord.objects.all()} == {"withdrawal", "new", "newest"}


def test_what_was_decided_waits_again_when_it_comes_again_unless_it_was_dismissed(partner: Partner) -> None:
    states = {"c": "corrected", "d": "dismissed", "w": "dismissed"}
    records = [{**BAD, "CustomerId": name, "SmsOptin": name != "w"} for name in states]
    take(partner, "customers", {"CustomerId": "A"}, *records)
    for name, state in states.items():
        QuarantinedRecord.objects.filter(identifiers__CustomerId=name).update(state=state)

    take(partner, "customers", {"CustomerId": "A"}, *records)

    assert {row.identifiers["CustomerId"]: row.state for row in QuarantinedRecord.objects.all()} == {
        "c": "waiting", "d": "dismissed", "w": "waiting",
    }  # fmt: skip


def test_it_is_kept_for_thirty_days(partner: Partner) -> None:
    take(partner, "customers", {"CustomerId": "A"}, BAD, {**BAD, "CustomerId": "old"})
    old = QuarantinedRecord.objects.filter(identifiers__CustomerId="old")
    old.update(last_at=timezone.now() - timedelta(days=30, minutes=1))

    assert purge_quarantine() == 1
    assert QuarantinedRecord.objects.get().identifiers["CustomerId"] == "B"


def test_what_custobar_rejects_is_kept_and_its_answer_is_as_ever(partner: Partner) -> None:
    response = upload(partner, {"external_id": "A"}, {"external_id": "ä!", "email": "?", "can_sms": "0", "tags": ""})

    assert (response["count"], set(response)) == (2, {"response", "count", "rejected"})
    kept = QuarantinedRecord.objects.get()
    assert kept.record == '{"external_id": "\\u00e4!", "email": "?", "can_sms": "0", "tags": ""}'
    assert (kept.source, kept.entity, kept.is_withdrawal) == ("custobar", "customers", True)
    assert {fault["field"] for fault in kept.faults} == {"external_id", "email"}


@pytest.mark.parametrize(
    ("entity", "record"),
    [
        ("customers", {"CustomerId": "zq-1", "Language": "much too long"}),
        ("customers", {"customerid": " zq-1 ", "Email": "?"}),
        ("customers", {"Email": "ZQ@Shop.example ", "Language": "much too long"}),
        ("customers", {"Name": "zq@shop.example"}),
        ("customers", {"Phone": "00358 (40) 123-456", "CustomerId": ""}),
        ("customers", {"Phone": 35840123456}),
        ("customers", {"Ident": "zq-1"}),
        ("customers", {"zq-1": 1}),
        ("customers", {"Custom": {"deep": [{"mail": "zq@shop.example"}]}}),
        ("orders", order(CustomerId="zq-1", Email="other@shop.example", Currency="?")),
        ("orders", order(Email="zq@shop.example", Currency="?")),
        ("orders", order(Currency="?", OrderItems=[line(Brand="zq@shop.example")])),
        ("products", product(ProductName="", Taxonomy=["zq@shop.example"])),
    ],
)
def test_an_erasure_takes_what_names_the_person(partner: Partner, entity: str, record: dict[str, Any]) -> None:
    good: dict[str, Any] = {"customers": {"CustomerId": "A"}, "orders": order(), "products": product()}
    partner.save("customers", {"CustomerId": "zq-1", "Email": "zq@shop.example", "Phone": "+35840123456"})
    take(partner, entity, good[entity], record)
    assert QuarantinedRecord.objects.count() == 1

    partner.delete("/customers/{tenant}", customerId="zq-1")

    assert not QuarantinedRecord.objects.exists()
    assert [row for row in every_row() if NAMES_THE_PERSON.search(row)] == []


def test_an_erasure_takes_what_names_the_person_by_a_former_identifier(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "zq-1", "Email": "former@shop.example"})
    partner.save("customers", {"CustomerId": "zq-1", "Email": "zq@shop.example"})
    take(partner, "customers", {"CustomerId": "A"}, {"Email": "former@shop.example", "Language": "much too long"})

    partner.delete("/customers/{tenant}", email="zq@shop.example")

    assert not QuarantinedRecord.objects.exists()


def test_an_erasure_leaves_what_others_sent(partner: Partner, make_tenant: MakeTenant) -> None:
    partner.save("customers", {"CustomerId": "42", "Email": "zq@shop.example"})
    take(
        partner,
        "orders",
        order(),
        order(OrderId="42", Currency="?", OrderItems=[line(Size="42", Sku="42", Quantity=42)]),
    )
    take(partner, "products", product(), product(ProductId="42", ProductName=""))
    take(make_tenant(slug="other"), "customers", {"CustomerId": "A"}, {"CustomerId": "42", "Language": "much too long"})

    partner.delete("/customers/{tenant}", customerId="42")

    assert QuarantinedRecord.objects.count() == 3


def test_an_erasure_takes_records_of_custobar(partner: Partner) -> None:
    for record in ({"external_id": "z!", "email": "?zq", "first_name": "zq@shop.example"}, {"email": "", "zq-1": ""}):
        upload(partner, {"external_id": "A"}, record)
    partner.save("customers", {"CustomerId": "zq-1", "Email": "zq@shop.example"})

    partner.delete("/customers/{tenant}", customerId="zq-1")

    assert not QuarantinedRecord.objects.exists()


@pytest.mark.parametrize("entity", ["customers", "orders"])
def test_the_forgotten_do_not_come_in_again(partner: Partner, entity: str) -> None:
    upload(partner, {"external_id": "zq-1", "email": "zq@shop.example", "phone_number": "+35840123456"})
    upload(partner, {"external_id": "zq-1", "is_forgotten": True})
    good: dict[str, Any] = {"customers": {"CustomerId": "A"}, "orders": order()}
    bad: dict[str, Any] = {"customers": BAD, "orders": order(OrderId="2", Currency="?")}
    for known in (
        {"CustomerId": "zq-1"},
        {"Email": "zq@shop.example"},
        {"Name": "zq@SHOP.example"},
        {"Phone": "+358 40 123456"},
    ):
        answer = take(partner, entity, good[entity], {**bad[entity], "CustomerId": "?", "Email": "?", **known})
        assert len(answer["rejected"]) == 1
    upload(partner, {"external_id": "A"}, {"external_id": "z!", "first_name": "zq@shop.example"})

    assert not QuarantinedRecord.objects.exists()
    take(partner, entity, good[entity], bad[entity])
    assert QuarantinedRecord.objects.count() == 1


def test_staff_who_erase_a_customer_take_it_too(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "B"})
    take(partner, "customers", {"CustomerId": "A"}, BAD)

    member(Role.STAFF, partner.tenant).post(
        "/admin/customers/customer/delete/", {"chosen": str(Customer.objects.get(customer_id="B").pk)}
    )

    assert not QuarantinedRecord.objects.exists()
