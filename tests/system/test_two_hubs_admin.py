"""Two hubs on one database: whoever is logged in at one goes on at the other, and finds there what one has made."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from secrets import token_hex
from typing import Any

import pytest

from tests.system.pairs import Pair
from tests.system.running import Hub
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
COLUMN = re.compile(r'name="columns" value="(\d+)"')
FORGIVEN = 900  # seconds in which one wrong password at a name from one network is
FAILURES = "SELECT bucket, extract(epoch FROM forgotten_at - now())::int FROM tenants_failurecounter"


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

    def log_in(self, hub: Hub, user: str, password: str = PASSWORD) -> tuple[str, str]:
        return self.open(hub, "/admin/login/", {"username": user, "password": password, "next": "/admin/"})


@pytest.fixture
def user(pair: Pair) -> str:
    """A superuser, made at one."""
    name = f"user-{token_hex(4)}"
    named = {"DJANGO_SUPERUSER_USERNAME": name, "DJANGO_SUPERUSER_EMAIL": "", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    done = pair.one.manage("createsuperuser", "--noinput", **named)
    assert done.returncode == 0, done.stderr
    return name


def test_who_logged_in_at_one_is_known_at_the_other_until_he_logs_out_at_either(pair: Pair, user: str) -> None:
    browser = Browser()
    browser.log_in(pair.one, user)

    assert [browser.open(hub, "/admin/")[0] for hub in pair] == ["/admin/", "/admin/"]

    browser.open(pair.one, "/admin/logout/", {"page": "/admin/"})
    assert [browser.open(hub, "/admin/")[0].split("?")[0] for hub in pair] == ["/admin/login/"] * 2


def test_wrong_passwords_at_both_are_counted_together(pair: Pair, user: str) -> None:
    before = {bucket for bucket, _ in pair.one.query(FAILURES)}
    for hub in [*pair, *pair]:
        assert Browser().log_in(hub, user, "wrong")[0] == "/admin/login/"

    of_name = {bucket: left for bucket, left in pair.one.query(FAILURES) if bucket not in before}
    assert max(of_name.values()) > 3 * FORGIVEN


def test_a_long_export_that_was_asked_for_at_one_is_downloaded_at_the_other(pair: Pair, user: str) -> None:
    shop, _ = pair.shops("Exported")
    assert shop.post("customers", [{"CustomerId": f"C-{n}"} for n in range(3)]).status == 200
    browser, address = Browser(), "/admin/customers/customer/export/"
    browser.log_in(pair.one, user)
    columns = COLUMN.findall(browser.open(pair.one, address)[1])

    where, _ = browser.open(pair.one, address, {"tenant": shop.id, "format": "csv", "columns": columns})

    page = where.removesuffix("change/")
    assert page.startswith("/admin/tenants/export/"), where
    assert wait_until(lambda: "Download" in browser.open(pair.other, f"{page}change/")[1])
    _, text = browser.open(pair.other, f"{page}download/")
    assert len(text.splitlines()) == 4
    assert all(f"C-{n}" in text for n in range(3))
