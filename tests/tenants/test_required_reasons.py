"""A tenant that wants a reason gets one at every door at which staff change records; without one nothing is changed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from customers.admin.optins import seen
from customers.models import Customer
from orders.models import Order
from products.models import Product
from tenants.models import Changeset, ConsentChange, Import, QuarantinedRecord, Role
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.files.jobs import ndjson, tried_file
from tests.members import member, text
from tests.orders.records import order
from tests.products.records import product
from tests.quarantine.lenient import take

pytestmark = pytest.mark.django_db

CUSTOMERS = "/admin/customers/customer/"
WHY = "Ticket 17"
ASKED = "Say why: this tenant wants a reason for every change."
Door = Callable[[Client, str], Any]


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(requires_reason=True)
    partner.save("customers", customer(SmsOptin=False))
    partner.save("orders", order())
    partner.save("products", product())
    return partner


@pytest.fixture
def admin(shop: Partner) -> Client:
    return member(Role.ADMIN, shop.tenant)


def ada() -> Customer:
    return Customer.objects.get(customer_id="C-1")


def of_record(client: Client, why: str) -> Any:
    return client.post(f"{CUSTOMERS}{ada().pk}/change/", {"seen": seen(ada()), "sms_optin": "on", "reason": why})


def of_list(client: Client, why: str) -> Any:
    return client.post(CUSTOMERS, {"_save": "1", "seen": seen(ada()), "sms_optin": str(ada().pk), "reason": why})


def of_bulk(client: Client, why: str) -> Any:
    sent = {"chosen": seen(ada()), "flag": "sms_optin", "value": "yes", "reason": why}
    return client.post(f"{CUSTOMERS}opt-ins/", sent)


def of_erasure(client: Client, why: str) -> Any:
    return client.post(f"{CUSTOMERS}delete/", {"chosen": str(ada().pk), "reason": why})


def of_order(client: Client, why: str) -> Any:
    return client.post("/admin/orders/order/delete/", {"chosen": str(Order.objects.get().pk), "reason": why})


def of_lines(client: Client, why: str) -> Any:
    sold = Order.objects.get()
    sent = {"chosen": str(sold.items.all()[0].pk), "reason": why}
    return client.post(f"/admin/orders/order/{sold.pk}/items/delete/", sent)


def of_product(client: Client, why: str) -> Any:
    return client.post("/admin/products/product/delete/", {"chosen": str(Product.objects.get().pk), "reason": why})


def of_variants(client: Client, why: str) -> Any:
    goods = Product.objects.get()
    sent = {"chosen": str(goods.variants.all()[0].pk), "reason": why}
    return client.post(f"/admin/products/product/{goods.pk}/variants/delete/", sent)


def of_undo(client: Client, why: str) -> Any:
    edit = Changeset.objects.filter(operation="delete").latest("number")
    page = f"/admin/tenants/changeset/{edit.pk}/undo/"
    planned = client.get(page).context["plan"].digest
    return client.post(page, {"planned": planned, "reason": why})


DOORS: dict[str, Door] = {
    "the record": of_record,
    "the list": of_list,
    "many at a time": of_bulk,
    "an erasure": of_erasure,
    "an order": of_order,
    "lines": of_lines,
    "a product": of_product,
    "variants": of_variants,
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_without_a_reason_nothing_is_changed_and_it_is_asked_for(shop: Partner, admin: Client, door: Door) -> None:
    before = Changeset.objects.count()
    answer = door(admin, " ")

    assert ASKED in text(answer)
    assert Changeset.objects.count() == before


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_with_a_reason_it_is_done_and_stands_in_the_changeset(shop: Partner, admin: Client, door: Door) -> None:
    answer = door(admin, WHY)

    assert answer.status_code == 302
    assert Changeset.objects.filter(source="admin").latest("number").reason in (
        {"", WHY} if door is of_erasure else {WHY}
    )


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_tenant_that_wants_none_asks_for_none(partner: Partner, door: Door) -> None:
    partner.save("customers", customer(SmsOptin=False))
    partner.save("orders", order())
    partner.save("products", product())

    assert door(member(Role.ADMIN, partner.tenant), "").status_code == 302
    assert Changeset.objects.filter(source="admin").exists()


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_reason_that_is_no_line_is_refused_in_any_tenant(partner: Partner, door: Door) -> None:
    partner.save("customers", customer(SmsOptin=False))
    partner.save("orders", order())
    partner.save("products", product())
    client = member(Role.ADMIN, partner.tenant)

    for why in ("x" * 201, "a\u202eb"):
        assert door(client, why).status_code in (200, 400)
    assert not Changeset.objects.filter(source="admin").exists()


def test_the_list_comes_back_as_it_was_ticked(shop: Partner, admin: Client) -> None:
    shown = seen(ada())
    shop.save("customers", {"CustomerId": "C-1", "Name": "Augusta"})
    answer = admin.post(CUSTOMERS, {"_save": "1", "seen": shown, "gdpr_optin": str(ada().pk), "reason": "a\u2028b"})

    page = text(answer)
    assert answer.status_code == 400
    assert (
        f'name="gdpr_optin" value="{ada().pk}" aria-label="GDPR opt-in of {ada()}" autocomplete="off" checked' in page
    )
    assert f'value="{shown}"' in page
    assert "A reason is one line of text" in page


def test_the_record_comes_back_as_it_was_ticked(shop: Partner, admin: Client) -> None:
    page = text(of_record(admin, ""))

    assert 'name="sms_optin"' in page
    assert [switch.field.value() for switch in of_record(admin, "").context["switches"]][1] is True
    assert page.index(ASKED) > page.index('name="reason"')


def test_a_confirmation_comes_back_with_what_it_was_about(shop: Partner, admin: Client) -> None:
    shown = seen(ada())
    answer = admin.post(f"{CUSTOMERS}opt-ins/", {"chosen": shown, "flag": "sms_optin", "value": "yes", "reason": ""})
    question = answer.context["question"]

    assert (question.chosen, question.fields) == (shown, {"flag": "sms_optin", "value": "yes"})


def test_an_undo_wants_one_too(shop: Partner, admin: Client) -> None:
    of_order(admin, WHY)

    refused = of_undo(admin, "")
    assert (refused.status_code, ASKED in text(refused), Order.objects.count()) == (400, True, 0)
    of_undo(admin, "By mistake")
    assert (Order.objects.count(), Changeset.objects.latest("number").reason) == (1, "By mistake")


def test_a_record_in_quarantine_is_sent_again_with_a_reason(shop: Partner, admin: Client) -> None:
    take(shop, "customers", {"CustomerId": "C-2"}, {"CustomerId": "C-3", "Language": "much too long"})
    row = QuarantinedRecord.objects.get()
    page = f"/admin/tenants/quarantinedrecord/{row.pk}/change/"
    sent = {"seen": admin.get(page).context["seen"], "value:CustomerId": "C-3", "value:Language": "de"}

    refused = admin.post(page, {**sent, "why": ""})
    assert (refused.status_code, ASKED in text(refused), 'value="de"' in text(refused)) == (400, True, True)
    assert not Customer.objects.filter(customer_id="C-3").exists()
    admin.post(page, {**sent, "why": WHY})
    assert Customer.objects.get(customer_id="C-3").language == "de"
    assert Changeset.objects.latest("number").reason == WHY


def test_many_in_quarantine_are_sent_again_with_a_reason(shop: Partner, admin: Client) -> None:
    take(shop, "customers", {"CustomerId": "C-2"}, {"CustomerId": "C-3", "Language": "much too long"})
    row = QuarantinedRecord.objects.get()
    sent = {"chosen": str(row.pk), "change": "drop", "field": "Language", "value": ""}

    refused = admin.post("/admin/tenants/quarantinedrecord/send/", sent)
    assert (refused.status_code, ASKED in text(refused)) == (400, True)
    assert not Customer.objects.filter(customer_id="C-3").exists()
    admin.post("/admin/tenants/quarantinedrecord/send/", {**sent, "reason": WHY})
    assert Changeset.objects.latest("number").reason == WHY


def test_a_file_is_confirmed_with_a_reason(shop: Partner, admin: Client) -> None:
    tried_file(shop, "people.ndjson", ndjson([{"CustomerId": "F-1"}]))
    job = Import.objects.get()

    refused = admin.post(f"/admin/tenants/import/{job.pk}/confirm/", {"reason": " "})
    assert (refused.status_code, ASKED in text(refused)) == (400, True)
    assert Import.objects.get().is_dry_run
    admin.post(f"/admin/tenants/import/{job.pk}/confirm/", {"reason": WHY})
    assert (Import.objects.get().is_dry_run, Import.objects.get().reason) == (False, WHY)


def test_where_one_of_two_tenants_wants_a_reason_it_is_asked_for(shop: Partner, partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "Z-1"})
    both = ",".join(str(one.pk) for one in Customer.objects.all())

    answer = member(Role.STAFF, shop.tenant, partner.tenant).post(f"{CUSTOMERS}delete/", {"chosen": both})

    assert (answer.status_code, Customer.objects.count()) == (400, 2)


def test_the_switch_is_the_tenants_admins_and_stands_in_the_audit(partner: Partner) -> None:
    client = member(Role.ADMIN, partner.tenant)
    page = f"/admin/tenants/tenant/{partner.id}/change/"
    form = client.get(page).context["adminform"].form
    held = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in held.items() if value not in (None, False)}

    client.post(page, {**sent, "requires_reason": "on"})

    partner.tenant.refresh_from_db()
    assert partner.tenant.requires_reason
    assert "requires_reason: False → True" in text(client.get("/admin/tenants/auditevent/"))


def test_a_reason_of_the_list_stands_in_the_ledger(shop: Partner, admin: Client) -> None:
    of_list(admin, WHY)

    assert ConsentChange.objects.latest("pk").reason == WHY
