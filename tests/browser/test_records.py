"""Staff at work in a browser: log in, search, filter, correct opt-ins in the list and in bulk, erase a person."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from customers.models import Customer
from orders.models import Order
from tenants.models import ConsentChange, Membership, Role
from tests.browser.pages import fits, settled
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.orders.records import order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESKTOP = (1280, 900)
PASSWORD = "a long enough password"
LIST, LEDGER = "/admin/customers/customer/", "/admin/tenants/consentchange/"
HISTORY = "/admin/tenants/changeset/"
PEOPLE: list[dict[str, Any]] = [
    customer(Name="Ada", Surname="Lovelace", SmsOptin=True),
    {"CustomerId": "C-2", "Email": "m@example.com", "Name": "محمد", "Surname": "الخوارزمي", "Language": "ar"},
    {"CustomerId": "D-3", "Email": "long@example.com", "Name": "W" * 100, "Surname": "Y" * 300},
]


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    """A page that must log no error to its console and ask no host but the hub."""
    complaints: list[str] = []
    opened = chromium.open(size=DESKTOP)
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda sent: complaints.append(sent.url) if _is_outside(sent.url, chromium.url) else None)
    yield opened
    chromium.leave(opened)
    assert complaints == []


def _is_outside(url: str, hub: str) -> bool:
    return not url.startswith((hub, "data:", "blob:"))


@pytest.fixture
def shop(transactional_db: None, make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    partner.save("customers", *PEOPLE)
    partner.save("orders", order())
    return partner


# What a superuser may and sees is said by tests without a browser; these have it rendered.
BY_BOTH = pytest.mark.parametrize("maria", ["superuser", "staff"], indirect=True)


@pytest.fixture
def maria(request: pytest.FixtureRequest, shop: Partner) -> User:
    """A member of the one tenant, or a superuser."""
    is_superuser = getattr(request, "param", "staff") == "superuser"
    user = User.objects.create_user("maria", password=PASSWORD, is_staff=True, is_superuser=is_superuser)
    Membership.objects.create(tenant=shop.tenant, user=user, role=Role.STAFF)
    return user


@pytest.fixture
def logged_in(maria: User, page: Page, chromium: Chromium) -> Page:
    chromium.log_in(page.context, maria)
    return page


def test_name_and_password_lead_to_the_home_page(maria: User, page: Page) -> None:
    page.goto("/admin/")
    page.fill("[name=username]", "maria")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")

    expect(page).to_have_url(re.compile("/admin/$"))
    expect(page.locator("body")).to_contain_text("Customers")


def box(page: Page, flag: str, customer_id: str) -> Any:
    return page.locator(f"input[name={flag}][value='{Customer.objects.get(customer_id=customer_id).pk}']")


def choose(page: Page, *customer_ids: str) -> None:
    for customer_id in customer_ids:
        page.check(f"input[name=_selected_action][value='{Customer.objects.get(customer_id=customer_id).pk}']")


@BY_BOTH
def test_search_and_filter(logged_in: Page) -> None:
    logged_in.goto(LIST)
    logged_in.fill("#searchbar", "C-")
    logged_in.press("#searchbar", "Enter")
    expect(logged_in.locator("tr.data-row")).to_have_count(2)

    logged_in.get_by_role("button", name="Filters").click()
    logged_in.fill("input[name=language]", "AR")
    logged_in.click("text=Apply Filters")

    expect(logged_in.locator("tr.data-row")).to_have_count(1)
    expect(logged_in.locator("tr.data-row")).to_contain_text("الخوارزمي")


@BY_BOTH
def test_an_opt_in_is_corrected_in_the_list(logged_in: Page) -> None:
    logged_in.goto(LIST)
    box(logged_in, "sms_optin", "C-1").uncheck()
    box(logged_in, "gdpr_optin", "C-2").check()
    logged_in.click("button[name=_save]")

    expect(logged_in.locator("body")).to_contain_text("Undo · number")
    expect(box(logged_in, "gdpr_optin", "C-2")).to_be_checked()
    assert Customer.objects.get(customer_id="C-1").sms_optin is False


def test_what_changed_meanwhile_in_the_list_was_so_already_and_nothing_else_goes_back(
    logged_in: Page, shop: Partner
) -> None:
    logged_in.goto(LIST)
    shop.save("customers", {"CustomerId": "C-1", "SmsOptin": False, "EmailOptin": True})
    box(logged_in, "email_optin", "C-1").check()
    logged_in.click("button[name=_save]")

    expect(logged_in.locator("body")).to_contain_text("1 customer was so already.")
    expect(box(logged_in, "sms_optin", "C-1")).not_to_be_checked()


@BY_BOTH
def test_many_are_opted_out_at_once(logged_in: Page) -> None:
    logged_in.goto(LIST)
    choose(logged_in, "C-1", "C-2")
    logged_in.select_option("select[name=action]", label="SMS: opt out…")
    logged_in.click("button[name=index]")
    expect(logged_in.locator("#confirm")).to_contain_text("SMS opt-in becomes no for 2 customers.")
    logged_in.click("#confirm button[type=submit]")

    expect(logged_in.locator("body")).to_contain_text("Undo · number")
    assert not Customer.objects.filter(sms_optin=True).exists()


def test_why_is_asked_before_a_bulk_edit(logged_in: Page) -> None:
    logged_in.goto(LIST)
    choose(logged_in, "C-1")
    logged_in.select_option("select[name=action]", label="GDPR: opt in…")
    logged_in.click("button[name=index]")
    logged_in.get_by_label("Why").fill("Campaign of May")
    logged_in.click("#confirm button[type=submit]")
    expect(logged_in.locator("body")).to_contain_text("Undo · number")

    logged_in.goto(LEDGER)

    expect(logged_in.locator("tr.data-row").first).to_contain_text("Campaign of May")


def test_the_ledger_tells_why_and_gives_the_proof(logged_in: Page, shop: Partner) -> None:
    ada = Customer.objects.get(customer_id="C-1")
    logged_in.goto(f"{LIST}{ada.pk}/change/")
    logged_in.uncheck("#id_sms_optin")
    logged_in.get_by_label("Why").fill("Called on 3 May, ticket 17")
    logged_in.click("button[name=_save]")
    expect(logged_in.locator("body")).to_contain_text("Undo · number")
    shop.save("customers", {"CustomerId": "C-1", "SmsOptin": True, "EmailOptin": True})

    logged_in.goto(f"{LEDGER}?customer={ada.pk}")
    rows = logged_in.locator("tr.data-row")
    with logged_in.expect_download() as downloading:
        logged_in.get_by_role("link", name="Consent proof (CSV)").click()

    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("SMS opt-in: no → yes given after staff opted them out")
    expect(rows.nth(1)).to_contain_text("SMS opt-in: yes → no withdrawn")
    expect(rows.nth(1)).to_contain_text("Called on 3 May, ticket 17")
    expect(rows.nth(2)).to_contain_text("SMS opt-in: yes initial")
    proof = Path(downloading.value.path()).read_text("utf-8-sig").splitlines()
    assert downloading.value.suggested_filename == f"consent-proof-{ada.pk}.csv"
    assert [line.split(",")[1] for line in proof[1:]] == [*["SMS opt-in"] * 2, "E-mail opt-in", "SMS opt-in"]


def test_an_opt_in_is_corrected_on_the_record(logged_in: Page) -> None:
    logged_in.goto(f"{LIST}{Customer.objects.get(customer_id='C-1').pk}/change/")
    expect(logged_in.locator("body")).to_contain_text("O-1")
    logged_in.check("#id_whatsapp_optin")
    logged_in.click("button[name=_save]")

    expect(logged_in.locator("body")).to_contain_text("Undo · number")
    expect(logged_in.locator("#timeline")).to_contain_text("WhatsApp opt-in: no → yes")


def test_the_history_leads_from_a_write_to_its_records(logged_in: Page, shop: Partner) -> None:
    shop.save("customers", {"CustomerId": "C-1", "Name": "Augusta"})
    logged_in.goto(HISTORY)
    expect(logged_in.locator("tr.data-row")).to_have_count(3)

    logged_in.goto(f"{HISTORY}?entity=customers&source=api")
    rows = logged_in.locator("tr.data-row")
    expect(rows).to_have_count(2)
    rows.first.locator("a").first.click()

    expect(logged_in.locator("body")).to_contain_text("Updated")
    logged_in.click(f"a[href$='{LIST}{Customer.objects.get(customer_id='C-1').pk}/change/']")
    expect(logged_in.locator("body")).to_contain_text("Augusta")


@BY_BOTH
def test_a_person_is_erased(logged_in: Page) -> None:
    logged_in.goto(f"{LIST}{Customer.objects.get(customer_id='C-1').pk}/change/")
    logged_in.click(".record-menu summary")
    logged_in.click("text=Erase…")
    expect(logged_in.locator("#confirm")).to_contain_text("1 of their orders become anonymous")
    logged_in.click("#confirm button[type=submit]")

    expect(logged_in.locator("body")).to_contain_text("1 customer erased.")
    expect(logged_in.locator("tr.data-row")).to_have_count(2)
    assert Order.objects.get().email is None


@BY_BOTH
def test_a_phone_shows_every_list_without_scrolling_sideways(logged_in: Page) -> None:
    logged_in.set_viewport_size({"width": 390, "height": 844})
    for path in ("/admin/", LIST, "/admin/orders/order/", "/admin/products/product/", HISTORY):
        logged_in.goto(path)

        assert fits(logged_in), path


def test_a_phone_shows_a_long_reason_to_its_end(logged_in: Page) -> None:
    ConsentChange.objects.update(reason=("Called on 3 May, ticket 17, and " * 7)[:200])
    logged_in.set_viewport_size({"width": 390, "height": 844})

    logged_in.goto(LEDGER)

    cell = settled(logged_in).locator("td.field-why").first
    assert cell.evaluate("cell => cell.scrollHeight - cell.clientHeight") <= 0
    assert cell.evaluate("cell => parseFloat(getComputedStyle(cell, '::before').width)") > 20  # "Why" on one line
