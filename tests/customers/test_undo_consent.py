"""An undo never re-subscribes: it takes grants back, and gives no withdrawal back but where staff ask for it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from tenants.models import BeforeImage, ConsentChange, ConsentPolicy, Feed, Role, Tenant
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.customers.records import customer
from tests.members import member, text
from tests.undoing import latest, plan_of, take_back, taken_back

FLAGS = ("EmailOptin", "SmsOptin", "WhatsappOptin", "AppPushOptin", "GdprOptin")
GIVE = {"gives": "on", "reason": "the shop's export had lost its last column"}


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    return make_tenant(keeps_images=True)


@pytest.fixture
def admin(shop: Partner) -> Client:
    return member(Role.ADMIN, shop.tenant)


def flags(shop: Partner, *names: str) -> list[Any]:
    (record,) = shop.read("customers", CustomerId="C-1")
    return [record[name] for name in names]


def ledger(shop: Partner, number: int) -> list[tuple[int | None, int, str, str]]:
    found = ConsentChange.objects.filter(tenant=shop.tenant, changeset_number=number)
    return list(found.values_list("before", "after", "source", "reason"))


@pytest.mark.parametrize("name", FLAGS)
def test_a_grant_is_taken_back_and_stands_in_the_ledger(shop: Partner, admin: Client, name: str) -> None:
    shop.save("customers", customer(**{name: False}))
    shop.save("customers", customer(**{name: True}))

    taken_back(admin, shop, 2, reason="a mistake")

    assert flags(shop, name) == [False]
    ((before, after, source, reason),) = ledger(shop, 3)
    assert ((before or 0).bit_count(), after, source, reason) == (1, 0, "admin", "a mistake")


@pytest.mark.parametrize(("name", "granted"), [*((name, True) for name in FLAGS), ("IsExcluded", False)])
def test_a_withdrawal_is_given_back_by_a_tick_alone(shop: Partner, admin: Client, name: str, granted: bool) -> None:
    shop.save("customers", customer(Name="A", **{name: granted}))
    shop.save("customers", customer(Name="B", **{name: not granted}))

    taken_back(admin, shop, 2)

    assert flags(shop, name, "Name") == [not granted, "A"]
    assert ledger(shop, 3) == []

    shop.save("customers", customer(Name="A", **{name: granted}))
    shop.save("customers", customer(Name="B", **{name: not granted}))
    taken_back(admin, shop, 5, **GIVE)

    assert flags(shop, name, "Name") == [granted, "A"]
    assert [(source, reason) for *_, source, reason in ledger(shop, 6)] == [("admin", GIVE["reason"])]


def test_a_withdrawal_is_not_given_back_without_a_reason(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer(EmailOptin=True))
    shop.save("customers", customer(EmailOptin=False))

    answer = take_back(admin, shop, 2, gives="on", reason=" ")

    assert answer.status_code == 400
    assert "Say why consent is given back" in text(answer)
    assert flags(shop, "EmailOptin") == [False]
    assert latest(shop) == 2


def test_a_changeset_that_only_withdrew_has_nothing_else_to_take_back(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer(EmailOptin=True))
    shop.save("customers", customer(EmailOptin=False))

    page = text(plan_of(admin, shop, 2))

    assert "1 customer: only consent was withdrawn." in page
    assert "Give consent back to 1 customer from whom this changeset withdrew it." in page
    assert taken_back(admin, shop, 2) is None
    assert taken_back(admin, shop, 2, **GIVE)
    assert flags(shop, "EmailOptin") == [True]


def test_who_was_never_asked_is_so_again(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer())
    before = Customer.objects.get(tenant=shop.tenant).given
    shop.save("customers", customer(SmsOptin=False))

    taken_back(admin, shop, 2)

    assert Customer.objects.get(tenant=shop.tenant).given == before


Withdraw = Callable[[Partner, Client], object]


def event(shop: Partner, name: str) -> Any:
    body = {"events": [{"type": name, "email": "ada@example.com"}]}
    return shop.send("POST", "/api/events/upload/", body, Authorization=f"Bearer {shop.key}")


def by_staff(shop: Partner, admin: Client) -> None:
    pk = Customer.objects.get(tenant=shop.tenant).pk
    shown = admin.get(f"/admin/customers/customer/{pk}/change/").context["adminform"].form.initial["seen"]
    admin.post("/admin/customers/customer/opt-ins/", {"chosen": shown, "flag": "email_optin", "value": "no"})


# None of these changes anything any more: the flag is false already.
AGAIN: dict[str, Withdraw] = {
    "the same batch": lambda shop, _: shop.save("customers", customer(EmailOptin=False)),
    "by e-mail alone": lambda shop, _: shop.save("customers", {"Email": "ada@example.com", "EmailOptin": False}),
    "twice in a batch": lambda shop, _: shop.save(
        "customers", customer(EmailOptin=False), customer(EmailOptin=False), {"CustomerId": "C-9"}
    ),
    "Custobar's upload": lambda shop, _: upload(shop, {"external_id": "C-1", "can_email": False}),
    "Custobar's upload by e-mail": lambda shop, _: upload(shop, {"email": "ada@example.com", "can_email": False}),
    "MAIL_UNSUBSCRIBE": lambda shop, _: event(shop, "MAIL_UNSUBSCRIBE"),
    "staff": by_staff,
}


@pytest.mark.parametrize("switch", ["on", "off"])
@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
def test_who_withdrew_since_is_not_given_back_although_nothing_changed(
    shop: Partner, admin: Client, again: Withdraw, switch: str
) -> None:
    shop.save("customers", customer(EmailOptin=True, SmsOptin=True))
    shop.save("customers", customer(EmailOptin=False, SmsOptin=False))
    row = Customer.objects.filter(tenant=shop.tenant, customer_id="C-1").values().get()
    type(shop.tenant).objects.filter(pk=shop.tenant.pk).update(keeps_images=switch == "on")

    again(shop, admin)

    assert Customer.objects.filter(tenant=shop.tenant, customer_id="C-1").values().get() == row
    assert taken_back(admin, shop, 2, **GIVE)
    assert flags(shop, "EmailOptin", "SmsOptin") == [False, True]


def test_what_staff_withdrew_is_not_given_back_to_who_withdrew_since(partner: Partner) -> None:
    admin = member(Role.ADMIN, partner.tenant)
    partner.save("customers", customer(EmailOptin=True))
    by_staff(partner, admin)
    partner.save("customers", customer(EmailOptin=False))

    assert "Give consent back" not in text(plan_of(admin, partner, 2))
    assert taken_back(admin, partner, 2, **GIVE) is None
    assert flags(partner, "EmailOptin") == [False]


def test_a_till_s_withdrawal_counts_for_all_whom_it_means(shop: Partner, admin: Client) -> None:
    people = [{"CustomerId": f"C-{n}", "Email": "till@shop.example"} for n in (1, 2, 3)]
    shop.save("customers", *({**one, "EmailOptin": True} for one in people))
    shop.save("customers", *({**one, "EmailOptin": False} for one in people))

    shop.save("customers", {"Email": "till@shop.example", "EmailOptin": False})

    assert taken_back(admin, shop, 2, **GIVE) is None


def test_who_waits_for_no_undo_is_asked_nothing(partner: Partner, django_assert_num_queries: Any) -> None:
    partner.save("customers", customer(EmailOptin=True))
    with django_assert_num_queries(2):  # who calls, and the statement
        partner.save("customers", customer(EmailOptin=False))
    assert Feed.objects.get(tenant=partner.tenant).heard_until is None


def test_mailing_lists_and_vendors_permissions_are_consent(shop: Partner, admin: Client) -> None:
    upload(shop, {"external_id": "C-1", "mailing_lists": ["News", "Sale"], "can_post": True, "city": "Turku"})
    upload(shop, {"external_id": "C-1", "mailing_lists": ["Sale", "More"], "can_post": False, "city": "Oulu"})

    taken_back(admin, shop, 2)

    (record,) = shop.read("customers")
    assert record["MailingLists"] == ["Sale"]
    assert record["Attributes"] == {"can_post": False, "city": "Turku"}


@pytest.mark.parametrize(
    ("named", "again", "lists", "post"),
    [
        ({"external_id": "C-1"}, {}, ["News", "Sale"], True),
        ({"external_id": "C-1"}, {"mailing_lists.remove": ["News"]}, ["Sale"], True),
        ({"external_id": "C-1"}, {"mailing_lists": ["Sale"]}, ["Sale"], True),
        ({"external_id": "C-1"}, {"can_post": False}, ["News", "Sale"], False),
        ({"external_id": "C-1"}, {"can_post": ""}, ["News", "Sale"], False),
        ({"email": "till@shop.example"}, {"mailing_lists.remove": ["News"]}, ["Sale"], True),
        ({"email": "till@shop.example"}, {"can_post": False}, ["News", "Sale"], False),
        ({"email": "till@shop.example"}, {"mailing_lists": ["Sale"]}, ["News", "Sale"], True),  # for none of several
    ],
)
def test_lists_and_permissions_are_given_back_by_a_tick_and_not_to_who_withdrew_since(
    shop: Partner, admin: Client, named: dict[str, Any], again: dict[str, Any], lists: list[str], post: bool
) -> None:
    people = [{"external_id": name, "email": "till@shop.example"} for name in ("C-1", "C-2")]
    upload(shop, *({**one, "mailing_lists": ["News", "Sale"], "can_post": True} for one in people))
    upload(shop, *({**one, "mailing_lists": ["Sale"], "can_post": False} for one in people))
    upload(shop, {**named, **again})
    assert latest(shop) == 2  # nothing has changed

    taken_back(admin, shop, 2, **GIVE)

    (record,) = shop.read("customers", CustomerId="C-1")
    assert (record["MailingLists"], record["Attributes"]["can_post"]) == (lists, post)


def test_an_undone_undo_re_subscribes_nobody(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer(EmailOptin=True))
    shop.save("customers", customer(SmsOptin=True, Name="B"), {"CustomerId": "C-2", "EmailOptin": True})
    taken_back(admin, shop, 2)

    taken_back(admin, shop, 3)

    assert flags(shop, "EmailOptin", "SmsOptin", "Name") == [True, False, "B"]
    (second,) = shop.read("customers", CustomerId="C-2")
    assert second["EmailOptin"] is False


def test_the_orders_of_who_goes_stay(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer())
    shop.save("orders", {**ORDER, "CustomerId": "C-1", "Email": "ada@example.com"})

    page = text(plan_of(admin, shop, 1))
    taken_back(admin, shop, 1)

    assert "this is no erasure" in page
    (kept,) = shop.read("orders")
    assert (kept["CustomerId"], kept["Email"]) == ("C-1", "ada@example.com")


ORDER = {
    "OrderId": "O-1", "OrderDate": "2025-08-22T21:00:00Z", "TotalRevenue": 1, "Currency": "EUR",
    "OrderItems": [{"ProductId": "P", "Sku": "S", "Quantity": 1, "Price": 1}],
}  # fmt: skip


def test_consent_is_noted_at_images_alone(shop: Partner) -> None:
    shop.save("customers", customer(EmailOptin=True))
    shop.save("customers", customer(EmailOptin=False))
    before = BeforeImage.objects.get(tenant=shop.tenant).grants

    shop.save("customers", customer(EmailOptin=False))

    assert before & 1
    assert not BeforeImage.objects.get(tenant=shop.tenant).grants & 1
    assert latest(shop) == 2


def test_what_an_undo_took_back_is_held_back_where_staff_opt_outs_stick(shop: Partner, admin: Client) -> None:
    Tenant.objects.filter(pk=shop.tenant.pk).update(consent_policy=ConsentPolicy.OPT_OUT_STICKS)
    shop.save("customers", customer(EmailOptin=False))
    shop.save("customers", customer(EmailOptin=True))
    taken_back(admin, shop, 2)

    again = shop.save("customers", customer(EmailOptin=True))

    assert flags(shop, "EmailOptin") == [False]
    assert list(again["warnings"]) == ["[0].EmailOptin"]

    shop.save("customers", customer(EmailOptin=False))
    shop.save("customers", customer(EmailOptin=True))
    assert flags(shop, "EmailOptin") == [True], "another value than the source's last one"


def test_the_ledger_of_a_customer_goes_and_comes_back_with_it(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer(EmailOptin=True, SmsOptin=False))
    assert ledger(shop, 1) == [(None, 1, "api", "")]

    taken_back(admin, shop, 1)
    assert ledger(shop, 1) == ledger(shop, 2) == []

    taken_back(admin, shop, 2, reason="it was right")
    assert ledger(shop, 3) == [(None, 0, "admin", "it was right")], "it comes back without an opt-in"


def test_a_first_value_that_is_taken_back_is_never_given_everywhere(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer(Name="A", SmsOptin=False))
    shop.save("customers", customer(EmailOptin=True, SmsOptin=True))
    taken_back(admin, shop, 2)
    record = f"/admin/customers/customer/{Customer.objects.get().pk}/"

    page, ledger = text(admin.get(f"{record}change/")), text(admin.get("/admin/tenants/consentchange/"))
    for shown in (page, ledger):
        assert "E-mail opt-in: yes → never given" in shown
        assert "SMS opt-in: yes → no" in shown
    proof, held = text(admin.get(f"{record}consent-proof/")), text(admin.get(f"{record}everything/"))
    assert "E-mail opt-in,yes,never given" in proof
    assert "<bdi>never given</bdi>" in held

    shop.save("customers", customer(EmailOptin=True))
    assert "yes → never given" not in text(admin.get(f"{record}change/"))
    assert "E-mail opt-in: yes → no" in text(admin.get(f"{record}change/"))
