"""A profile that somebody left has nothing of theirs for whoever takes it next, and its clicks are heard."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Route, TimeoutError

from tests.browser.profiles import Chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_profile_that_was_left_is_empty(chromium: Chromium) -> None:
    page = chromium.open(User.objects.create_user("maria", is_staff=True))
    page.context.grant_permissions(["clipboard-read"])
    page.goto("/admin/")
    page.evaluate("localStorage.setItem('kept', sessionStorage.kept = 'something')")
    profile = page.context
    chromium.leave(page)

    page = chromium.open()

    assert page.context is profile
    assert profile.cookies() == []
    page.goto("/admin/")
    assert page.url == f"{chromium.url}/admin/login/?next=/admin/"
    assert page.evaluate("[localStorage.kept, sessionStorage.kept]") == [None, None]
    assert page.evaluate("navigator.permissions.query({name: 'clipboard-read'}).then(it => it.state)") != "granted"
    chromium.leave(page)


def test_a_click_waits_until_the_scripts_of_a_page_have_run(chromium: Chromium) -> None:
    page, held = chromium.open(), list[Route]()
    page.route("**/passkeys*.js", lambda route: held.append(route))
    with page.expect_request("**/passkeys*.js"):
        page.goto("/admin/login/", wait_until="commit")
    button = page.get_by_role("button", name="Log in", exact=True)
    button.wait_for()

    with pytest.raises(TimeoutError):
        button.click(trial=True, timeout=1_000)

    held[0].continue_()
    button.click(trial=True)
    chromium.leave(page)
