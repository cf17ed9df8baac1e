"""A real chromium, Debian's own, on a running server; what it complains about fails the test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(autouse=True)
def _threads_may_query(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright runs an event loop in this thread, on which Django would refuse to query."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(autouse=True)
def _connections_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's threads close what they open, or the test database could not be dropped."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


@pytest.fixture
def page(live_server: Any) -> Iterator[Page]:
    """A page that must log no error to its console and ask no host but the hub."""
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium: install Debian's chromium to drive the admin in a browser")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = chromium.new_context(viewport=DESKTOP, base_url=live_server.url).new_page()  # type: ignore[arg-type]
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on(
            "request", lambda sent: complaints.append(sent.url) if _is_outside(sent.url, live_server.url) else None
        )
        yield opened
        chromium.close()
        connections.close_all()  # those this thread opened while playwright's loop ran are not pytest's to close
    assert complaints == []


def _is_outside(url: str, hub: str) -> bool:
    return not url.startswith((hub, "data:", "blob:"))
