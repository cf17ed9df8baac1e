"""Staff correct who a customer is: names, identifiers, language, tags and lists; orders stay with the person."""

import re
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from orders.models import Order
from tenants.changes.erasure import suppress
from tenants.links import orders_of_customer
from tenants.models import BeforeImage, Changeset, Role
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.customers.records import customer
from tests.customers.rectifying import correct, page_of, shown, stored
from tests.members import member, text, told
from tests.orders.records import order
from tests.undoing import latest, taken_back, undo_page

pytestmark = pytest.mark.django_db

WHOLE = {"Name": "Ada", "Surname": "Lee", "Phone": "+358101234567", "Language": "en", "Username": "ada"}


@pytest.fixture(params=["customerid", "email"])
def shop(request: pytest.FixtureRequest, make_tenant: MakeTenant) -> Partner:
    return make_tenant(priority=request.param, default_country="FI")


@pytest.fixture
def staff(shop: Partner) -> Client:
    return member(Role.STAFF, shop.tenant)


@pytest.fixture
def ada(shop: Partner) -> Customer:
    shop.save("customers", customer(**WHOLE, SmsOptin=True))
    return stored(shop)


def sell(partner: Partner, *orders: dict[str, Any]) -> None:
    partner.save("orders", *(order(OrderId=f"O-{n}", **sale) for n, sale in enumerate(orders)))


def sales(customer: Customer) -> list[str]:
    """Return the ids of the orders that a customer's page shows."""
    customer.refresh_from_db()
    return sorted(row[1] for row in orders_of_customer(customer.tenant, customer.customer_id, customer.email, 99))


def errors(answer: Any) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in answer.context["form"].errors.items()}


def test_every_field_is_corrected_as_the_api_would_store_it(shop: Partner, ada: Customer, staff: Client) -> None:
    answer = correct(
        staff,
        ada,
        CustomerId="C-9",
        Email=" ADA.L@Example.com ",
        Name="Ada  ",
        Surname="Lovelace",
        Phone="010 765 4321",
        Language="en_us",
        Username="",
        Tags="vip, old\nvip",
        MailingLists="News\nSale, Spring",
        reason="letter of 3 May",
    )

    ada.refresh_from_db()
    (read,) = shop.read("customers")
    changeset = Changeset.objects.latest("pk")
    assert (ada.customer_id, ada.email, ada.name, ada.surname) == ("C-9", "ada.l@example.com", "Ada", "Lovelace")
    assert (ada.phone, ada.language, ada.username) == ("+358107654321", "en-US", None)
    assert (ada.tags, ada.mailing_lists) == (["vip", "old"], ["News", "Sale", "Spring"])
    assert (ada.former_ids, ada.former_emails, ada.sms_optin) == (["C-1"], ["ada@example.com"], True)
    assert (read["Username"], read["CustomerId"]) == (None, "C-9")
    assert (changeset.operation, changeset.source, changeset.updated_ids) == ("edit", "admin", [ada.pk])
    assert changeset.reason == "letter of 3 May"
    assert told(answer)[0] == f"8 fields of Ada Lovelace changed.  Undo · number {changeset.number}"


def test_what_was_not_touched_is_not_written(shop: Partner, staff: Client) -> None:
    odd = {"CustomerId": " A ", "Name": "two\nlines", "Phone": "call me", "Language": "de"}
    shop.save("customers", odd)
    upload(shop, {"external_id": "B", "tags": ["a, b", "c"]})
    before = {**Customer.objects.filter(customer_id=" A ").values().get()}

    answer = correct(staff, stored(shop, customer_id=" A "))
    with_comma = stored(shop, customer_id="B")
    correct(staff, with_comma, Tags=f"{shown(staff, with_comma)['Tags']}\nd, e")

    with_comma.refresh_from_db()
    assert told(answer) == ["Nothing was changed."]
    assert Customer.objects.filter(customer_id=" A ").values().get() == before
    assert with_comma.tags == ["a, b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("Email", "no address", "The field E-mail must be a valid e-mail address."),
        ("CustomerId", "x" * 101, "The field Customer id must be a string with a maximum length of 100."),
        ("Name", "x" * 101, "The field Name must be a string with a maximum length of 100."),
        ("Language", "english please", "maximum length of 10."),
        ("Language", "e", "The field Language must be a BCP 47 language tag, for example en-US."),
        ("Phone", "call me", "That is no phone number: write it with its country code, for example +358101234567."),
        ("Tags", "x" * 201, "The field Tags must be a string with a maximum length of 200."),
        ("MailingLists", "\n".join(map(str, range(1001))), "The field Mailing lists must be an array with a maximum"),
    ],
)
def test_what_the_api_refuses_is_refused_beside_the_field(
    ada: Customer, staff: Client, field: str, typed: str, said: str
) -> None:
    answer = correct(
        staff, ada, Name="New" if field != "Name" else typed, **({} if field == "Name" else {field: typed})
    )

    ada.refresh_from_db()
    assert answer.status_code == 400
    assert said in errors(answer)[field][0]
    assert ada.name == "Ada"
    assert answer.context["form"][field].value() == typed


def test_required_fields_and_the_identifier_a_customer_is_named_by_stay(make_tenant: MakeTenant) -> None:
    shop = make_tenant(required=["Name"])
    staff = member(Role.STAFF, shop.tenant)
    shop.save("customers", customer(**WHOLE), {"Email": "only@example.com", "Name": "Only"})
    ada, only = stored(shop, customer_id="C-1"), stored(shop, email="only@example.com")

    assert errors(correct(staff, ada, Name=" ")) == {"Name": ["Name can't be emptied: this tenant requires it."]}
    assert errors(correct(staff, ada, CustomerId="", Email="new@example.com")) == {
        "CustomerId": ["Customer id can't be emptied: the customer is named by it."]
    }
    assert errors(correct(staff, only, Email="")) == {
        "Email": ["E-mail can't be emptied: the customer is named by it."]
    }
    correct(staff, only, Email="", CustomerId="C-5")
    only.refresh_from_db()
    assert (only.match_key, only.email, only.former_emails) == ("i:C-5", None, ["only@example.com"])


def test_records_of_the_partner_find_the_customer_by_what_it_is_named_now(
    shop: Partner, ada: Customer, staff: Client
) -> None:
    correct(staff, ada, CustomerId="C-9", Email="new@example.com")

    shop.save("customers", customer(CustomerId="C-9", Email="new@example.com", Name="Found"))
    shop.save("customers", customer(Name="Other"))

    ada.refresh_from_db()
    assert ada.name == "Found"
    assert sorted(row["Name"] for row in shop.read("customers")) == ["Found", "Other"]


def test_orders_stay_with_the_person(shop: Partner, ada: Customer, staff: Client) -> None:
    sell(
        shop,
        {},
        {"CustomerId": "guest"},
        {"Email": "other@example.com"},
        {"CustomerId": "guest", "Email": "other@example.com"},
    )
    before = sales(ada)

    answer = correct(staff, ada, CustomerId="C-9", Email="new@example.com")

    followed = Changeset.objects.latest("pk")
    named = {sale.order_id: (sale.customer_id, sale.email) for sale in Order.objects.all()}
    assert sales(ada) == before
    assert named["O-0"] == ("C-9", "new@example.com")
    assert named["O-3"] == ("guest", "other@example.com")
    assert (followed.entity, followed.operation, len(followed.updated_ids)) == ("orders", "edit", 3)
    assert "3 orders followed." in told(answer)[0]


def test_orders_stay_when_the_other_identifier_is_emptied(shop: Partner, staff: Client) -> None:
    first = "CustomerId" if shop.tenant.priority == "customerid" else "Email"
    second, known, new = (
        ("Email", "ada@example.com", "C-9") if first == "CustomerId" else ("CustomerId", "C-1", "n@x.fi")
    )
    shop.save("customers", {second: known})
    ada = stored(shop)
    sell(shop, {first: "guest" if first == "CustomerId" else "guest@example.com"})
    assert sales(ada) == ["O-0"]

    correct(staff, ada, **{first: new, second: ""})

    assert sales(ada) == ["O-0"]


def test_orders_that_another_customer_has_too_stay_with_the_other(make_tenant: MakeTenant) -> None:
    shop = make_tenant()
    shop.save("customers", customer(), customer(CustomerId="C-2"))
    sell(shop, {"CustomerId": "guest"}, {})
    ada, bob = stored(shop, customer_id="C-1"), stored(shop, customer_id="C-2")

    correct(member(Role.STAFF, shop.tenant), ada, Email="new@example.com")

    assert (sales(ada), sales(bob)) == (["O-1"], ["O-0"])


def test_an_undo_brings_customer_and_orders_back_and_its_undo_forth_again(
    shop: Partner, ada: Customer, staff: Client
) -> None:
    upload(shop, {"external_id": "C-1", "email": "ada@example.com", "tags": ["a"]})
    sell(shop, {}, {"CustomerId": "guest"})
    without = ("updated_at", "previous_flags", "former_ids", "former_emails")
    before = [{k: v for k, v in row.items() if k not in without} for row in every_row()]
    correct(staff, ada, CustomerId="C-9", Email="new@example.com", Name="New", Tags="b")
    number = latest(shop)
    after = [{k: v for k, v in row.items() if k not in without} for row in every_row()]

    plan = text(staff.get(undo_page(shop, number - 1)))
    assert taken_back_with_orders(staff, shop, number - 1) == 2
    back = [{k: v for k, v in row.items() if k not in without} for row in every_row()]
    ada.refresh_from_db()
    assert taken_back_with_orders(staff, shop, number + 1) == 2
    forth = [{k: v for k, v in row.items() if k not in without} for row in every_row()]

    assert back == before
    assert forth == after
    assert ada.former_ids == ["C-9"]
    assert "2 orders that followed go back with it." in plan
    assert f"It followed number {number + 3}: take that back" in bare(staff.get(undo_page(shop, number + 4)))


def bare(answer: Any) -> str:
    return re.sub("<[^>]*>", "", text(answer))


def every_row() -> list[Any]:
    return [*Customer.objects.order_by("pk").values(), *Order.objects.order_by("pk").values()]


def taken_back_with_orders(client: Client, shop: Partner, number: int) -> int:
    """Take a correction back; return how many changesets that made."""
    before = latest(shop)
    plan = client.get(undo_page(shop, number)).context["plan"]
    assert client.post(undo_page(shop, number), {"planned": plan.digest}).status_code == 302
    return latest(shop) - before


def test_an_identifier_that_another_has_is_refused_with_a_way_to_merge(
    shop: Partner, ada: Customer, staff: Client
) -> None:
    shop.save("customers", {"CustomerId": "C-2", "Email": "bob@example.com", "Name": "Bob"})
    bob = stored(shop, customer_id="C-2")

    for typed in ({"CustomerId": "C-2"}, {"Email": "BOB@example.com"}):
        answer = correct(staff, ada, Name="New", **typed)

        ada.refresh_from_db()
        assert answer.status_code == 400
        assert (ada.name, ada.customer_id, ada.email) == ("Ada", "C-1", "ada@example.com")
        (said,) = errors(answer)[next(iter(typed))]
        assert "Bob" in said
        assert f'href="/admin/customers/customer/{bob.pk}/change/"' in said
        assert f'href="/admin/customers/customer/{ada.pk}/merge/?with={bob.pk}"' in said
    assert not BeforeImage.objects.exists()


def test_a_forgotten_persons_identifier_is_refused_and_names_nobody(
    shop: Partner, ada: Customer, staff: Client
) -> None:
    suppress(shop.tenant, [("Email", "gone@example.com")])

    answer = correct(staff, ada, Email="Gone@example.com")

    ada.refresh_from_db()
    assert ada.email == "ada@example.com"
    assert errors(answer)["Email"] == ["E-mail can't be this: who had it was erased for good, and may not come back."]


def test_another_field_that_changed_meanwhile_refuses_nothing(shop: Partner, ada: Customer, staff: Client) -> None:
    opened = shown(staff, ada)
    shop.save("customers", customer(Surname="Meanwhile"))

    correct(staff, ada, opened, Name="Typed")

    ada.refresh_from_db()
    assert (ada.name, ada.surname) == ("Typed", "Meanwhile")


@pytest.mark.parametrize(("choice", "kept"), [("stored", "Partner's"), ("typed", "Typed")])
def test_the_same_field_that_changed_meanwhile_is_shown_twice_and_chosen(
    shop: Partner, ada: Customer, staff: Client, choice: str, kept: str
) -> None:
    opened = shown(staff, ada)
    shop.save("customers", customer(Name="Partner's"))

    answer = correct(staff, ada, opened, Name="Typed", Username="too")

    page, form = text(answer), answer.context["form"]
    ada.refresh_from_db()
    assert answer.status_code == 409
    assert (ada.name, ada.username) == ("Partner's", "ada")
    assert "Last changed by <bdi>test (" in page
    assert "Now:" in page
    assert (form["Name"].value(), form["Username"].value()) == ("Typed", "too")

    again = {name: form[name].value() or "" for name in form.fields} | {"asked": "Name"}
    assert errors(staff.post(page_of(ada), again))["Name"] == [
        "Somebody has changed this meanwhile: choose one of the two."
    ]
    staff.post(page_of(ada), {**again, "choose:Name": choice})

    ada.refresh_from_db()
    assert (ada.name, ada.username) == (kept, "too")


def test_what_somebody_else_has_corrected_the_same_way_is_no_conflict(
    shop: Partner, ada: Customer, staff: Client
) -> None:
    opened = shown(staff, ada)
    correct(staff, ada, Name="Same")

    assert told(correct(staff, ada, opened, Name="Same")) == ["Nothing was changed."]


def test_the_next_send_is_foretold_truly(make_tenant: MakeTenant) -> None:
    shop = make_tenant()
    staff = member(Role.STAFF, shop.tenant)
    shop.save("customers", customer(**WHOLE))
    ada = stored(shop)

    renamed = told(correct(staff, ada, CustomerId="C-9"))[1]
    named = told(correct(staff, ada, Name="New"))[1]

    assert renamed == (
        "The partner's next send of CustomerId C-1 will make a new customer, for nobody has it any more:"
        " ask the partner to send CustomerId C-9."
    )
    assert named == "The partner's next send of CustomerId C-9 will write over this, where it has Name."
    shop.save("customers", customer(), customer(CustomerId="C-9", Email="x@example.com", Name="Theirs"))
    assert {row["CustomerId"]: row["Name"] for row in shop.read("customers")} == {"C-1": None, "C-9": "Theirs"}


def test_a_reason_is_asked_where_the_tenant_wants_one(make_tenant: MakeTenant) -> None:
    shop = make_tenant()
    type(shop.tenant).objects.filter(pk=shop.tenant.pk).update(requires_reason=True)
    shop.save("customers", customer(**WHOLE))
    ada, staff = stored(shop), member(Role.STAFF, shop.tenant)

    answer = correct(staff, ada, Name="New")

    ada.refresh_from_db()
    assert ada.name == "Ada"
    assert errors(answer)["reason"] == ["Say why: this tenant wants a reason for every change."]
    assert answer.context["form"]["Name"].value() == "New"


def test_viewers_and_strangers_correct_nothing(shop: Partner, ada: Customer, make_tenant: MakeTenant) -> None:
    viewer, stranger = member(Role.VIEWER, shop.tenant), member(Role.ADMIN, make_tenant().tenant)
    opened = shown(member(Role.STAFF, shop.tenant), ada)

    for client, status in ((viewer, 403), (stranger, 404)):
        assert client.get(page_of(ada)).status_code == status
        assert client.post(page_of(ada), {**opened, "Name": "New"}).status_code == status
    ada.refresh_from_db()
    assert ada.name == "Ada"


@pytest.mark.parametrize("seen", ["", "x", "[]", "{}", '{"Name":1}'])
def test_what_no_form_wrote_is_a_bad_request(ada: Customer, staff: Client, seen: str) -> None:
    assert staff.post(page_of(ada), {**shown(staff, ada), "seen": seen}).status_code == 400


def test_what_was_known_before_a_correction_is_erased_too(shop: Partner, ada: Customer, staff: Client) -> None:
    sell(shop, {}, {"CustomerId": "guest"})
    correct(staff, ada, CustomerId="C-9", Email="new@example.com", reason="letter")
    sell(shop, {}, {"CustomerId": "guest"}, {})

    shop.delete("/customers/{tenant}", customerId="C-9", email="new@example.com")

    assert {sale.email for sale in Order.objects.all()} == {None}
    assert not BeforeImage.objects.filter(tenant=shop.tenant).exists()


def test_staff_take_back_their_own_edits_alone(shop: Partner, ada: Customer, staff: Client) -> None:
    correct(staff, ada, Name="New")
    number = latest(shop)

    assert member(Role.STAFF, shop.tenant).get(undo_page(shop, number)).status_code == 404
    assert staff.get(undo_page(shop, number - 1)).status_code == 404
    assert taken_back(staff, shop, number)
    ada.refresh_from_db()
    assert ada.name == "Ada"
