"""A real chromium, Debian's own, on a running server; one for all browser tests, with a fresh profile for each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.waiting import PATIENCE

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture(autouse=True)
def _connections_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's threads close what they open, or the test database could not be dropped."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A browser to open contexts in; starting one takes three seconds of CPU."""
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium: install Debian's chromium to drive the admin in a browser")
    with pytest.MonkeyPatch.context() as environment:
        # Playwright's loop runs in this thread, and Django refuses queries where a loop runs.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            expect.set_options(timeout=PATIENCE * 1000)
            yield browser
            browser.close()
            connections.close_all()  # those this thread opened while the loop ran are not pytest's to close


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Return a fresh profile, which waits as long as a busy machine takes."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE * 1000)
    return context


def session_of(user: User) -> str:
    """Log a user in, and return the session's key for the browser's cookie."""
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value
