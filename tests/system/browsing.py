"""A browser without a page, for the admin of hubs that run."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from tests.system.running import Hub
from tests.waiting import PATIENCE

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Browser:
    """A browser that goes from hub to hub with the same cookies, as behind a balancer."""

    def __init__(self) -> None:
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def open(self, hub: Hub, path: str, form: dict[str, Any] | None = None) -> tuple[str, str]:
        """Open a page, or post a form with the token of `path`'s own page; return where that led, and the text."""
        address, data = f"{hub.address}{path}", None
        if form is not None:
            token = TOKEN.search(self.open(hub, form.pop("page", path))[1])
            assert token
            data = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **form}, doseq=True).encode()
        request = urllib.request.Request(address, data, {"Referer": address})
        try:
            with self.opener.open(request, timeout=PATIENCE) as page:
                return page.geturl().removeprefix(hub.address), page.read().decode()
        except urllib.error.HTTPError as refused:
            return path, refused.read().decode()

    def log_in(self, hub: Hub, user: str, password: str) -> tuple[str, str]:
        return self.open(hub, "/admin/login/", {"username": user, "password": password, "next": "/admin/"})
