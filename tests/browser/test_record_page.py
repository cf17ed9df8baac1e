"""A record's page in a browser: at a glance, copied from, its menu, notes, the timeline; and edits not saved yet."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Dialog, Page, expect

from customers.models import Customer, CustomerNote
from tenants.models import ConsentChange, Membership, Role
from tests.browser.pages import copied, fits, settled
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.orders.records import line, order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/customers/customer/"
LAPTOP, PHONE = (1366, 768), (390, 844)
PASSWORD = "a long enough password"


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    """A page of a laptop that must log no error to its console, but that a form was refused."""
    complaints: list[str] = []
    opened = chromium.open(size=LAPTOP)
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    chromium.leave(opened)
    assert [said for said in complaints if "400 (Bad Request)" not in said] == []


@pytest.fixture
def shop(transactional_db: None, make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    partner.save("customers", customer(Name="Ada", Surname="Lovelace", Phone="+358101234567", SmsOptin=True))
    partner.save("orders", *(order(OrderId=f"O-{i}", OrderItems=[line(), line(Sku="X")]) for i in range(9)))
    return partner


@pytest.fixture
def maria(shop: Partner) -> User:
    user = User.objects.create_user("maria", password=PASSWORD, is_staff=True)
    Membership.objects.create(tenant=shop.tenant, user=user, role=Role.STAFF)
    return user


@pytest.fixture
def logged_in(maria: User, page: Page, chromium: Chromium) -> Page:
    chromium.log_in(page.context, maria)
    return page


def address(customer_id: str = "C-1") -> str:
    return f"{LIST}{Customer.objects.get(customer_id=customer_id).pk}/change/"


def box(page: Page, flag: str, customer_id: str) -> Any:
    return page.locator(f"input[name={flag}][value='{Customer.objects.get(customer_id=customer_id).pk}']")


def bottom(page: Page, selector: str) -> float:
    found = page.locator(selector).last.bounding_box()
    assert found is not None
    return float(found["y"] + found["height"])


def test_a_customer_is_understood_without_scrolling(logged_in: Page) -> None:
    logged_in.goto(address())

    bar = settled(logged_in).locator("#submit-row").bounding_box()
    assert bar is not None
    for part in (".record-head", ".record-switches li", ".record-why input", ".record-columns .hub-section tbody tr"):
        assert 0 < bottom(logged_in, part) <= bar["y"], part
    expect(logged_in.locator(".record-title h2")).to_have_text("Ada Lovelace")
    expect(logged_in.locator(".record-columns").first).to_contain_text("9 orders, ")


@pytest.mark.parametrize("path", ["customers/customer", "orders/order"])
def test_a_phone_shows_a_record_without_scrolling_sideways(logged_in: Page, path: str) -> None:
    logged_in.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    logged_in.goto(f"/admin/{path}/")
    logged_in.locator("#result_list .hub-open").first.click()

    expect(logged_in.locator(".record-title h2")).to_be_visible()
    assert fits(logged_in)


def test_an_identifier_is_copied(logged_in: Page) -> None:
    logged_in.goto(address())

    assert copied(logged_in.get_by_role("button", name="Copy E-mail")) == "ada@example.com"


def test_a_person_is_erased_through_the_menu_with_the_keyboard_alone(logged_in: Page) -> None:
    logged_in.goto(address())
    menu = logged_in.locator(".record-menu summary")
    menu.focus()
    logged_in.keyboard.press("Enter")
    logged_in.keyboard.press("ArrowUp")
    expect(logged_in.get_by_role("link", name="Erase…")).to_be_focused()
    logged_in.keyboard.press("Escape")
    expect(menu).to_be_focused()
    logged_in.keyboard.press("Enter")
    logged_in.keyboard.press("ArrowUp")
    logged_in.keyboard.press("Enter")
    logged_in.get_by_role("button", name="Yes, erase 1 customer").press("Enter")

    expect(logged_in.locator("body")).to_contain_text("1 customer erased.")
    assert not Customer.objects.exists()


def test_a_note_is_written_read_and_deleted(logged_in: Page) -> None:
    logged_in.goto(address())
    logged_in.fill("#id_note", "Called on 3 May.\nWants <b>no</b> SMS.")
    logged_in.click("text=Add note")
    expect(logged_in.locator("#notes")).to_contain_text("Wants <b>no</b> SMS.")
    expect(logged_in.locator("#timeline")).to_contain_text("Called on 3 May.")
    logged_in.locator("#notes").get_by_role("button", name="Delete").click()

    expect(logged_in.locator("#notes")).to_contain_text("No notes.")
    assert not CustomerNote.objects.exists()


def test_the_timeline_is_filtered_and_turned_over(logged_in: Page, shop: Partner) -> None:
    shop.save("orders", *(order(OrderId=f"P-{i}") for i in range(30)))
    logged_in.goto(address())
    rows = logged_in.locator("#timeline li")
    logged_in.get_by_role("link", name="Orders", exact=True).last.click()
    expect(rows).to_have_count(20)
    logged_in.get_by_role("link", name="Older", exact=True).click()
    expect(rows).to_have_count(19)
    logged_in.get_by_role("link", name="Consents", exact=True).click()

    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("SMS opt-in: yes")


def test_changes_of_a_record_are_counted_and_saved_with_ctrl_s(logged_in: Page) -> None:
    logged_in.goto(address())
    save = logged_in.locator("button[name=_save]")
    expect(save).to_be_disabled()
    logged_in.check("#id_email_optin")
    logged_in.uncheck("#id_sms_optin")
    expect(save).to_have_text("Save 2 changes")
    expect(logged_in.locator("li.unsaved-changed")).to_have_count(2)
    logged_in.uncheck("#id_email_optin")
    expect(save).to_have_text("Save 1 change")
    logged_in.get_by_label("Why").fill("Called")
    logged_in.keyboard.press("Control+s")

    expect(logged_in.locator("body")).to_contain_text("Undo · number")
    expect(logged_in.locator(".record-switches")).to_contain_text("“Called”")
    expect(save).to_be_disabled()
    assert Customer.objects.get().sms_optin is False


def test_leaving_with_unsaved_edits_asks(logged_in: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    logged_in.on("dialog", stay)
    logged_in.goto(address())
    logged_in.check("#id_email_optin")
    with logged_in.expect_event("dialog"):
        logged_in.get_by_role("link", name="All orders").click(no_wait_after=True)
    expect(logged_in.locator("#id_email_optin")).to_be_checked()

    assert asked == ["beforeunload"]
    assert logged_in.url.endswith(address())
    logged_in.uncheck("#id_email_optin")
    logged_in.get_by_role("link", name="All orders").click()
    expect(logged_in).to_have_url(re.compile("orders/order"))


def fill_list(shop: Partner) -> None:
    shop.save("customers", *({"CustomerId": f"D-{i:03}"} for i in range(70)))


def test_ticks_survive_older_and_newer_and_are_saved_together(logged_in: Page, shop: Partner) -> None:
    fill_list(shop)
    logged_in.goto(LIST)
    save = logged_in.locator("button[name=_save]")
    box(logged_in, "gdpr_optin", "D-069").check()
    box(logged_in, "sms_optin", "D-069").check()
    logged_in.click("text=Older")
    expect(logged_in.locator("[data-elsewhere]")).to_contain_text("2 unsaved on other pages")
    box(logged_in, "sms_optin", "C-1").uncheck()
    expect(save).to_have_text("Save 3 changes")
    logged_in.click("text=Newer")
    expect(box(logged_in, "gdpr_optin", "D-069")).to_be_checked()
    expect(logged_in.locator("td.unsaved-changed")).to_have_count(2)
    logged_in.fill("#list-reason", "Campaign of May")
    save.click()

    expect(logged_in.locator("body")).to_contain_text("Undo · number")
    expect(save).to_be_disabled()
    kept = logged_in.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('hub-unsaved'))")
    assert kept == []
    assert Customer.objects.get(customer_id="C-1").sms_optin is False
    assert Customer.objects.get(customer_id="D-069").gdpr_optin is True
    assert set(ConsentChange.objects.filter(source="admin").values_list("reason", flat=True)) == {"Campaign of May"}


def test_a_list_that_lacks_its_reason_keeps_every_tick(logged_in: Page, shop: Partner) -> None:
    fill_list(shop)
    type(shop.tenant).objects.filter(pk=shop.tenant.pk).update(requires_reason=True)
    logged_in.goto(LIST)
    box(logged_in, "gdpr_optin", "D-069").check()
    logged_in.click("text=Older")
    box(logged_in, "sms_optin", "C-1").uncheck()
    logged_in.click("button[name=_save]")
    expect(logged_in.locator("#list-reason-errors")).to_contain_text("Say why")
    assert Customer.objects.get(customer_id="C-1").sms_optin is True
    expect(logged_in.locator("button[name=_save]")).to_have_text("Save 2 changes")
    logged_in.fill("#list-reason", "Ticket 17")
    logged_in.click("button[name=_save]")

    expect(logged_in.locator("body")).to_contain_text("Undo · number")
    assert Customer.objects.get(customer_id="D-069").gdpr_optin is True


def test_nothing_that_was_typed_is_lost_when_the_session_ends(logged_in: Page, maria: User) -> None:
    logged_in.goto(address())
    logged_in.uncheck("#id_sms_optin")
    logged_in.get_by_label("Why").fill("Called, ticket 17")
    Session.objects.all().delete()
    logged_in.click("button[name=_save]")
    dialog = logged_in.get_by_role("dialog")
    expect(dialog).to_contain_text("You have been logged out. Nothing is lost")
    assert Customer.objects.get().sms_optin is True
    with logged_in.context.expect_page() as opening:
        dialog.get_by_role("link", name="Log in in another tab").click()
    other = opening.value
    other.fill("[name=username]", "maria")
    other.fill("[name=password]", PASSWORD)
    other.click("button[type=submit]")
    expect(other).to_have_url(re.compile("/admin/$"))
    dialog.get_by_role("button", name="Save now").click()

    expect(logged_in.locator("body")).to_contain_text("Undo · number")
    assert ConsentChange.objects.latest("pk").reason == "Called, ticket 17"


def test_nothing_is_sent_in_the_name_of_somebody_else(logged_in: Page, shop: Partner, chromium: Chromium) -> None:
    other = User.objects.create_user("otto", is_staff=True, is_superuser=True)
    logged_in.goto(LIST)
    box(logged_in, "sms_optin", "C-1").uncheck()
    chromium.log_in(logged_in.context, other)
    logged_in.click("button[name=_save]")

    expect(logged_in.get_by_role("dialog")).to_contain_text("Somebody else is logged in now.")
    assert Customer.objects.get().sms_optin is True


def test_without_a_script_save_is_not_disabled(chromium: Chromium, maria: User) -> None:
    page = chromium.open(maria, size=LAPTOP, java_script_enabled=False)
    page.goto(address())

    assert page.locator("button[name=_save]").is_enabled()
    assert page.get_by_label("Why").count() == 1
    chromium.leave(page)
