"""Lists in a browser: filters taken away, all matches chosen, the way back, and what a phone shows."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from customers.models import Customer
from tenants.models import Membership, Role
from tests.browser.conftest import new_context, session_of
from tests.conftest import MakeTenant, Partner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/customers/customer/"
FILTERED = f"{LIST}?email_optin=no&q=C-"


@pytest.fixture
def shop(transactional_db: None, make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    people = [{"CustomerId": f"C-{i:02}", "Email": f"somebody.with.a.name{i}@example.com"} for i in range(55)]
    partner.save("customers", *({**one, "Name": "Günther", "Surname": "Jäger", "EmailOptin": False} for one in people))
    return partner


def open_page(chromium: Browser, live_server: LiveServer, shop: Partner, width: int, height: int) -> Page:
    user, _ = User.objects.get_or_create(username="maria", defaults={"is_staff": True})
    Membership.objects.get_or_create(tenant=shop.tenant, user=user, defaults={"role": Role.STAFF})
    context = new_context(chromium, viewport={"width": width, "height": height}, base_url=live_server.url)
    context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": live_server.url}])
    return context.new_page()


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer, shop: Partner) -> Iterator[Page]:
    opened = open_page(chromium, live_server, shop, 1366, 768)
    yield opened
    opened.context.close()


@pytest.fixture
def phone(chromium: Browser, live_server: LiveServer, shop: Partner) -> Iterator[Page]:
    opened = open_page(chromium, live_server, shop, 390, 844)
    yield opened
    opened.context.close()


def is_filtered(page: Page) -> None:
    """The list is the one that was left: its chips say so."""
    expect(page.locator(".hub-chip")).to_contain_text(["Search: C-", "E-mail opt-in: No"])


def test_a_filter_is_taken_away_with_its_cross(page: Page) -> None:
    page.goto(FILTERED)
    page.get_by_role("link", name="Remove the filter Search: C-").click()
    expect(page.locator(".hub-chip")).to_have_count(1)
    expect(page.locator(".hub-chip")).to_contain_text("E-mail opt-in: No")

    page.goto(FILTERED)
    page.get_by_role("link", name="Clear all").click()

    expect(page.locator(".hub-chip")).to_have_count(0)
    expect(page.locator("#counted")).to_have_text("55 customers")


def test_a_date_that_is_none_says_so(page: Page) -> None:
    page.goto(f"{LIST}?created_at_from=12/31/2026")

    expect(page.get_by_role("alert")).to_contain_text("12/31/2026 is not a day: write 2026-12-31.")
    expect(page.locator("body")).to_contain_text("Mend or remove the filters marked above.")


def test_all_matches_are_chosen_and_the_list_is_as_it_was(page: Page) -> None:
    page.goto(FILTERED)
    page.check("#action-toggle")
    page.get_by_role("button", name="Select all 55 matches of this list").click()
    expect(page.locator(".hub-actions")).to_contain_text("All 55 customers of this list selected")
    page.select_option("select[name=action]", label="SMS: opt in…")
    page.click("button[name=index]")
    expect(page.locator("#confirm")).to_contain_text("SMS opt-in becomes yes for 55 customers.")
    page.click("#confirm button[type=submit]")

    expect(page.locator("body")).to_contain_text("55 customers changed.")
    is_filtered(page)
    assert Customer.objects.filter(sms_optin=True).count() == 55


def test_who_goes_back_has_not_chosen_all_anew(page: Page) -> None:
    page.goto(FILTERED)
    page.check("#action-toggle")
    page.get_by_role("button", name="Select all 55 matches of this list").click()
    page.select_option("select[name=action]", label="SMS: opt in…")
    page.click("button[name=index]")
    expect(page.locator("#confirm")).to_be_visible()
    page.go_back()
    expect(page.locator("#result_list")).to_be_visible()

    page.locator("input.action-select").first.check()

    assert page.locator("input.select-across").input_value() == "0"


def test_no_leads_back_to_the_filtered_list(page: Page) -> None:
    page.goto(FILTERED)
    page.locator("input.action-select").first.check()
    page.select_option("select[name=action]", label="Erase…")
    page.click("button[name=index]")
    page.click("text=No, take me back")

    is_filtered(page)


def test_a_record_saved_and_left_leads_back_to_the_filtered_list(page: Page) -> None:
    page.goto(FILTERED)
    page.locator("#result_list .hub-title a").first.click()
    page.check("#id_whatsapp_optin")
    page.click("button[name=_save]")
    expect(page.locator("body")).to_contain_text("WhatsApp opt-in of")
    page.locator(".hub-crumbs a", has_text="Customers").click()

    is_filtered(page)


def test_an_erasure_from_a_record_leads_back_to_the_filtered_list(page: Page) -> None:
    page.goto(FILTERED)
    page.locator("#result_list .hub-title a").first.click()
    page.click(".record-menu summary")
    page.get_by_role("link", name="Erase…").click()
    page.click("#confirm button[type=submit]")

    expect(page.locator("body")).to_contain_text("1 customer erased.")
    is_filtered(page)


def test_a_list_sorts_by_its_head(page: Page) -> None:
    page.goto(LIST)
    page.get_by_role("link", name="Customer ID").click()
    expect(page.locator("tr.data-row").first).to_contain_text("C-00")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Customer ID")
    page.get_by_role("link", name="Next").click()

    expect(page.locator("tr.data-row")).to_have_count(5)
    expect(page.locator("tr.data-row").last).to_contain_text("C-54")


def test_a_laptop_shows_whole_e_mails_beside_all_columns(page: Page) -> None:
    page.goto(LIST)

    clipped = page.evaluate(
        "[...document.querySelectorAll('.field-named .hub-clip')].filter(e => e.scrollWidth > e.clientWidth).length"
    )
    frame = page.locator(".hub-list-frame")
    assert clipped == 0
    assert frame.evaluate("frame => frame.scrollWidth - frame.clientWidth") <= 0


def test_a_phone_shows_a_row_as_a_card_and_save_in_sight(phone: Page) -> None:
    phone.goto(LIST)
    row = phone.locator("tr.data-row").first
    flags = row.locator("td[class$=_optin], td.field-is_excluded")
    tops = {round(flag.bounding_box()["y"]) for flag in flags.all()}  # type: ignore[index]
    box, save = row.bounding_box(), phone.locator("button[name=_save]").bounding_box()

    assert len(tops) == 1  # one line
    assert box
    assert box["height"] < 130
    assert save
    assert save["y"] + save["height"] <= 844
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    row.locator("input.action-select").check()
    bar = phone.locator(".hub-actions").bounding_box()
    assert bar
    assert bar["y"] + bar["height"] <= save["y"]
