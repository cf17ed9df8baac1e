"""A list that somebody mailed, and a list that is taken along, in a browser: by mouse, by keyboard, on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer
from tenants.models import Role
from tests.browser.pages import fits
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant, Partner
from tests.members import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/customers/customer/"
DESK, PHONE = (1366, 768), (390, 844)


@pytest.fixture
def shop(transactional_db: None, make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    named = ({"CustomerId": f"C-{i}", "Email": f"c{i}@example.com", "EmailOptin": True} for i in range(3))
    partner.save("customers", *named)
    return partner


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, chromium: Chromium, shop: Partner) -> Iterator[Page]:
    complaints: list[str] = []
    user = make_user("staff")
    shop.tenant.memberships.create(user=user, role=Role.STAFF)
    opened = chromium.open(user, size=request.param)
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    chromium.leave(opened)
    assert complaints == []


def test_a_mailed_list_is_pasted_confirmed_and_downloaded(page: Page) -> None:
    page.goto(f"{LIST}paste-list/")
    page.get_by_label("E-mails, customer IDs").fill("C0@example.com\nC-1\nnobody@example.com")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Find them").press("Enter")
    expect(page.locator("#matched")).to_have_text("2 lines match 2 customers; 1 is unknown.")
    assert fits(page)

    page.get_by_label("E-mail opt-in").select_option("no")
    page.get_by_label("Add tags").fill("asked")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_text("E-mail opt-in: 2 yes → no, 0 are so already.")).to_be_visible()
    page.get_by_role("button", name="Yes, change them").click()

    expect(page.locator("#done")).to_contain_text("2 customers changed.")
    assert Customer.objects.filter(email_optin=False, tags=["asked"]).count() == 2
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the result (CSV)").click()
    assert "nobody@example.com,not found" in Path(download.value.path()).read_text("utf-8-sig")
    page.get_by_role("link", name="Undo").click()
    expect(page).to_have_url(re.compile(r"/undo/"))


def test_a_filtered_list_is_taken_along(page: Page) -> None:
    page.goto(f"{LIST}?email_optin=yes")
    page.get_by_role("link", name="Export…").click()
    expect(page.locator("#matching")).to_contain_text("3 match")
    page.get_by_label("Surname").uncheck()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()

    assert download.value.suggested_filename.startswith("shop-customer-")
    lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert "Surname" not in lines[0]
