"""Tenants' pages in a real chromium: nothing in the console, nothing asked of another host, all of it by mouse."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import ConsoleMessage, Page, expect

from tenants.health import refresh_health
from tenants.models import ApiKey, Membership, Role, Tenant
from tests.browser.pages import copied, fits, settled
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant, Partner

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
LONG = "Außerordentlich lange Handelsgesellschaft für Kaffee, Kosmetik und Sport mbH & Co. KG مقهى"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@dataclass
class Desk:
    """Somebody at a browser, logged in, and what went wrong there."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page


class Desks:
    """Seats people: `sit("maria", shop, Role.ADMIN, size="phone", scheme="dark")`, a superuser without a tenant."""

    def __init__(self, chromium: Chromium) -> None:
        self.chromium, self.url, self.seated = chromium, chromium.url, list[Desk]()

    def sit(
        self,
        name: str,
        partner: Partner | None = None,
        role: Role = Role.ADMIN,
        size: str = "desktop",
        scheme: Scheme = "light",
    ) -> Desk:
        user, _ = User.objects.get_or_create(
            username=name, defaults={"is_staff": True, "is_superuser": partner is None}
        )
        if partner:
            Membership.objects.get_or_create(tenant=partner.tenant, user=user, defaults={"role": role})
        desk = Desk(self.chromium.open(user, size=SIZES[size]), self.url)
        desk.page.emulate_media(color_scheme=scheme)
        desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        desk.page.on("console", lambda message: self._note_error(desk, message))
        desk.page.on("pageerror", lambda error: desk.faults.append(str(error)))
        desk.page.on("request", lambda sent: self._note_stranger(desk, sent.url))
        self.seated.append(desk)
        return desk

    def _note_error(self, desk: Desk, message: ConsoleMessage) -> None:
        if message.type == "error":
            desk.faults.append(f"{message.text} {message.location['url']}")

    def _note_stranger(self, desk: Desk, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            desk.faults.append(f"asked {url}")


@pytest.fixture
def desks(chromium: Chromium) -> Iterator[Desks]:
    found = Desks(chromium)
    yield found
    for desk in found.seated:
        chromium.leave(desk.page)
        assert desk.faults == []


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    partner.save("customers", {"CustomerId": "1", "Email": "a@example.com", "EmailOptin": True}, {"CustomerId": "2"})
    return partner


def test_a_member_creates_copies_and_revokes_a_key(desks: Desks, shop: Partner) -> None:
    desk = desks.sit("maria", shop)
    page = desk.open("/admin/tenants/apikey/add/")
    page.get_by_label("Label").fill("ERP nightly")
    page.get_by_role("button", name="Save", exact=True).click()
    text = settled(page).locator("#key").inner_text()
    assert copied(page.get_by_role("button", name="Copy")) == text
    assert Partner(shop.tenant, text).get("/customers/{tenant}").status_code == 200

    page.get_by_role("link", name="I have kept it").click()
    page.wait_for_url("**/admin/tenants/apikey/?*")
    assert text not in page.content()
    desk.open(f"/admin/tenants/apikey/{ApiKey.objects.get(label='ERP nightly').pk}/change/")
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke").click()

    expect(page.get_by_text("is revoked")).to_be_visible()
    assert Partner(shop.tenant, text).get("/customers/{tenant}").status_code == 401


def test_a_key_is_rolled_from_the_list(desks: Desks, shop: Partner) -> None:
    desk = desks.sit("root")
    page = desk.open("/admin/tenants/apikey/")
    page.get_by_text("more_horiz").click()
    page.get_by_role("link", name="Roll").click()
    page.get_by_label("The old key goes on working").select_option("1 hour")
    page.get_by_role("button", name="Make the new key").click()

    expect(page.get_by_text(re.compile("The old key, .*, works until"))).to_be_visible()
    assert ApiKey.objects.filter(tenant=shop.tenant).count() == 2


@pytest.mark.parametrize("who", ["member", "superuser"])
def test_the_priority_is_changed_when_nobody_collides(desks: Desks, shop: Partner, who: str) -> None:
    desk = desks.sit(who, shop if who == "member" else None)
    page = desk.open(f"/admin/tenants/tenant/{shop.id}/change/")
    page.get_by_role("link", name="Identifier priority").click()
    expect(page.get_by_text("No customers collide")).to_be_visible()
    page.get_by_role("button", name="Name customers by E-mail").click()

    expect(page.get_by_text("are named by E-mail from now on")).to_be_visible()
    shop.tenant.refresh_from_db()
    assert shop.tenant.priority == "email"


@pytest.mark.parametrize("who", ["member", "superuser"])
def test_the_priority_stays_while_customers_collide(desks: Desks, shop: Partner, who: str) -> None:
    shop.save("customers", {"CustomerId": "3", "Email": "a@example.com"})
    desk = desks.sit(who, shop if who == "member" else None)

    page = desk.open(f"/admin/tenants/tenant/{shop.id}/priority/")

    expect(page.get_by_text("This can't be done yet")).to_be_visible()
    expect(page.get_by_text("a@example.com")).to_be_visible()
    expect(page.get_by_role("button", name="Name customers")).to_have_count(0)


def test_the_home_page_shows_one_tenant_after_the_other(desks: Desks, shop: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant(slug="other")
    other.save("customers", {"CustomerId": "1"})
    refresh_health()
    desk = desks.sit("root")
    page = desk.open("/admin/")
    customers = page.locator(".health-number strong").first
    expect(customers).to_have_text("3")

    page.get_by_label("Tenant").select_option("other")

    expect(customers).to_have_text("1")
    assert page.url.endswith("?tenant=other")
    shop.save("customers", {"CustomerId": "9"})
    settled(page).get_by_label("Tenant").select_option("shop")
    expect(customers).to_have_text("2")
    page.get_by_title("Measure again now").click()
    expect(customers).to_have_text("3")


def test_the_examples_switch_between_languages_and_can_be_copied(desks: Desks, shop: Partner) -> None:
    desk = desks.sit("maria", shop, Role.VIEWER)
    page = desk.open(f"/admin/tenants/tenant/{shop.id}/connect/")
    expect(page.locator("#save-customers-curl")).to_be_visible()

    page.get_by_label("Python").check()

    expect(page.locator("#save-customers-curl")).to_be_hidden()
    assert "urllib.request" in copied(page.locator(".code-python").first.get_by_role("button", name="Copy"))


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_the_screen(desks: Desks, make_tenant: MakeTenant, size: str) -> None:
    partner = make_tenant(slug="long")
    Tenant.objects.filter(pk=partner.tenant.pk).update(name=LONG * 2)
    partner.save("customers", {"CustomerId": "x" * 100, "Email": f"{'y' * 200}@example.com"})
    partner.post("customers", [{}])
    line = {"ProductId": "P", "Sku": "S" * 100, "Quantity": 1, "Price": 1}
    order = {"OrderId": "1", "CustomerId": "9", "Email": "z@example.com", "OrderDate": "2026-01-01T00:00:00Z"}
    partner.save("orders", {**order, "TotalRevenue": 1, "Currency": "EUR", "OrderItems": [line]})
    desk = desks.sit("maria", partner, size=size)
    tenant, key = f"/admin/tenants/tenant/{partner.id}", ApiKey.objects.get(tenant=partner.tenant).pk

    for path in (
        "/admin/",
        f"{tenant}/change/",
        f"{tenant}/connect/",
        f"{tenant}/priority/",
        "/admin/tenants/apikey/",
        "/admin/tenants/apikey/add/",
        f"/admin/tenants/apikey/{key}/roll/",
        f"/admin/tenants/apikey/{key}/revoke/",
        "/admin/tenants/membership/",
        "/admin/tenants/invitation/",
        "/admin/tenants/invitation/add/",
        "/admin/account/",
        "/admin/account/sessions/",
        "/admin/account/tenants/",
    ):
        page = desk.open(path)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert fits(page), (path, scheme)
