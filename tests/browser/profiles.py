"""Profiles of the browser: one that was left is emptied and taken again, and knows the hub's static files by then.

A page in a new profile takes 1.8 s of CPU, in one that was used before 0.75: it need not read the fonts and scripts.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page

from tests.members import browser
from tests.waiting import PATIENCE, wait_until

SCREEN = (1280, 720)
KEEPER = 0  # the number of a profile's first page, which stays: what it has read is there for all of the process
Options = frozenset[tuple[str, Any]]
# No script hears what is clicked before it has run: a click waits until all have, as for what something else covers.
COVER = """new MutationObserver((_, observer) => {
    if (!document.documentElement) return;
    observer.disconnect();
    const { style } = document.documentElement;
    style.pointerEvents = "none";
    addEventListener("load", () => style.removeProperty("pointer-events"));
}).observe(document, { childList: true });"""


class Chromium:
    """Opens pages on the hub, each in an empty profile of its own: cookies, storage, permissions."""

    def __init__(self, browser: Browser, url: str, under_way: Collection[object]) -> None:
        self.browser, self.url, self.under_way = browser, url, under_way
        self._left: dict[Options, list[BrowserContext]] = defaultdict(list)
        self._taken: dict[BrowserContext, Options] = {}

    def open(self, user: User | None = None, *, size: tuple[int, int] = SCREEN, **options: Any) -> Page:
        """Return a page of a profile that has nothing but the session of a user; `options` are Playwright's."""
        key = frozenset(options.items())
        context = self._left[key].pop() if self._left[key] else self._new(options)
        self._taken[context] = key
        _empty(context)
        if user:
            self.log_in(context, user)
        page = context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        return page

    def log_in(self, context: BrowserContext, user: User) -> None:
        """Have a user logged in, whoever was before."""
        context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": self.url}])

    def leave(self, page: Page) -> None:
        """Close all pages of a page's profile, which is free for somebody else then.

        What they asked for is answered by then: nothing writes after the rows of a test that is over are deleted.
        """
        context = page.context
        for opened in context.pages[KEEPER + 1 :]:
            opened.close()
        assert wait_until(lambda: not self.under_way)
        self._left[self._taken.pop(context)].append(context)

    def _new(self, options: dict[str, Any]) -> BrowserContext:
        context = self.browser.new_context(base_url=self.url, **options)
        context.set_default_timeout(PATIENCE * 1000)
        context.add_init_script(COVER)
        context.new_page().goto("/admin/login/")
        return context


def _empty(context: BrowserContext) -> None:
    context.clear_cookies()
    context.clear_permissions()
    context.pages[KEEPER].evaluate("localStorage.clear()")


def session_of(user: User) -> str:
    """Log a user in, and return the session's key for the browser's cookie."""
    return browser(user).cookies["sessionid"].value
