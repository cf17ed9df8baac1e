"""Two customers merged in a real chromium: by mouse, by keyboard alone, on a phone; undone; found by the radar."""

from typing import Any

import pytest
from playwright.sync_api import expect

from customers.duplicates import find_duplicates
from customers.models import Customer
from tenants.models import Role
from tests.browser.pages import fits, settled
from tests.browser.test_tenants import Desk, Desks, desks
from tests.conftest import MakeTenant, Partner
from tests.customers.merges import hub_id
from tests.orders.records import order

__all__ = ["desks"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PEOPLE: list[dict[str, Any]] = [
    {"CustomerId": "C-1", "Email": "ada@shop.example", "Name": "Ada", "Surname": "Lovelace", "EmailOptin": True},
    {"CustomerId": "C-2", "Email": "ada@home.example", "Name": "Ada", "Surname": "Lovelace", "SmsOptin": True},
    {"CustomerId": "C-3", "Email": "m@shop.example", "Name": "محمد", "Surname": "الخوارزمي" * 9, "Username": "W" * 300},
]


@pytest.fixture
def shop(transactional_db: None, make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    partner.save("customers", *PEOPLE)
    for number in (1, 2):
        sold = {"CustomerId": f"C-{number}", "Email": PEOPLE[number - 1]["Email"]}
        partner.save("orders", order(OrderId=f"O-{number}", **sold))
    find_duplicates(partner.tenant.pk)
    return partner


def address(shop: Partner, kept: str, lost: str = "") -> str:
    merge = f"/admin/customers/customer/{hub_id(shop, customer_id=kept)}/merge/"
    return f"{merge}?with={hub_id(shop, customer_id=lost)}" if lost else merge


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_radar_leads_to_a_merge_that_is_undone(desks: Desks, shop: Partner, size: str) -> None:
    desk: Desk = desks.sit("maria", shop, Role.STAFF, size=size, scheme="dark" if size == "phone" else "light")
    page = desk.open("/admin/customers/duplicate/")
    expect(page.get_by_text("the same name, nearly the same e-mail")).to_be_visible()
    assert fits(page)
    page.get_by_role("link", name="Merge…").click()

    page.get_by_label("ada@home.example").check()
    assert fits(page)
    page.get_by_role("button", name="Show what happens").click()
    expect(page.locator("#next")).to_contain_text("without CustomerId")
    page.get_by_label("Why").fill("she called")
    page.get_by_role("button", name="Merge", exact=True).click()

    expect(page.get_by_text("is one with").first).to_be_visible()
    ada = Customer.objects.get(customer_id="C-1")
    assert (ada.email, ada.former_ids) == ("ada@home.example", ["C-2"])
    page.get_by_role("link", name="Undo the merge", exact=True).first.click()
    expect(page.get_by_role("button", name="Yes, undo the merge")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Yes, undo the merge").click()
    expect(page.get_by_text("is a customer again").first).to_be_visible()
    assert Customer.objects.filter(customer_id="C-2", sms_optin=True).exists()


def test_two_are_merged_by_keyboard_alone(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop, Role.STAFF).open(address(shop, "C-1"))
    page.get_by_role("searchbox", name="The other customer").focus()
    page.keyboard.type("C-3")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Merge with this one…").first.press("Enter")

    page.get_by_role("radio", name="C-1", exact=True).press("ArrowRight")
    expect(page.get_by_role("radio", name="C-3", exact=True)).to_be_checked()
    page.get_by_role("button", name="Merge", exact=True).press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("look, then confirm")
    settled(page).get_by_role("button", name="Merge", exact=True).press("Enter")

    expect(page.get_by_text("is one with").first).to_be_visible()
    assert Customer.objects.get(former_ids=["C-1"]).customer_id == "C-3"


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_long_and_right_to_left_names_fit_and_sides_are_swapped(desks: Desks, shop: Partner, size: str) -> None:
    page = desks.sit("maria", shop, Role.STAFF, size=size).open(address(shop, "C-1", "C-3"))
    assert fits(page)

    page.get_by_role("link", name="Swap sides").click()

    expect(page).to_have_url(f"{desks.url}{address(shop, 'C-3', 'C-1')}")
    assert fits(page)


def test_who_stands_in_the_way_of_another_priority_is_merged(desks: Desks, shop: Partner) -> None:
    shop.save("customers", {"CustomerId": "C-2", "Email": "ada@shop.example"})
    page = desks.sit("maria", shop, Role.ADMIN).open(f"/admin/tenants/tenant/{shop.tenant.pk}/priority/")
    expect(page.locator("#collisions")).to_contain_text("Ada Lovelace")
    expect(page.get_by_text("delete")).to_have_count(0)

    page.get_by_role("link", name="Merge number").click()
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_text("is one with").first).to_be_visible()

    page.goto(f"{desks.url}/admin/tenants/tenant/{shop.tenant.pk}/priority/")
    expect(page.get_by_text("No customers collide")).to_be_visible()
