"""Two hubs on one database: whoever is logged in at one goes on at the other, and finds there what one has made."""

import re
from secrets import token_hex

import pytest

from tests.system.browsing import Browser
from tests.system.pairs import Pair
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"
COLUMN = re.compile(r'name="columns" value="(\d+)"')
FORGIVEN = 900  # seconds in which one wrong password at a name from one network is
FAILURES = "SELECT bucket, extract(epoch FROM forgotten_at - now())::int FROM tenants_failurecounter"


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
    browser.log_in(pair.one, user, PASSWORD)

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
    browser.log_in(pair.one, user, PASSWORD)
    columns = COLUMN.findall(browser.open(pair.one, address)[1])

    where, _ = browser.open(pair.one, address, {"tenant": shop.id, "format": "csv", "columns": columns})

    page = where.removesuffix("change/")
    assert page.startswith("/admin/tenants/export/"), where
    assert wait_until(lambda: "Download" in browser.open(pair.other, f"{page}change/")[1])
    _, text = browser.open(pair.other, f"{page}download/")
    assert len(text.splitlines()) == 4
    assert all(f"C-{n}" in text for n in range(3))
