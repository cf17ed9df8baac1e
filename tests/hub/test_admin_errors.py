"""What can't be answered below /admin is a page that says what to do and holds the trace id; the API's stays JSON."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants.admin import cards
from tenants.models import Role
from tests.conftest import MakeTenant, Partner
from tests.members import browser, make_user, member, superuser, text

pytestmark = pytest.mark.django_db
TRACE = re.compile("Trace id <code[^>]*>([0-9a-f]{32})</code>")
FRAME = 'id="nav-sidebar"'


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    partner.save("customers", {"CustomerId": "C-1"})
    return partner


@pytest.fixture
def staff(shop: Partner) -> Client:
    client = member(Role.STAFF, shop.tenant)
    client.raise_request_exception = False
    return client


def check_page(answer: Any, status: int, *words: str, framed: bool) -> None:
    """Check a refusal: a page with these words, the request's trace id and a way out."""
    page = text(answer)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")
    assert "no-store" in answer["Cache-Control"]
    assert [said for said in words if said not in page] == []
    found = TRACE.search(page)
    assert found
    assert found[1] == answer["X-Request-Id"]
    assert 'href="/admin/"' in page
    assert (FRAME in page) == framed


@pytest.fixture
def home_raises(monkeypatch: pytest.MonkeyPatch, shop: Partner) -> Callable[[Exception], None]:
    """Have the home page of a tenant with records raise."""

    def arrange(error: Exception) -> None:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(cards, "records", fail)

    return arrange


def out_of(cause: psycopg.Error) -> OperationalError:
    """Return what Django raises for what the driver raised."""
    error = OperationalError("a secret of the database")
    error.__cause__ = cause
    return error


RAISED: dict[str, tuple[Exception, int, str, bool]] = {
    "a bug": (RuntimeError("a secret"), 500, "Something went wrong here.", False),
    "what is not there": (Http404("a secret"), 404, "There is no such page or record.", True),
    "a missing role": (PermissionDenied("a secret"), 403, "Your role does not allow this.", True),
    "an unusable form": (BadRequest("a secret"), 400, "This address or form cannot be answered.", True),
    "a suspicious form": (SuspiciousOperation("a secret"), 400, "This address or form cannot be answered.", True),
    "a database that is away": (out_of(psycopg.OperationalError()), 503, "The hub is busy or restarting.", False),
    "a lock that was waited for": (out_of(psycopg.errors.LockNotAvailable()), 503, "The hub is busy", False),
    "a statement too slow": (out_of(psycopg.errors.QueryCanceled()), 503, "This took too long", False),
    "a full disk": (out_of(psycopg.errors.DiskFull()), 503, "The hub has no room left for this", False),
}


@pytest.mark.parametrize("case", RAISED)
def test_what_a_page_raises_is_a_page(case: str, staff: Client, home_raises: Callable[[Exception], None]) -> None:
    error, status, words, framed = RAISED[case]
    home_raises(error)

    answer = staff.get("/admin/")

    check_page(answer, status, words, framed=framed)
    assert "secret" not in text(answer)
    assert ("Try again" in text(answer)) == (status >= 500)
    assert ("Retry-After" in answer) == (status == 503)


def test_a_form_that_fails_is_not_offered_to_be_sent_again(
    staff: Client, monkeypatch: pytest.MonkeyPatch, shop: Partner
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("tenants.admin.tenants.measure", fail)
    answer = staff.post("/admin/tenants/tenant/measure/", {"tenant": "shop"})

    check_page(answer, 500, "look first whether what you sent was saved", framed=False)
    assert "Try again</a>" not in text(answer)


def test_without_a_database_there_is_still_a_page(monkeypatch: pytest.MonkeyPatch, staff: Client) -> None:
    def fail() -> None:
        raise out_of(psycopg.OperationalError())

    monkeypatch.setattr("hub.middleware.pages.renew_connection", fail)
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's transaction goes on
    with CaptureQueriesContext(connection) as queries:
        answers = [staff.get(path) for path in ("/admin/", "/admin/login/", "/admin/account/")]

    for answer in answers:
        check_page(answer, 503, "The hub is busy or restarting.", framed=False)
    assert len(queries) == 0


@pytest.mark.parametrize("path", ["/admin/nowhere/", "/admin/customers/customer/999999/change/"])
def test_who_is_logged_in_reads_in_the_frame_that_nothing_is_there(staff: Client, path: str) -> None:
    check_page(staff.get(path), 404, "It may have been deleted", framed=True)


def test_an_account_page_that_is_not_there_is_a_page(staff: Client) -> None:
    check_page(staff.post("/admin/account/sessions/99/end/"), 404, "There is no such page", framed=True)
    check_page(Client().get("/admin/openid/nowhere/callback/"), 404, "There is no such page", framed=False)


def test_a_role_that_is_too_low_is_a_page(shop: Partner) -> None:
    viewer = member(Role.VIEWER, shop.tenant)

    check_page(viewer.get("/admin/tenants/apikey/"), 403, "admins to do it, or for another role.", framed=True)


@pytest.mark.parametrize(
    "path", ["/admin/logout/", "/admin/account/tenants/1/leave/", "/admin/account/sessions/1/end/"]
)
def test_a_wrong_method_is_a_page(staff: Client, path: str) -> None:
    answer = staff.get(path)

    check_page(answer, 405, "This address only takes what a form sends.", framed=True)
    assert "POST" in answer["Allow"]


def test_an_address_that_is_no_text_is_a_page(staff: Client) -> None:
    check_page(staff.get("/admin/?q=%ff"), 400, "This address or form cannot be answered.", framed=False)


def test_a_form_that_is_too_large_is_a_page(staff: Client) -> None:
    answer = staff.generic("POST", "/admin/login/", b"", CONTENT_LENGTH=str(10**9))

    check_page(answer, 413, "A form of this site may have 2.5 MB", framed=False)


def test_a_host_that_is_not_the_hubs_is_a_page(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["hub.example"]

    check_page(Client().get("/admin/login/"), 400, "cannot be answered", framed=False)


def test_a_form_with_an_old_token_is_told_so(shop: Partner) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("root", superuser=True))

    answer = client.post("/admin/tenants/tenant/measure/", {"tenant": "shop"})

    check_page(answer, 403, "Your page was out of date.", "what you sent is not saved", framed=True)


def test_a_form_with_an_old_token_shows_nothing_before_the_second_factor(shop: Partner) -> None:
    shop.tenant.requires_factor = True
    shop.tenant.save()
    user = make_user("maria")
    shop.tenant.memberships.create(user=user, role=Role.STAFF)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    check_page(client.post("/admin/tenants/tenant/measure/"), 403, "Your page was out of date.", framed=False)


def test_too_many_unknown_addresses_are_told_to_wait(settings: Any) -> None:
    settings.RATE_LIMITS = {"address": (1, 1)}
    client = Client()
    for _ in range(2):
        answer = client.get("/admin/openid/nowhere/callback/")

    check_page(answer, 429, "Too many requests came from here.", framed=False)
    assert int(answer["Retry-After"]) > 0


def test_text_in_an_address_does_not_become_markup(staff: Client, home_raises: Callable[[Exception], None]) -> None:
    home_raises(RuntimeError())

    assert "<script>" not in text(staff.get("/admin/?tenant=<script>alert(1)</script>"))


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/nowhere", 404, '{"success":false,"message":"No such endpoint.","data":{}}'),
        ("/administrator", 404, '{"success":false,"message":"No such endpoint.","data":{}}'),
        ("/customers", 400, '{"success":false,"message":"The tenant ID is missing in the path.","data":{}}'),
    ],
)
def test_the_api_answers_json_as_before(path: str, status: int, body: str) -> None:
    answer = Client().get(path, headers={"Accept": "text/html"})

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
    assert text(answer) == body or path == "/customers"


def test_superusers_and_the_signed_in_without_a_tenant_get_the_frame() -> None:
    check_page(superuser().get("/admin/nowhere/"), 404, "There is no such page", framed=True)
    check_page(browser(make_user("nobody")).get("/admin/nowhere/"), 404, "There is no such page", framed=True)
