"""The log-in in a real chromium: who guesses reads how long to wait, and a browser that was let in before is known."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from tenants.models import FailureCounter
from tests.browser.profiles import Chromium

PASSWORD = "correct horse battery"
NEW = "staple battery horse"
TOO_SOON = re.compile(r"Too many attempts\. Wait [234] minutes and try again\.")  # that many are left by then

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def log_in(page: Page, url: str, password: str) -> None:
    page.goto(f"{url}/admin/login/")
    page.locator("[name=username]").fill("maria")
    page.locator("[name=password]").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def change_password(page: Page, url: str, old: str) -> None:
    page.goto(f"{url}/admin/password_change/")
    for field, text in [("old_password", old), ("new_password1", NEW), ("new_password2", NEW)]:
        page.locator(f"[name={field}]").fill(text)
    page.get_by_role("button", name="Change password", exact=True).click()


def wait_four_minutes() -> None:
    """Have whoever has attempted anything wait: as the first second would be over on a busy machine."""
    FailureCounter.objects.update(ready_at=timezone.now() + timedelta(minutes=4))


def test_who_guesses_reads_how_long_to_wait_and_a_known_browser_need_not(chromium: Chromium) -> None:
    User.objects.create_user("maria", password=PASSWORD, is_staff=True)
    marias, other = chromium.open(), chromium.open()
    log_in(marias, chromium.url, PASSWORD)
    expect(marias).to_have_url(f"{chromium.url}/admin/")
    marias.context.clear_cookies(name="sessionid")

    for _ in range(6):
        log_in(other, chromium.url, "wrong")
        expect(other.get_by_text("Please enter the correct username and password")).to_be_visible()
    wait_four_minutes()
    log_in(other, chromium.url, PASSWORD)

    expect(other.get_by_text(TOO_SOON)).to_be_visible()
    log_in(marias, chromium.url, PASSWORD)
    expect(marias).to_have_url(f"{chromium.url}/admin/")
    chromium.leave(marias)
    chromium.leave(other)


def test_who_guesses_the_old_password_reads_how_long_to_wait(chromium: Chromium) -> None:
    User.objects.create_user("maria", password=PASSWORD, is_staff=True)
    page = chromium.open()
    log_in(page, chromium.url, PASSWORD)
    expect(page).to_have_url(f"{chromium.url}/admin/")

    change_password(page, chromium.url, "wrong")
    expect(page.get_by_text("Your old password was entered incorrectly")).to_be_visible()
    wait_four_minutes()
    change_password(page, chromium.url, PASSWORD)

    expect(page.get_by_text(TOO_SOON)).to_be_visible()
    chromium.leave(page)
