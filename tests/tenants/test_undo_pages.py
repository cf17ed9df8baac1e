"""What the pages of an undo show: what anybody sees change, what the tick gives back, and why there is no button."""

import re
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from tenants.models import Role
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.customers.records import customer
from tests.members import member, text
from tests.orders.records import line, order
from tests.undoing import changeset_of, plan_of, taken_back, undo_page

BUTTON = "Take this change back"


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    return make_tenant(keeps_images=True)


@pytest.fixture
def admin(shop: Partner) -> Client:
    return member(Role.ADMIN, shop.tenant)


def table(sections: list[Any], title: str) -> list[list[str]]:
    """Return the rows of a page's table, links as their text; none where it is not there."""
    (rows,) = [section.rows for section in sections if section.title == title] or [[]]
    return [[re.sub("<[^>]*>", "", str(cell)) for cell in row] for row in rows]


def page_of(client: Client, shop: Partner, number: int) -> str:
    return text(client.get(f"/admin/tenants/changeset/{changeset_of(shop, number).pk}/change/"))


def test_the_tick_says_to_whom_it_gives_which_consent_back(shop: Partner, admin: Client) -> None:
    upload(shop, {"external_id": "C-1", "mailing_lists": ["News", "Sale"], "can_post": True, "can_email": True})
    upload(shop, {"external_id": "C-1", "mailing_lists": ["Sale"], "can_post": False, "can_email": False})
    pk = Customer.objects.get(tenant=shop.tenant).pk

    page = plan_of(admin, shop, 2)

    assert table(page.context["given"], "What the tick gives back") == [
        [f"C-1 #{pk}", "E-mail opt-in", "No", "Yes"],
        [f"C-1 #{pk}", "Attribute can_post", "No", "Yes"],
        [f"C-1 #{pk}", "Mailing list News", "No", "Yes"],
    ]
    assert text(page).index("What the tick gives back") < text(page).index("Yes, take it back")
    assert f'href="/admin/customers/customer/{pk}/change/"' in text(page)
    assert "Nothing anybody sees changes, unless consent is given back." in text(page)


def test_who_withdrew_one_of_two_since_is_offered_the_other(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer(EmailOptin=True, SmsOptin=True))
    shop.save("customers", customer(EmailOptin=False, SmsOptin=False))
    shop.save("customers", customer(EmailOptin=False))

    rows = table(plan_of(admin, shop, 2).context["given"], "What the tick gives back")

    assert [row[1:] for row in rows] == [["SMS opt-in", "No", "Yes"]]


def test_what_nobody_sees_does_not_go_back(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer(), {"CustomerId": "C-2", "EmailOptin": True})
    shop.save("customers", customer(Surname=""), {"CustomerId": "C-2", "EmailOptin": False, "Surname": ""})
    shop.save("orders", order())
    shop.save("orders", order(IsOrderCancelled=False))

    page = plan_of(admin, shop, 2)

    assert "1 customer: its values are what they were." in text(page)
    assert "1 customer: only consent was withdrawn." in text(page)
    assert table(page.context["sections"], "Field by field") == []
    assert taken_back(admin, shop, 2) is None
    assert "1 order: its values are what they were." in text(plan_of(admin, shop, 4))


def test_who_was_never_asked_is_told_from_who_said_no(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer())
    shop.save("customers", customer(SmsOptin=False))

    rows = table(plan_of(admin, shop, 2).context["sections"], "Field by field")

    assert [row[1:] for row in rows] == [["SMS opt-in", "No", "Never given"]]


def test_what_is_empty_before_and_after_is_not_shown_and_numbers_are_as_people_write_them(
    shop: Partner, admin: Client
) -> None:
    shop.save("orders", order(TotalRevenue=5, OrderItems=[line(Price=0.0125)]))
    shop.save("orders", order(TotalRevenue=1200, OrderItems=[line(Price=3.5)]))
    shop.save("customers", customer())
    taken_back(admin, shop, 3)

    orders = table(plan_of(admin, shop, 2).context["sections"], "Field by field")
    people = table(plan_of(admin, shop, 4).context["sections"], "Field by field")

    assert [row[1:] for row in orders] == [
        ["total revenue", "1200.00", "5.00"],
        ["order item 1: price", "3.50", "0.0125"],
    ]
    assert people
    assert [row for row in people if row[2] == row[3]] == []


def test_what_was_taken_back_says_by_what_and_has_no_button(shop: Partner, admin: Client) -> None:
    shop.save("orders", order())
    assert BUTTON in page_of(admin, shop, 1)
    taken_back(admin, shop, 1)
    link = f"/admin/tenants/changeset/{changeset_of(shop, 2).pk}/change/"

    for page in (page_of(admin, shop, 1), text(admin.get(undo_page(shop, 1)))):
        said = re.sub("<[^>]*>", "", page)
        assert "Taken back by number 2. To revert that, take back number 2." in said
        assert link in page
        assert BUTTON not in page
    assert BUTTON in page_of(admin, shop, 2)
    assert admin.post(undo_page(shop, 1), {"planned": "x"}).status_code == 409


def test_without_images_and_creations_the_page_says_why_there_is_no_button(partner: Partner) -> None:
    partner.save("customers", customer(Name="A"))
    partner.save("customers", customer(Name="B"))
    partner.save("customers", customer(Name="C"), {"CustomerId": "C-2"})
    switch = f'href="/admin/tenants/tenant/{partner.id}/change/">'
    admin, viewer = (member(role, partner.tenant) for role in (Role.ADMIN, Role.VIEWER))

    pages = page_of(admin, partner, 2), page_of(viewer, partner, 2)

    for page in pages:
        assert "what the records were before is not kept" in page
        assert BUTTON not in page
    assert ["its configuration has the switch" in page for page in pages] == [True, False]
    assert switch.rstrip(">") in pages[0]
    assert BUTTON in page_of(admin, partner, 3)


LIST = "/admin/customers/customer/?email_optin=yes&q=ada"


@pytest.mark.parametrize("page", [LIST, "/admin/customers/customer/{pk}/change/"], ids=["list", "record"])
def test_an_undo_leads_back_to_where_one_came_from(shop: Partner, admin: Client, page: str) -> None:
    shop.save("customers", customer(Name="A"))
    shop.save("customers", customer(Name="B"))
    page = page.format(pk=Customer.objects.get().pk)

    asked = admin.get(undo_page(shop, 2), HTTP_REFERER=f"http://testserver{page}")
    form = {"planned": asked.context["plan"].digest, "back": asked.context["back"]}
    refused = admin.post(undo_page(shop, 2), {**form, "planned": "other"})
    done = admin.post(undo_page(shop, 2), form)

    assert asked.context["back"] == refused.context["back"] == page
    assert page.replace("&", "&amp;") in text(asked)
    assert (done.status_code, done["Location"]) == (302, page)


@pytest.mark.parametrize(
    "page",
    [
        "",
        "https://evil.example/admin/customers/customer/",
        "//evil.example/admin/customers/customer/",
        "/\\evil.example/admin/",
        "http://testserver/admin/customers/customer/paste-list/",
        "http://testserver/nowhere",
        "http://[testserver/admin/",
        "javascript:alert(1)",
        "http://testserver/admin/customers/customer/?q=" + "x" * 3000,
    ],
    ids=["none", "host", "slashes", "backslash", "other-page", "nowhere", "odd", "script", "long"],
)
def test_an_undo_leads_to_no_other_address(shop: Partner, admin: Client, page: str) -> None:
    shop.save("customers", customer(Name="A"))
    shop.save("customers", customer(Name="B"))
    own = f"/admin/tenants/changeset/{changeset_of(shop, 2).pk}/change/"

    asked = admin.get(undo_page(shop, 2), HTTP_REFERER=page)
    done = admin.post(undo_page(shop, 2), {"planned": asked.context["plan"].digest, "back": page[:2500]})

    assert asked.context["back"] == own
    assert done["Location"] == own
