"""Somebody at a desk, or with a phone, finds a person by name; the words below the box are read whole."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tenants.models import Membership, Role
from tests.browser.pages import fits
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant
from tests.searching import searched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/admin/customers/customer/"
WIDTHS = {"laptop": (1366, 768), "phone": (390, 844)}


@pytest.fixture(params=WIDTHS)
def page(
    request: pytest.FixtureRequest,
    transactional_db: None,
    make_tenant: MakeTenant,
    chromium: Chromium,
) -> Iterator[Page]:
    partner = make_tenant(slug="shop")
    partner.save(
        "customers",
        {"CustomerId": "C-1", "Name": "Günther", "Surname": "Jäger", "Phone": "+4915550035348"},
        {"CustomerId": "C-2", "Name": "محمد", "Surname": "الخوارزمي"},
    )
    searched()
    partner.save("customers", {"CustomerId": "C-3", "Name": "Too new"})
    user = User.objects.create_user("maria", is_staff=True)
    Membership.objects.create(tenant=partner.tenant, user=user, role=Role.STAFF)
    page = chromium.open(user, size=WIDTHS[request.param])
    yield page
    chromium.leave(page)


def test_a_person_is_found_by_name_with_the_keyboard(page: Page) -> None:
    page.goto(LIST)
    box = page.get_by_role("textbox", name="Search")
    box.focus()
    page.keyboard.type("jager gunther")
    page.keyboard.press("Enter")

    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list")).to_contain_text("Günther Jäger")
    expect(page.get_by_role("textbox", name="Search")).to_have_value("jager gunther")


def test_what_can_be_found_is_read_whole(page: Page) -> None:
    page.goto(LIST)
    said = page.locator("#searchbar-help")

    expect(said).to_contain_text("name=value")
    assert fits(page)
    for box in (said, page.locator("#searchbar")):
        assert box.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), "it is cut"
