"""An admin takes a batch back in a browser: the plan, its tick and reason, the done message; also on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer
from tenants.models import Changeset, Membership, Role
from tests.browser.pages import fits
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant, Partner
from tests.members import make_user
from tests.undoing import undo_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
LINES = """cell => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return new Set([...range.getClientRects()].map(one => one.top)).size;
}"""
LONG = {"CustomerId": "L" * 100, "Name": "W" * 100, "Surname": "Y" * 300}


@pytest.fixture
def shop(transactional_db: None, make_tenant: MakeTenant) -> Partner:
    return make_tenant(slug="shop", keeps_images=True)


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, chromium: Chromium, shop: Partner) -> Iterator[Page]:
    """A page of the tenant's admin."""
    user = make_user("admin")
    Membership.objects.create(tenant=shop.tenant, user=user, role=Role.ADMIN)
    page = chromium.open(user, size=SIZES[request.param])
    yield page
    chromium.leave(page)


def people(number: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"CustomerId": f"C-{n}", "EmailOptin": True, **fields} for n in range(number)]


def test_a_batch_is_taken_back_from_its_page(page: Page, shop: Partner) -> None:
    shop.save("customers", *people(3), {**LONG, "EmailOptin": True})
    shop.save(
        "customers", *people(3, Name="Mistaken", EmailOptin=False), {**LONG, "Surname": "Z" * 300}, {"CustomerId": "N"}
    )
    page.goto(f"/admin/tenants/changeset/{Changeset.objects.get(number=2).pk}/change/")

    page.locator("a[href$='/undo/']").first.evaluate("link => link.click()")  # a phone has it in a menu
    expect(page.get_by_text("4 customers go back to what was before.")).to_be_visible()
    expect(page.get_by_text("1 customer that it created goes.")).to_be_visible()
    assert fits(page)
    expect(page.get_by_role("cell", name="E-mail opt-in")).to_have_count(3)
    page.get_by_label("Give consent back to 3 customers").check()
    page.get_by_role("button", name="Yes, take it back").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why consent is given back")
    page.get_by_label("Why").fill("the export had lost a column")
    page.get_by_role("button", name="Yes, take it back").click()

    expect(page.get_by_text("Number 2 is taken back by")).to_be_visible()
    page.get_by_role("link", name="number 3").first.click()
    expect(page.get_by_text("number 2").first).to_be_visible()
    assert Customer.objects.filter(name="Mistaken").count() == 0
    assert Customer.objects.filter(email_optin=True).count() == 4


def test_a_plan_of_a_thousand_shows_the_first_fifty(page: Page, shop: Partner) -> None:
    for name in ("Ann", "Bo"):
        shop.save("customers", *people(1000, Name=name))
    shop.save("customers", *people(1, Name="Later"))

    page.goto(undo_page(shop, 2))

    expect(page.get_by_text("999 customers go back to what was before.")).to_be_visible()
    expect(page.get_by_text("The first 50 of 999.")).to_be_visible()
    why = page.get_by_role("cell", name="changed since")
    expect(why).to_be_visible()
    assert fits(page)
    assert why.evaluate(LINES) <= 2, "no word is broken"


def test_where_nothing_is_left_there_is_no_button(page: Page, shop: Partner) -> None:
    shop.save("customers", *people(1))
    shop.save("customers", *people(1, Name="Later"))

    page.goto(undo_page(shop, 1))

    expect(page.get_by_text("Nothing: there is nothing left that could go back.")).to_be_visible()
    expect(page.get_by_role("button", name="Yes, take it back")).to_have_count(0)
