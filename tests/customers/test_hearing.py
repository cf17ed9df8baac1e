"""Before-images hear of withdrawals in the statement that stores them: batches cost no more after an edit of staff."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.admin.optins import flags_of
from customers.consents import ConsentEdit, edit_consents
from customers.ingest import upsert_customers
from customers.models import Customer
from customers.schemas import CustomerRecord
from hub.records.records import RecordList
from tenants.changes.changesets import Origin
from tenants.models import Feed, Role, Source
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.customers.records import customer
from tests.members import member
from tests.orders.records import order
from tests.products.records import product
from tests.undoing import taken_back
from tests.waiting import somebody_waits_for_us, wait_until

GIVE = {"gives": "on", "reason": "the shop's export had lost its last column"}
WITHDRAWING = {
    "EmailOptin": False, "SmsOptin": False, "WhatsappOptin": False, "AppPushOptin": False, "GdprOptin": False,
    "IsExcluded": True,
}  # fmt: skip
GRANTING = {name: not value for name, value in WITHDRAWING.items()}
SENT_AS = {"EmailOptin": "can_email", "SmsOptin": "can_sms", "AppPushOptin": "can_push", "GdprOptin": "can_profile"}
DOORS: dict[str, Callable[[Partner], object]] = {
    "customers": lambda shop: shop.save("customers", customer(EmailOptin=False), {"CustomerId": "C-2", "Name": "B"}),
    "results": lambda shop: shop.send("POST", "/customers/{tenant}?results=true", [customer(EmailOptin=False)]),
    "Custobar's upload": lambda shop: upload(shop, {"external_id": "C-1", "can_email": False}),
    "orders": lambda shop: shop.save("orders", order()),
    "products": lambda shop: shop.save("products", product()),
}


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    return make_tenant(keeps_images=True)


@pytest.fixture
def admin(shop: Partner) -> Client:
    return member(Role.ADMIN, shop.tenant)


def edit(partner: Partner) -> None:
    """Withdraw an opt-in as staff do."""
    stored = Customer.objects.get(tenant=partner.tenant, customer_id="C-1")
    edits = [ConsentEdit(stored.pk, flags_of(stored), {"email_optin": False})]
    edit_consents(partner.tenant, edits, origin=Origin(Source.ADMIN, "ann", ""))


def stop_keeping(partner: Partner) -> None:
    type(partner.tenant).objects.filter(pk=partner.tenant.pk).update(keeps_images=False)


def granted(partner: Partner) -> set[str]:
    return {record["CustomerId"] for record in partner.read("customers") if record["EmailOptin"]}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_batch_asks_no_more_after_an_edit_of_staff(partner: Partner, door: Callable[[Partner], object]) -> None:
    partner.save("customers", customer(EmailOptin=True, SmsOptin=True))
    door(partner)
    with CaptureQueriesContext(connection) as before:
        door(partner)
    edit(partner)
    assert Feed.objects.get(tenant=partner.tenant).heard_until

    with CaptureQueriesContext(connection) as after:
        door(partner)

    assert len(after) == len(before)


def sent_natively(shop: Partner, name: str) -> None:
    shop.save("customers", customer(**{name: WITHDRAWING[name]}))


def sent_to_custobar(shop: Partner, name: str) -> None:
    upload(shop, {"external_id": "C-1", SENT_AS[name]: False})


@pytest.mark.parametrize(
    ("again", "name"),
    [*((sent_natively, name) for name in WITHDRAWING), *((sent_to_custobar, name) for name in SENT_AS)],
)
def test_each_withdrawal_is_heard_and_nothing_else(
    shop: Partner, admin: Client, again: Callable[[Partner, str], None], name: str
) -> None:
    shop.save("customers", customer(**GRANTING), customer(CustomerId="C-2", **GRANTING))
    shop.save("customers", customer(**WITHDRAWING), customer(CustomerId="C-2", **WITHDRAWING))
    stop_keeping(shop)

    again(shop, name)

    assert taken_back(admin, shop, 2, **GIVE)
    stored = {record["CustomerId"]: {flag: record[flag] for flag in GRANTING} for record in shop.read("customers")}
    assert stored == {"C-1": {**GRANTING, name: WITHDRAWING[name]}, "C-2": GRANTING}


def test_of_more_images_than_withdrawals_those_of_who_withdrew_hear(shop: Partner, admin: Client) -> None:
    people = {f"C-{n}" for n in range(60)}
    for value in (True, False):
        shop.save("customers", *({"CustomerId": person, "EmailOptin": value} for person in people))
    stop_keeping(shop)

    shop.save("customers", {"CustomerId": "C-7", "EmailOptin": False}, {"CustomerId": "C-60", "EmailOptin": False})

    assert taken_back(admin, shop, 2, **GIVE)
    assert granted(shop) == people - {"C-7"}


@pytest.mark.parametrize("number", [2, 60])
def test_the_latest_image_of_a_customer_hears(shop: Partner, admin: Client, number: int) -> None:
    people = [f"C-{n}" for n in range(number)]
    for value in (True, False, True, False):
        shop.save("customers", *({"CustomerId": person, "EmailOptin": value} for person in people))
    stop_keeping(shop)

    shop.save("customers", {"CustomerId": "C-1", "EmailOptin": False})

    assert taken_back(admin, shop, 4, **GIVE)
    assert granted(shop) == {*people} - {"C-1"}


def test_the_forgotten_are_looked_for_where_images_hear(partner: Partner) -> None:
    partner.save("customers", customer(EmailOptin=True), {"CustomerId": "C-2", "Email": "bob@example.com"})
    upload(partner, {"external_id": "C-2", "is_forgotten": True})
    edit(partner)

    saved = partner.save("customers", {"CustomerId": "C-2"}, customer(EmailOptin=False))
    ordered = partner.save("orders", order(CustomerId="C-2"), order(OrderId="O-2"))

    assert list(saved["warnings"]) == ["[0]"]
    assert list(ordered["warnings"]) == ["[0]"]
    assert [record["CustomerId"] for record in partner.read("customers")] == ["C-1"]


@pytest.mark.django_db(transaction=True)
def test_an_image_kept_while_a_batch_waits_for_the_lock_hears_of_it(partner: Partner) -> None:
    admin = member(Role.ADMIN, partner.tenant)
    partner.save("customers", customer(EmailOptin=True))
    partner.tenant.keeps_images = True  # as whoever read it before it was switched off
    withdrawn = RecordList[CustomerRecord]([{"CustomerId": "C-1", "EmailOptin": False}])
    answers: list[Any] = []

    def post() -> None:
        answers.append(partner.post("customers", [customer(EmailOptin=False)]))
        connection.close()

    waiting = Thread(target=post)
    with transaction.atomic():  # without a request, whose counting would make the other wait before its statement
        upsert_customers(partner.tenant, withdrawn, origin=Origin(Source.API, "test", ""))
        waiting.start()
        assert wait_until(somebody_waits_for_us)
    waiting.join()

    assert answers[0].json()["data"]["unchanged"] == 1
    assert taken_back(admin, partner, 2, **GIVE) is None
    assert granted(partner) == set()
