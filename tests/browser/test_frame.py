"""The admin's frame in a real chromium: by keys alone, on a phone, and where a page is out of date or not there."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from customers.models import Customer
from tenants.health import refresh_health
from tenants.models import AuditEvent, Membership, Role
from tests.browser.pages import copied
from tests.browser.profiles import Chromium
from tests.browser.test_tenants import Desks
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.orders.records import line, order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse battery"
LIST = "/admin/customers/customer/"


@pytest.fixture
def desks(chromium: Chromium) -> Iterator[Desks]:
    found = Desks(chromium)
    yield found
    for desk in found.seated:
        chromium.leave(desk.page)
        assert [fault for fault in desk.faults if "status of 4" not in fault] == []


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    partner.save("customers", customer())
    partner.save("orders", order(OrderItems=[line(Sku="GHOST")]))
    refresh_health()
    return partner


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(most):
        page.keyboard.press("Tab")
        held = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"
        if re.match(name, re.sub(r"\s+", " ", page.evaluate(held))):
            return
    raise AssertionError(f"no Tab leads to {name}")


def has_outline(page: Page) -> bool:
    """Tell whether what has the focus, or the frame around it, shows that it has."""
    shown = "(element) => ['outlineStyle', 'boxShadow'].some(name => getComputedStyle(element)[name] !== 'none')"
    return bool(page.evaluate(f"[document.activeElement, document.activeElement.parentElement].some({shown})"))


def test_the_first_tab_skips_to_the_page(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop).open(LIST)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_filters_open_by_key_take_the_focus_and_give_it_back(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop).open(LIST)
    tab_to(page, "Filters")
    assert has_outline(page)
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Filters")
    expect(panel).to_be_visible()
    page.wait_for_function("document.activeElement.closest('#changelist-filter') !== null")
    page.keyboard.press("Escape")

    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="Filters")).to_be_focused()


def test_the_user_menu_and_the_theme_are_reached_by_keys(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop).open(LIST)
    tab_to(page, "M maria|maria")
    assert has_outline(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    tab_to(page, "dark_mode")
    page.keyboard.press("Space")
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
    expect(page.get_by_role("button", name="maria")).to_be_focused()


def test_the_search_box_shows_that_it_has_the_focus(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop).open(LIST)
    page.keyboard.press("/")

    expect(page.locator("#searchbar")).to_be_focused()
    assert has_outline(page)


def test_control_s_saves(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop).open(f"{LIST}{Customer.objects.get().pk}/change/")
    page.get_by_label("SMS opt-in").check(force=True)
    page.keyboard.press("Control+s")

    expect(page.get_by_role("status").first).to_contain_text("SMS opt-in")
    assert Customer.objects.get().sms_optin is True


def test_the_menu_of_a_phone_opens_and_closes_by_keys(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop, size="phone").open(LIST)
    menu = page.get_by_role("button", name="Menu", exact=True)
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Orders")).to_be_in_viewport()
    page.wait_for_function("document.activeElement.closest('#nav-sidebar') !== null")
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Orders")).to_be_hidden()
    expect(menu).to_be_focused()


def test_save_is_in_sight_on_a_phone(desks: Desks, shop: Partner) -> None:
    desk = desks.sit("maria", shop, size="phone")
    for named in (f"customers/customer/{Customer.objects.get().pk}", f"tenants/tenant/{shop.tenant.pk}"):
        page = desk.open(f"/admin/{named}/change/")

        expect(page.locator("[name=_save]").first).to_be_in_viewport()


def test_the_way_to_a_page_is_said_in_the_sidebars_words(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop).open("/admin/tenants/changeset/")

    way = page.get_by_role("navigation", name="Breadcrumb").get_by_role("listitem")
    expect(way).to_contain_text(["Home", "Changes"])
    expect(page).to_have_title("Changes | Data hub")
    page.goto(f"{page.url.split('/admin')[0]}{LIST}{Customer.objects.get().pk}/change/")
    expect(way).to_have_count(3)
    expect(way.nth(1)).to_contain_text("Customers")


WAYS = [
    ("customer/{}/correct/", ["Home", "Customers", "Matti Meikäläinen", "Correct Matti Meikäläinen"]),
    ("customer/{}/everything/", ["Home", "Customers", "Matti Meikäläinen", "Everything held about"]),
    ("customer/paste-list/", ["Home", "Customers", "Act on a list"]),
    ("customer/erased/", ["Home", "Customers", "Was this person erased?"]),
    ("customer/export/", ["Home", "Customers", "Export a list"]),
]


def test_a_page_is_called_by_what_is_done_there(desks: Desks, shop: Partner) -> None:
    Customer.objects.update(name="Matti", surname="Meikäläinen")
    desk = desks.sit("maria", shop)
    for path, way in WAYS:
        page = desk.open(f"/admin/customers/{path.format(Customer.objects.get().pk)}")

        crumbs = page.get_by_role("navigation", name="Breadcrumb").get_by_role("listitem")
        expect(crumbs).to_contain_text(way)
        expect(page.locator("h1")).to_contain_text(way[-1])


def test_a_tenants_name_is_whole_beside_all_of_its_buttons(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop).open(f"/admin/tenants/tenant/{shop.tenant.pk}/change/")

    whole = "head => head.scrollWidth <= head.clientWidth && head.getBoundingClientRect().width > 0"
    assert page.locator("h1").evaluate(whole)
    expect(page.get_by_role("navigation", name="Breadcrumb")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("link", name="Connect")).to_be_in_viewport(ratio=1)


TWICE = "button => { button.click(); setTimeout(() => button.click(), 30); }"


@pytest.mark.parametrize("name", ["tenant", "membership", "auth/user"])
def test_who_clicks_save_twice_changes_and_audits_once(desks: Desks, shop: Partner, name: str) -> None:
    other = User.objects.create_user("olga", is_staff=True)
    member = Membership.objects.create(tenant=shop.tenant, user=other, role=Role.VIEWER)
    pk = {"tenant": shop.tenant.pk, "membership": member.pk, "auth/user": other.pk}[name]
    address = name if "/" in name else f"tenants/{name}"
    page = desks.sit("anna").open(f"/admin/{address}/{pk}/change/")
    if name == "membership":
        page.select_option("[name=role]", Role.STAFF.value)
    else:
        page.fill("[name=name], [name=first_name]", "Otherwise")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    before = AuditEvent.objects.count()

    page.locator("[name=_save]").evaluate(TWICE)

    page.wait_for_url(re.compile(f"{address}/$"))
    assert sent.count("POST") == 1
    assert AuditEvent.objects.count() - before <= 1


def test_what_is_not_there_says_so_in_the_frame(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop).open(f"{LIST}999999/change/")

    expect(page.get_by_role("heading", name="There is no such page or record.")).to_be_visible()
    expect(page.get_by_text(re.compile("Trace id [0-9a-f]{32}"))).to_be_visible()
    expect(page.get_by_role("link", name="Orders", exact=True)).to_be_visible()


def test_home_leads_to_the_unknown_skus_and_the_letter_is_copied(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop).open("/admin/")
    page.get_by_role("link", name="Which SKUs").click()
    expect(page.get_by_role("cell", name="GHOST")).to_be_visible()

    assert "Please send the products with these SKUs" in copied(page.get_by_role("button", name="Copy"))


def test_a_stale_log_in_tab_just_goes_on(chromium: Chromium, shop: Partner) -> None:
    user = User.objects.create_user("maria", password=PASSWORD, is_staff=True)
    Membership.objects.create(tenant=shop.tenant, user=user, role=Role.STAFF)
    page = chromium.open()
    tabs = [page, page.context.new_page()]
    for tab in tabs:
        tab.goto("/admin/login/?next=/admin/orders/order/")
    for tab in tabs:  # the second's token is stale by now
        tab.fill("[name=username]", "maria")
        tab.fill("[name=password]", PASSWORD)
        tab.get_by_role("button", name="Log in", exact=True).click()
        expect(tab).to_have_url(re.compile("/admin/orders/order/$"))
    chromium.leave(page)


def test_a_log_in_tab_that_outlived_a_session_logs_in(chromium: Chromium, shop: Partner) -> None:
    User.objects.create_user("maria", password=PASSWORD, is_staff=True)
    stale = chromium.open()
    stale.goto("/admin/login/")
    stale.context.clear_cookies(name="csrftoken")
    stale.fill("[name=username]", "maria")
    stale.fill("[name=password]", PASSWORD)
    stale.get_by_role("button", name="Log in", exact=True).click()

    expect(stale).to_have_url(re.compile("/admin/$"))
    chromium.leave(stale)
