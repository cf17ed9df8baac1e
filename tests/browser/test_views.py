"""Saved views, the search over everything and times, in a real chromium: by mouse, by keyboard alone, on a phone."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tenants.models import LoggedRequest, Role, SavedView
from tenants.requests.writer import WRITER
from tests.browser.pages import fits
from tests.browser.test_tenants import Desk, Desks, desks
from tests.conftest import MakeTenant, Partner
from tests.orders.records import order

__all__ = ["desks"]  # the fixture

LIST = "/admin/customers/customer/"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop", time_zone="Europe/Berlin")
    ann = {"CustomerId": "C-1", "Email": "ann@example.com", "Name": "Ann", "SmsOptin": True}
    partner.save("customers", ann, {"CustomerId": "C-2", "Name": "Bob"})
    partner.save("orders", order(OrderId="O-1", CustomerId="C-1", Email="ann@example.com"))
    WRITER.flush()
    return partner


def test_a_view_is_saved_shared_changed_and_seen_by_a_colleague_alone(
    desks: Desks, shop: Partner, make_tenant: MakeTenant
) -> None:
    page = desks.sit("maria", shop, Role.STAFF).open(f"{LIST}?sms_optin=never")
    page.get_by_text("Save this view…").click()
    page.get_by_label("Name", exact=True).fill("Without SMS")
    page.get_by_label("For everybody at").check()
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_text("The view “Without SMS” is saved.")).to_be_visible()
    tab = page.get_by_role("link", name="Without SMS")
    expect(tab).to_have_attribute("aria-current", "page")

    page.goto(f"{page.url.replace('never', 'yes')}")
    page.get_by_role("button", name="Update “Without SMS”").click()
    expect(page.get_by_text("has these filters now")).to_be_visible()

    colleague = desks.sit("carl", shop, Role.VIEWER).open(LIST)
    colleague.get_by_role("link", name="Without SMS").click()
    expect(colleague.locator("#result_list")).to_contain_text("Ann")
    expect(colleague.locator("#result_list")).not_to_contain_text("Bob")
    stranger = desks.sit("eve", make_tenant(slug="other"), Role.ADMIN).open(LIST)
    expect(stranger.get_by_text("Without SMS")).to_have_count(0)
    assert SavedView.objects.count() == 1


def opened(desk: Desk, typed: str) -> Page:
    """Type into the box that Ctrl+K opens, and open what comes first: by keyboard alone."""
    page = desk.page
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search everything")
    expect(box).to_be_focused()
    box.press_sequentially(typed)
    expect(page.locator("#palette [aria-selected=true]")).to_be_visible()
    before = page.url
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != before)
    return page


def test_the_keyboard_alone_leads_to_a_person_an_order_and_a_request(desks: Desks, shop: Partner) -> None:
    trace_id = LoggedRequest.objects.filter(tenant=shop.tenant).latest("pk").trace_id
    desk = desks.sit("maria", shop, Role.STAFF)
    desk.open("/admin/")

    expect(opened(desk, "ann@exa").locator("#content")).to_contain_text("ann@example.com")
    assert "ann" not in desk.page.url
    expect(opened(desk, "O-1").locator("#content")).to_contain_text("O-1")
    assert re.search(r"/orders/order/\d+/change/", desk.page.url)
    assert re.search(r"/tenants/changeset/\d+/change/", opened(desk, trace_id).url)


def test_up_down_escape_and_what_is_not_found(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop, Role.STAFF).open(LIST)
    page.keyboard.press("Tab")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search everything")
    box.fill("C-")
    options = page.locator("#palette [role=option]")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")

    box.fill("no such thing")
    expect(page.get_by_text("Nothing matches “no such thing”.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()


def test_an_older_answer_never_replaces_a_newer_one(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop, Role.STAFF).open(LIST)
    held: list[Route] = []
    page.route(
        "**/admin/search/?s=C-1&*", lambda route: held.append(route)
    )  # the first answer does not come before the second
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search everything")
    with page.expect_request("**/admin/search/?s=C-1&*"):
        box.fill("C-1")
    box.fill("C-2")
    expect(page.locator("#palette .palette-name").first).to_have_text("Bob")

    assert held
    for route in held:
        route.fulfill(body='<a role="option" class="palette-hit">old</a>')

    expect(page.locator("#palette .palette-name").first).to_have_text("Bob")
    expect(page.get_by_text("old", exact=True)).to_have_count(0)


def test_on_a_phone_the_search_is_a_button_and_all_that_match_a_list(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop, Role.STAFF, size="phone").open(LIST)
    page.get_by_role("link", name="Search everything").click()
    page.get_by_role("combobox", name="Search everything").fill("C-")
    page.get_by_role("option", name="All customers that match").click()

    expect(page.locator("#searchbar")).to_have_value("C-")
    assert fits(page)


def test_a_time_says_utc_when_pointed_at(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop, Role.STAFF).open("/admin/tenants/changeset/")
    shown = page.locator("#result_list time").first

    utc = shown.get_attribute("title")

    assert utc == shown.get_attribute("datetime")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(utc))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", shown.inner_text())
    expect(page.get_by_text("Times: Europe/Berlin").first).to_be_visible()
