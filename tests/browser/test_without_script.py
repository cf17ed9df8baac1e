"""The admin in a browser that runs no script: its forms are there, and staff can do their work with them."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from customers.models import Customer
from tenants.models import Membership, Role
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {"desktop": (1366, 768), "phone": (390, 844)}
LIST = "/admin/customers/customer/"
PASSWORD = "a long enough password"


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    shop = make_tenant(slug="shop")
    shop.save("customers", customer(Name="Ada"), {"CustomerId": "C-2", "Name": "Grace", "EmailOptin": True})
    user = User.objects.create_user("maria", password=PASSWORD, is_staff=True)
    Membership.objects.create(tenant=shop.tenant, user=user, role=Role.STAFF)
    return shop


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, chromium: Chromium, shop: Partner) -> Iterator[Page]:
    """A page of Maria's, who is logged in."""
    page = chromium.open(User.objects.get(), size=SIZES[request.param], java_script_enabled=False)
    page.goto(LIST)
    yield page
    chromium.leave(page)


def address(customer_id: str, name: str = "change") -> str:
    return f"{LIST}{Customer.objects.get(customer_id=customer_id).pk}/{name}/"


def test_a_list_is_searched_and_filtered_left_and_logged_in_to(page: Page) -> None:
    page.locator("#searchbar").fill("C-2")
    page.keyboard.press("Enter")
    expect(page.locator("tr.data-row")).to_have_count(1)
    page.goto(LIST)
    page.locator("select[name=email_optin]").select_option("yes")
    page.get_by_role("button", name="Apply Filters").click()
    expect(page.locator("tr.data-row")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"email_optin="))

    page.locator("#nav-sidebar a[href='/admin/orders/order/']").click()
    expect(page).to_have_url(re.compile("/orders/order/"))
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log out")).to_have_count(0)
    page.goto(LIST)
    expect(page).to_have_url(re.compile("/login/"))

    page.locator("[name=username]").fill("maria")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(re.compile(f"{LIST}$"))


def test_a_switch_is_saved_in_the_list_and_on_the_page(page: Page) -> None:
    ada = Customer.objects.get(customer_id="C-1")
    page.locator(f"input[name=sms_optin][value='{ada.pk}']").check()
    page.locator("button[name=_save]").click()
    expect(page.get_by_text("SMS opt-in of Ada")).to_be_visible()

    page.goto(address("C-2"))
    page.get_by_label("E-mail opt-in").uncheck()
    page.locator("button[name=_save]").click()
    expect(page.get_by_text("E-mail opt-in of Grace")).to_be_visible()
    assert dict(Customer.objects.values_list("customer_id", "sms_optin"))["C-1"] is True
    assert dict(Customer.objects.values_list("customer_id", "email_optin"))["C-2"] is False


def test_a_customer_is_corrected_merged_and_erased_by_the_menu(page: Page) -> None:
    page.goto(address("C-2"))
    page.click(".record-menu summary")
    page.get_by_role("link", name="Correct…").click()
    page.get_by_label("Surname").fill("Hopper")
    page.get_by_role("button", name="Correct it").click()
    expect(page.locator("body")).to_contain_text("Hopper")

    page.goto(f"{address('C-2', 'merge')}?with={Customer.objects.get(customer_id='C-1').pk}")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator("body")).to_contain_text("is one with")
    page.goto(f"{LIST}{Customer.objects.get().pk}/change/")
    page.click(".record-menu summary")
    page.get_by_role("link", name="Erase…").click()
    page.get_by_role("button", name="erase").click()
    expect(page.locator("body")).to_contain_text("erased")
    assert not Customer.objects.exists()


def test_all_that_match_are_chosen_and_one_action_takes_them(page: Page, shop: Partner) -> None:
    shop.save("customers", *({"CustomerId": f"M-{number}", "SmsOptin": False} for number in range(60)))
    page.goto(LIST)

    page.locator("input.action-select").first.check()
    page.get_by_label("Select all 62 matches of this list").check()
    page.locator("select[name=action]").select_option(label="SMS: opt in…")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="SMS: opt in").click()

    expect(page.locator("body")).to_contain_text("changed")
    assert Customer.objects.filter(sms_optin=True).count() == 62
