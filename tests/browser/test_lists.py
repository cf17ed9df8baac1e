"""Lists in a browser: filters taken away, all matches chosen, the way back, and what a phone shows."""

import math
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from customers.models import Customer
from tenants.models import Membership, Role
from tests.browser.pages import fits, settled
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant, Partner
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/customers/customer/"
FILTERED = f"{LIST}?email_optin=no&q=C-"


@pytest.fixture
def shop(transactional_db: None, make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    people = [{"CustomerId": f"C-{i:02}", "Email": f"somebody.with.a.name{i}@example.com"} for i in range(55)]
    partner.save("customers", *({**one, "Name": "Günther", "Surname": "Jäger", "EmailOptin": False} for one in people))
    return partner


def open_page(chromium: Chromium, shop: Partner, width: int, height: int) -> Page:
    user, _ = User.objects.get_or_create(username="maria", defaults={"is_staff": True})
    Membership.objects.get_or_create(tenant=shop.tenant, user=user, defaults={"role": Role.STAFF})
    return chromium.open(user, size=(width, height))


@pytest.fixture
def page(chromium: Chromium, shop: Partner) -> Iterator[Page]:
    opened = open_page(chromium, shop, 1366, 768)
    yield opened
    chromium.leave(opened)


@pytest.fixture
def phone(chromium: Chromium, shop: Partner) -> Iterator[Page]:
    opened = open_page(chromium, shop, 390, 844)
    yield opened
    chromium.leave(opened)


def edges(page: Page, selector: str) -> tuple[float, float]:
    """Return where something begins and ends, from top to bottom: nowhere, if it is not shown."""
    box = page.locator(selector).bounding_box()
    return (box["y"], box["y"] + box["height"]) if box else (math.nan, math.nan)


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
    page.click("text=Cancel")

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

    clipped = settled(page).evaluate(
        "[...document.querySelectorAll('.field-named .hub-clip')].filter(e => e.scrollWidth > e.clientWidth).length"
    )
    frame = page.locator(".hub-list-frame")
    assert clipped == 0
    assert frame.evaluate("frame => frame.scrollWidth - frame.clientWidth") <= 0


def test_a_phone_shows_a_row_as_a_card_and_save_in_sight(phone: Page) -> None:
    phone.goto(LIST)
    row = settled(phone).locator("tr.data-row").first
    flags = row.locator("td[class$=_optin], td.field-is_excluded")
    tops = {round(flag.bounding_box()["y"]) for flag in flags.all()}  # type: ignore[index]
    names = row.locator("td.field-sms_optin, td.field-whatsapp_optin").evaluate_all(
        "cells => cells.map(cell => getComputedStyle(cell, '::before').content)"
    )
    box, save = row.bounding_box(), phone.locator("button[name=_save]").bounding_box()

    assert len(tops) == 2  # lines
    assert names == ['"SMS"', '"WhatsApp"']
    assert box
    assert box["height"] < 150
    assert save
    assert save["y"] + save["height"] <= 844
    assert fits(phone)
    row.locator("input.action-select").check()
    assert wait_until(lambda: edges(phone, ".hub-actions")[1] <= edges(phone, "button[name=_save]")[0])


def test_a_tap_on_a_channels_name_ticks_it(phone: Page) -> None:
    phone.goto(LIST)
    cell = phone.locator("td.field-sms_optin").first
    cell.click(position={"x": 60, "y": 14})

    expect(cell.locator("input")).to_be_checked()
    expect(phone.locator("button[name=_save]")).to_have_text("Save 1 change")


def test_heads_and_save_stay_in_sight_wherever_a_list_is_scrolled(page: Page) -> None:
    page.goto(LIST)
    page.locator("input[name=sms_optin]").first.check()
    settled(page).locator("tr.data-row").nth(30).scroll_into_view_if_needed()
    head = page.get_by_role("columnheader", name="WhatsApp").bounding_box()

    assert page.evaluate("scrollY") > 500
    assert head
    assert 0 <= head["y"] < 5
    for shown in ("button[name=_save]", "#list-reason", ".hub-export"):
        expect(page.locator(shown)).to_be_in_viewport(ratio=1)


def test_a_list_with_more_columns_than_room_scrolls_in_its_frame_under_its_heads(page: Page) -> None:
    page.goto(LIST)
    page.add_style_tag(content=".hub-table { width: 1600px; }")
    frame = page.locator(".hub-list-frame:not(.hub-fits)")
    frame.evaluate("frame => frame.scrollTo(200, 600)")
    top = page.get_by_role("columnheader", name="WhatsApp").evaluate(
        "head => head.getBoundingClientRect().y - head.closest('.hub-list-frame').getBoundingClientRect().y"
    )

    assert frame.evaluate("frame => frame.scrollTop") == 600
    assert 0 <= top < 5


def test_what_is_chosen_is_acted_on_right_above_save(page: Page) -> None:
    page.goto(LIST)
    page.locator("input.action-select").first.check()

    assert wait_until(lambda: abs(edges(page, ".hub-actions")[1] - edges(page, ".hub-foot")[0]) <= 1)
    assert page.locator(".hub-actions select").evaluate("select => getComputedStyle(select).appearance") == "none"


def test_a_name_is_whole_where_its_row_has_room(page: Page, shop: Partner) -> None:
    shop.save("customers", {"CustomerId": "T-1", "Name": "Günther", "Surname": "Jägersberger-Klemm"})
    page.goto(LIST)
    name = page.locator("tr.data-row .field-person bdi").first

    expect(name).to_have_text("Günther Jägersberger-Klemm")
    settled(page)
    assert name.evaluate("name => name.scrollWidth <= name.clientWidth + 1")
