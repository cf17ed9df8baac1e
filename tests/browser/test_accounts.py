"""Accounts in a real chromium, with its virtual authenticator: nothing in the console, all of it by mouse and keys."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core import mail
from playwright.sync_api import ConsoleMessage, Page, expect
from pytest_django import Settings

from tenants.members import add_member
from tenants.models import Membership, Role
from tenants.tasks import mail_resets
from tests.browser.pages import settled
from tests.browser.profiles import Chromium
from tests.conftest import Partner
from tests.totp import code

PASSWORD = "seven purple kettles jumping"
FRESH = "nine wooden spoons dancing"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@dataclass
class Visitor:
    """Somebody at a browser, with a device that has passkeys, and what went wrong there."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def log_in(self, name: str = "maria", password: str = PASSWORD) -> None:
        self.open("/admin/login/")
        self.page.get_by_label("User name or e-mail").fill(name)
        self.page.get_by_label("Password").fill(password)
        with self.page.expect_navigation():
            self.press("Log in")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state()

    def note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"{message.text} {message.location['url']}")


@pytest.fixture
def visit(chromium: Chromium) -> Iterator[Any]:
    visitors: list[Visitor] = []

    def visit(**options: Any) -> Visitor:
        page = chromium.open(**options)
        visitor = Visitor(page, chromium.url)
        page.on("console", visitor.note)
        page.on("pageerror", lambda error: visitor.faults.append(str(error)))
        devices = page.context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        verified = {"isUserVerified": True, "automaticPresenceSimulation": True}
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": {**device, **verified}})
        visitors.append(visitor)
        return visitor

    yield visit
    for visitor in visitors:
        chromium.leave(visitor.page)
        assert visitor.faults == []


@pytest.fixture
def maria(partner: Partner) -> User:
    user = User.objects.create_user("maria", "maria@example.com", PASSWORD, is_staff=True)
    add_member(partner.tenant, user, Role.ADMIN)
    return user


def test_an_admin_invites_and_the_invited_comes_in(visit: Any, maria: User) -> None:
    host, guest = visit(), visit()
    host.log_in()
    host.open("/admin/tenants/membership/").get_by_role("link", name=re.compile("Invite$")).click()
    host.page.get_by_label("E-mail").fill("stina@example.com")
    host.page.get_by_label("Role").select_option("staff")
    host.press("Save")
    link = host.page.locator("#link").inner_text()

    guest.page.goto(link)
    guest.page.get_by_label("First name").fill("Stina")
    guest.page.get_by_label("Last name").fill("Berg")
    for box in guest.page.locator("input[type=password]").all():
        box.fill(PASSWORD)
    guest.press("Make my account and accept")

    expect(guest.page.get_by_text("Your user name is stina-")).to_be_visible()
    assert Membership.objects.get(user__email="stina@example.com").role == Role.STAFF
    host.open("/admin/tenants/invitation/")
    expect(host.page.get_by_role("cell", name="accepted")).to_be_visible()


def test_who_has_an_account_logs_in_and_accepts(visit: Any, maria: User) -> None:
    bodil = User.objects.create_user("bodil", password=PASSWORD, is_staff=True)
    host, guest = visit(), visit()
    host.log_in()
    host.open("/admin/tenants/invitation/add/").get_by_label("E-mail").fill("bodil@example.com")
    host.press("Save")

    guest.page.goto(host.page.locator("#link").inner_text())
    guest.page.get_by_role("link", name="I have an account here: log in").click()
    guest.page.get_by_label("User name or e-mail").fill("bodil")
    guest.page.get_by_label("Password").fill(PASSWORD)
    guest.press("Log in")
    guest.press("Accept as bodil")

    expect(guest.page.get_by_text("You look after")).to_be_visible()
    assert Membership.objects.filter(user=bodil).exists()


def test_an_authenticator_app_is_set_up_and_asked_for(visit: Any, maria: User, settings: Settings) -> None:
    settings.REQUIRE_MFA = True
    visitor = visit()
    visitor.log_in()
    expect(visitor.page.get_by_text("A second factor is required here.").first).to_be_visible()

    visitor.page.get_by_role("link", name="Set up an app").click()
    expect(visitor.page.locator("img.account-qr")).to_be_visible()
    assert settled(visitor.page).evaluate("document.querySelector('img.account-qr').naturalWidth") > 0
    secret = visitor.page.locator("#secret").inner_text()
    visitor.page.get_by_label("Authenticator code").fill(code(secret))
    visitor.press("Set it up")
    assert len(visitor.page.locator("#recovery-codes").inner_text().split()) == 10
    visitor.page.get_by_role("link", name="I have kept them").click()
    expect(visitor.page).to_have_url(f"{visitor.url}/admin/")

    other = visit()
    other.log_in()
    other.page.get_by_label("Code").fill(code(secret))
    other.press("Go on")
    expect(other.page).to_have_url(f"{other.url}/admin/")


def test_a_passkey_is_added_and_lets_in_alone(visit: Any, maria: User) -> None:
    visitor = visit()
    visitor.log_in()
    visitor.open("/admin/account/").get_by_role("link", name="Add a passkey").click()
    visitor.page.get_by_label("Name").fill("My laptop")
    visitor.page.get_by_label("Log in with it alone").check()
    visitor.press("Add it")
    expect(visitor.page.locator("#recovery-codes")).to_be_visible()
    visitor.open("/admin/account/")
    expect(visitor.page.get_by_text("My laptop")).to_be_visible()

    visitor.page.context.clear_cookies()
    visitor.open("/admin/login/?next=/admin/account/sessions/")
    visitor.press("Log in with a passkey")

    expect(visitor.page.get_by_text("Where you are logged in")).to_be_visible()


def test_a_passkey_is_the_second_step_and_confirms_a_change(visit: Any, maria: User) -> None:
    visitor = visit()
    visitor.log_in()
    visitor.open("/admin/account/passkeys/add/").get_by_label("Log in with it alone").uncheck()
    visitor.press("Add it")
    expect(visitor.page.locator("#recovery-codes")).to_be_visible()

    visitor.page.context.clear_cookies()
    visitor.log_in()
    visitor.press("Use a passkey")
    expect(visitor.page).to_have_url(f"{visitor.url}/admin/")

    visitor.open("/admin/login/again/passkey/?next=/admin/account/")
    visitor.press("Use a passkey")
    visitor.page.get_by_role("link", name="Remove").click()
    visitor.press("Remove it")
    expect(visitor.page.get_by_text("Your password alone lets you in.")).to_be_visible()
    assert not Authenticator.objects.exists()


def test_a_passkey_that_is_not_there_is_said(visit: Any, maria: User) -> None:
    visitor = visit()
    visitor.open("/admin/login/")
    visitor.page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no')) }")

    visitor.press("Log in with a passkey")

    expect(visitor.page.get_by_text("That did not work.")).to_be_visible()


def test_a_forgotten_password_is_set_anew(visit: Any, maria: User, settings: Settings) -> None:
    settings.EMAIL_HOST, settings.DEFAULT_FROM_EMAIL = "smtp.example", "hub@hub.example"
    visitor = visit()
    visitor.open("/admin/login/").get_by_role("link", name="Forgotten your password?").click()
    visitor.page.get_by_label("E-mail").fill("maria@example.com")
    visitor.press("Send me a link")
    expect(visitor.page.get_by_text("is on its way")).to_be_visible()

    mail_resets(users=[maria.pk], origin=visitor.url)  # what the worker does with the job
    (link,) = re.findall(r"http://\S+", str(mail.outbox[0].body))
    visitor.page.goto(link)
    for box in visitor.page.locator("input[type=password]").all():
        box.fill(FRESH)
    visitor.press("Set the password")
    visitor.log_in(password=FRESH)

    expect(visitor.page).to_have_url(f"{visitor.url}/admin/")


def test_other_sessions_are_ended(visit: Any, maria: User) -> None:
    here, there = visit(user_agent="Lynx"), visit(user_agent="Mosaic")
    there.log_in()
    here.log_in()
    expect(here.page).to_have_url(f"{here.url}/admin/")
    here.open("/admin/account/sessions/")
    expect(here.page.get_by_text("Mosaic")).to_be_visible()

    here.press("End")

    expect(here.page.get_by_text("That session is over.")).to_be_visible()
    expect(here.page.get_by_text("Mosaic")).to_be_hidden()
    there.open("/admin/")
    expect(there.page.get_by_label("User name or e-mail")).to_be_visible()
