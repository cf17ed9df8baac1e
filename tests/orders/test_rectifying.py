"""Staff correct an order: whether it was cancelled, and whose it is; the rest the partner sends again."""

from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from tenants.changes.erasure import suppress
from tenants.models import Changeset, Role
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.customers.records import customer
from tests.members import member, text, told
from tests.orders.records import line, order
from tests.undoing import latest, taken_back

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["customerid", "email"])
def shop(request: pytest.FixtureRequest, make_tenant: MakeTenant) -> Partner:
    shop = make_tenant(priority=request.param)
    shop.save("customers", customer(Name="Ada"), {"CustomerId": "C-2", "Email": "bob@example.com", "Name": "Bob"})
    shop.save("orders", order())
    return shop


@pytest.fixture
def staff(shop: Partner) -> Client:
    return member(Role.STAFF, shop.tenant)


def the_order(shop: Partner) -> Order:
    return Order.objects.get(tenant=shop.tenant, order_id="O-1")


def page_of(shop: Partner) -> str:
    return f"/admin/orders/order/{the_order(shop).pk}/correct/"


def shown(client: Client, shop: Partner) -> dict[str, str]:
    form = client.get(page_of(shop)).context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def correct(client: Client, shop: Partner, opened: dict[str, str] | None = None, **typed: str) -> Any:
    return client.post(page_of(shop), {**(opened or shown(client, shop)), **typed}, follow=True)


def errors(answer: Any) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in answer.context["form"].errors.items()}


def named(shop: Partner) -> tuple[str, str | None, bool]:
    sale = the_order(shop)
    return sale.customer_id, sale.email, sale.is_order_cancelled


def test_an_order_is_cancelled_as_one_changeset_with_its_reason(shop: Partner, staff: Client) -> None:
    answer = correct(staff, shop, IsOrderCancelled="yes", reason="came back")

    changeset = Changeset.objects.latest("pk")
    assert named(shop) == ("C-1", "ada@example.com", True)
    assert (changeset.entity, changeset.operation, changeset.reason) == ("orders", "edit", "came back")
    assert told(answer) == [
        f"Cancelled of O-1: No → Yes.  Undo · number {changeset.number}",
        "The partner's next send of OrderId O-1 will write over CustomerId and Email, which every record of an order"
        " has, and over cancelled where the record has IsOrderCancelled: have it corrected there, too.",
    ]


def test_the_next_send_writes_over_what_it_says(shop: Partner, staff: Client) -> None:
    correct(staff, shop, IsOrderCancelled="yes", customer="C-2")

    shop.save("orders", order())
    assert named(shop) == ("C-1", "ada@example.com", True)
    shop.save("orders", order(IsOrderCancelled=False))
    assert named(shop) == ("C-1", "ada@example.com", False)


@pytest.mark.parametrize("typed", ["C-2", " BOB@example.com "])
def test_an_order_is_given_to_a_customer_of_the_tenant(shop: Partner, staff: Client, typed: str) -> None:
    answer = correct(staff, shop, customer=typed)

    assert named(shop) == ("C-2", "bob@example.com", False)
    assert "It is an order of Bob." in told(answer)[0]


def test_whose_it_is_may_be_written_as_the_partner_would(shop: Partner, staff: Client) -> None:
    answer = correct(staff, shop, CustomerId="later", Email="LATER@example.com")

    assert named(shop) == ("later", "later@example.com", False)
    assert "No customer has these identifiers." in told(answer)[0]


def test_a_customer_without_one_of_the_identifiers_gets_the_order_too(shop: Partner, staff: Client) -> None:
    shop.save("customers", {"Email": "mail@example.com"}, {"CustomerId": "id"})

    assert "It is an order of mail@example.com." in told(correct(staff, shop, customer="mail@example.com"))[0]
    assert named(shop) == ("mail@example.com", "mail@example.com", False)
    assert "It is an order of id." in told(correct(staff, shop, customer="id"))[0]
    assert named(shop) == ("id", None, False)


def test_who_is_nobody_or_several_or_known_by_phone_is_refused(shop: Partner, staff: Client, by_id: Any) -> None:
    assert errors(correct(staff, shop, customer="C-77")) == {"customer": ["No customer has this CustomerId or e-mail."]}
    assert errors(correct(staff, shop, customer=by_id)) == {"customer": ["No customer has this CustomerId or e-mail."]}
    if shop.tenant.priority == "customerid":
        shop.save("customers", {"CustomerId": "C-3", "Email": "bob@example.com"})
        assert errors(correct(staff, shop, customer="bob@example.com")) == {
            "customer": ["2 customers have it: fill in the CustomerId and the e-mail yourself."]
        }
    assert named(shop) == ("C-1", "ada@example.com", False)


@pytest.fixture
def by_id(make_tenant: MakeTenant) -> str:
    """Return the CustomerId of another tenant's customer."""
    make_tenant().save("customers", {"CustomerId": "theirs"})
    return "theirs"


def test_what_the_api_refuses_is_refused_beside_the_field(shop: Partner, staff: Client) -> None:
    assert errors(correct(staff, shop, CustomerId=" ")) == {"CustomerId": ["The Customer id field is required."]}
    assert errors(correct(staff, shop, Email="x")) == {"Email": ["The field E-mail must be a valid e-mail address."]}


def test_a_forgotten_person_gets_no_order_and_an_anonymous_sale_stays_so(shop: Partner, staff: Client) -> None:
    suppress(shop.tenant, [("CustomerId", "gone")])
    opened = shown(staff, shop)
    said = "Customer id can't be this: who had it was erased for good, and may not come back."
    assert errors(correct(staff, shop, CustomerId="gone")) == {"CustomerId": [said]}
    assert errors(correct(staff, shop, CustomerId="erased-1")) == {"CustomerId": [said]}

    shop.delete("/customers/{tenant}", customerId="C-1")
    sale = the_order(shop)
    page = staff.get(page_of(shop))
    forged = {**opened, "seen": page.context["form"]["seen"].value(), "CustomerId": "C-2", "Email": "bob@example.com"}
    answer = staff.post(page_of(shop), forged)

    assert 'name="CustomerId"' not in text(page)
    assert "an anonymous sale names nobody" in text(page)
    assert answer.status_code == 400
    assert (the_order(shop).customer_id, the_order(shop).email) == (sale.customer_id, None)
    staff.post(page_of(shop), {"seen": forged["seen"], "IsOrderCancelled": "yes", "reason": ""})
    assert the_order(shop).is_order_cancelled


def test_the_same_field_that_changed_meanwhile_is_chosen(shop: Partner, staff: Client) -> None:
    opened = shown(staff, shop)
    shop.save("orders", order(CustomerId="C-3", TotalRevenue=5))

    answer = correct(staff, shop, opened, customer="C-2", IsOrderCancelled="yes")

    form = answer.context["form"]
    assert answer.status_code == 409
    assert named(shop) == ("C-3", "ada@example.com", False)
    again = {name: form[name].value() or "" for name in form.fields} | {"asked": "CustomerId"}
    staff.post(page_of(shop), {**again, "choose:CustomerId": "typed"})
    assert named(shop) == ("C-2", "bob@example.com", True)


def test_an_undo_brings_it_back(shop: Partner, staff: Client) -> None:
    before = Order.objects.values("customer_id", "email", "is_order_cancelled", "total_revenue").get()
    correct(staff, shop, customer="C-2", IsOrderCancelled="yes")

    assert taken_back(staff, shop, latest(shop))
    assert Order.objects.values("customer_id", "email", "is_order_cancelled", "total_revenue").get() == before


def test_the_body_to_send_again_is_the_order_as_the_api_takes_it(shop: Partner, staff: Client) -> None:
    lines = [line(Price=999_999_999_999.9999, IsGift=True, Size="L"), line(Sku="</code><script>")]
    shop.save("orders", order(TotalRevenue=0.0001, OrderItems=lines, TotalQuantity=2))
    (before,) = shop.read("orders")

    body = staff.get(page_of(shop)).context["body"]
    answer = shop.send("POST", "/orders/{tenant}", body.encode())

    assert "999999999999.9999" in body
    assert answer.json()["data"]["unchanged"] == 1
    assert shop.read("orders") == [before]


def test_viewers_and_strangers_correct_nothing(shop: Partner, staff: Client, make_tenant: MakeTenant) -> None:
    opened = shown(staff, shop)
    viewer, stranger = member(Role.VIEWER, shop.tenant), member(Role.ADMIN, make_tenant().tenant)

    for client, status in ((viewer, 403), (stranger, 404)):
        assert client.get(page_of(shop)).status_code == status
        assert client.post(page_of(shop), {**opened, "IsOrderCancelled": "yes"}).status_code == status
    assert named(shop) == ("C-1", "ada@example.com", False)


def test_who_is_known_by_phone_alone_gets_no_order(make_tenant: MakeTenant) -> None:
    shop = make_tenant()
    upload(shop, {"phone_number": "+358101234567"})
    shop.save("orders", order())

    assert errors(correct(member(Role.STAFF, shop.tenant), shop, customer="+358101234567")) == {
        "customer": ["No customer has this CustomerId or e-mail."]
    }
