"""Staff correct a customer and an order in a browser: undone, a conflict chosen, by keyboard and on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer
from orders.models import Order
from tenants.models import ApiKey, Membership, Role
from tests.browser.pages import fits
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.customers.rectifying import page_of, stored
from tests.members import make_user
from tests.orders.records import order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {"desktop": (1366, 768), "phone": (390, 844)}


@pytest.fixture
def shop(transactional_db: None, make_tenant: MakeTenant) -> Partner:
    shop = make_tenant(slug="shop")
    shop.save("customers", customer(Name="Ada"), {"CustomerId": "C-2", "Name": "محمد", "Surname": "Y" * 300})
    shop.save("orders", order())
    return shop


def opened(chromium: Chromium, shop: Partner, role: Role, size: str = "desktop") -> Page:
    user = make_user(role)
    Membership.objects.create(tenant=shop.tenant, user=user, role=role)
    return chromium.open(user, size=SIZES[size])


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, chromium: Chromium, shop: Partner) -> Iterator[Page]:
    page = opened(chromium, shop, Role.STAFF, request.param)
    yield page
    chromium.leave(page)


@pytest.fixture
def desk(chromium: Chromium, shop: Partner) -> Iterator[Page]:
    page = opened(chromium, shop, Role.ADMIN)
    yield page
    chromium.leave(page)


def test_a_customer_is_corrected_and_taken_back(page: Page, shop: Partner) -> None:
    ada = stored(shop, customer_id="C-1")
    page.goto(f"/admin/customers/customer/{ada.pk}/change/")
    page.click(".record-menu summary")
    page.get_by_role("link", name="Correct…").click()
    page.get_by_label("E-mail").fill("countess@example.com")
    assert fits(page)
    page.get_by_label("Tags").fill("vip\nold, bold")
    page.get_by_label("Why").fill("letter of 3 May")
    page.get_by_role("button", name="Correct it").click()

    body = page.locator("body")
    expect(body).to_contain_text("E-mail of Ada: ada@example.com → countess@example.com.")
    expect(body).to_contain_text("1 order followed.")
    expect(body).to_contain_text("The partner's next send of CustomerId C-1 will write over this")
    assert stored(shop, customer_id="C-1").tags == ["vip", "old", "bold"]
    assert Order.objects.get().email == "countess@example.com"

    page.get_by_role("link", name="Undo").click()
    expect(body).to_contain_text("1 order that followed goes back with it.")
    page.get_by_role("button", name="Yes, take it back").click()
    expect(body).to_contain_text("is taken back by")
    assert (stored(shop, customer_id="C-1").email, Order.objects.get().email) == ("ada@example.com",) * 2


def test_who_is_a_conflict_chooses_by_keyboard(page: Page, shop: Partner) -> None:
    ada = stored(shop, customer_id="C-1")
    page.goto(page_of(ada))
    shop.save("customers", customer(Name="Partner's"))
    page.get_by_label("Name", exact=True).fill("Typed")
    page.get_by_label("Name", exact=True).press("Enter")

    expect(page.get_by_role("alert").first).to_contain_text("Nothing was saved: choose, then save. Last changed by")
    assert fits(page)
    page.get_by_label("Use mine. You wrote: Typed").press("Space")
    page.get_by_label("Use mine. You wrote: Typed").press("Enter")

    expect(page.locator("body")).to_contain_text("Name of Typed: Partner's → Typed.")
    assert Customer.objects.get(pk=ada.pk).name == "Typed"


def test_an_identifier_that_another_has_leads_to_the_other(page: Page, shop: Partner) -> None:
    page.goto(page_of(stored(shop, customer_id="C-1")))
    page.get_by_label("Customer id").fill("C-2")
    page.get_by_role("button", name="Correct it").click()

    expect(page.locator("body")).to_contain_text("has it already. Nothing was saved.")
    assert "/merge/?with=" in str(page.get_by_role("link", name="Merge these two…").get_attribute("href"))
    assert fits(page)


def test_an_order_is_given_to_another_and_its_body_copied(page: Page, shop: Partner) -> None:
    page.goto(f"/admin/orders/order/{Order.objects.get().pk}/change/")
    page.click(".record-menu summary")
    page.get_by_role("link", name="Correct…").click()
    expect(page.locator("#body")).to_contain_text('"OrderId": "O-1"')
    assert fits(page)
    page.get_by_label("Give it to a customer").fill("C-2")
    page.get_by_label("Cancelled").select_option("yes")
    page.get_by_role("button", name="Correct it").click()

    expect(page.locator("body")).to_contain_text("Cancelled of O-1: No → Yes.")
    expect(page.locator("body")).to_contain_text("It is an order of محمد")
    assert Order.objects.get().customer_id == "C-2"


def test_reloading_a_new_key_makes_no_second_one(desk: Page) -> None:
    desk.goto("/admin/tenants/apikey/add/")
    desk.get_by_label("Label").fill("till")
    desk.get_by_role("button", name="Save").click()
    expect(desk.locator("#key")).to_be_visible()

    desk.on("dialog", lambda dialog: dialog.accept())
    desk.reload()
    expect(desk.locator("body")).to_contain_text("its text was shown once. Nothing new was made.")
    desk.go_back()
    assert ApiKey.objects.filter(label="till").count() == 1
