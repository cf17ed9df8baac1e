"""A real chromium, Debian's own, on a running server; one for all browser tests, with an empty profile for each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import ServerHandler
from django.db import connections
from playwright.sync_api import expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.profiles import Chromium
from tests.waiting import PATIENCE

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--process-per-site",  # a profile's pages share what one of them has read
]


@pytest.fixture(autouse=True)
def _connections_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's threads close what they open, or the test database could not be dropped."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


@pytest.fixture(scope="package")
def under_way() -> Iterator[set[ServerHandler]]:
    """The requests that the server has not answered to their end."""
    answering: set[ServerHandler] = set()

    def run(handler: ServerHandler, application: Any) -> None:
        answering.add(handler)
        try:
            original(handler, application)
        finally:
            answering.discard(handler)

    original = ServerHandler.run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ServerHandler, "run", run)
        yield answering


@pytest.fixture(scope="package")
def chromium(live_server: LiveServer, under_way: set[ServerHandler]) -> Iterator[Chromium]:
    """A browser to open pages in; starting one takes three seconds of CPU."""
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium: install Debian's chromium to drive the admin in a browser")
    with pytest.MonkeyPatch.context() as environment:
        # Playwright's loop runs in this thread, and Django refuses queries where a loop runs.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            expect.set_options(timeout=PATIENCE * 1000)
            yield Chromium(browser, live_server.url, under_way)
            browser.close()
            connections.close_all()  # those this thread opened while the loop ran are not pytest's to close
