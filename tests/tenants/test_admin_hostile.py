"""What somebody types into an address or forges in a form of the admin is an answer they understand, never a 500."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from customers.models import Customer, Duplicate
from hub.admin.site import HubModelAdmin
from tenants.invitations import invite
from tenants.models import Changeset, FileFormat, Role
from tenants.requests.writer import WRITER
from tenants.tasks import purge
from tenants.webhooks.endpoints import create_webhook
from tenants.webhooks.leases import note_tested
from tenants.webhooks.sending import Outcome
from tests.conftest import Partner
from tests.customers.records import customer
from tests.exporting import exported
from tests.files.jobs import tried_file
from tests.members import browser, make_user, taken_back, text
from tests.orders.records import order
from tests.products.records import product
from tests.tenants.forms import answered
from tests.tenants.pages import Page, account_pages, pages
from tests.tenants.test_tasks import defer

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MODELS: list[Any] = list(admin.site._registry)
EVIL = ["(", "9" * 18, "9" * 40, "2025-13-45"]
LOOKUPS = ("", "regex", "contains")
OF_LISTS = {"o": "x.99.-9", "p": "x", "all": "x", "_popup": "x", "_to_field": "digest", "_changelist_filters": "a=(&%"}
FORGED = (  # fields of the hub's own forms; those of a page are read from it
    "action index select_across _selected_action _save seen chosen flag value part tenant priority hours days form-0-id"
    " email role url number entities operations entity file size encoding delimiter dates decimal"
    " column:0 constant:Name try note delete show before save reason why list query share name"
)
SEEN = ["1:999999999999999999", "1:-1", "1", "999999999999999999:0", "1:0:0"]
FIELD = re.compile(r"""<(?:input|select|textarea)\b[^>]*\bname="([^"]+)""")


def superuser() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_user("root", superuser=True))
    return client


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with something in every list."""
    partner.save("customers", customer(SmsOptin=True))
    partner.save("customers", customer(SmsOptin=False))
    partner.save("customers", {"CustomerId": "erased"})
    partner.delete("/customers/{tenant}", customerId="erased")
    first = Customer.objects.values_list("pk", flat=True)[0]
    Duplicate.objects.create(tenant=partner.tenant, first=first, second=first, reasons=1, created_at=timezone.now())
    partner.save("orders", order())
    partner.save("products", product())
    partner.post("customers", [{}, customer()], Prefer="handling=lenient")
    tried_file(partner, "people.csv", b"CustomerId,Name,Joined\nC-1,Ann,3.4.2026\n", format=FileFormat.CSV)
    replace(partner, key="nobody's").get("/customers/{tenant}")
    WRITER.flush()
    somebody = make_user("somebody")
    partner.tenant.memberships.create(user=somebody, role=Role.ADMIN)
    invite(partner.tenant, "else@example.com", Role.VIEWER, by=somebody)
    browser(somebody).get("/admin/customers/customer/")
    view = {"list": "customers.customer", "name": "No SMS", "query": "sms_optin=no", "share": "yes"}
    browser(somebody).post("/admin/tenants/savedview/save/", view)
    exported(partner, browser(User.objects.get(username__startswith="somebody")))
    webhook, _ = create_webhook(partner.tenant, label="ERP", url="https://erp.example/hooks")
    note_tested(webhook.pk, None, Outcome(1, 200))
    if not ProcrastinateJob.objects.exists():  # one that a worker's test left stands in the way of another
        defer(purge)
    return partner


def name_of(model: Any) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def offered_by(model: Any) -> list[str]:
    filters: Any = admin.site.get_model_admin(model).list_filter
    return [name for one in filters for name in one.parameters()]


def an_object(model: Any) -> Any:
    found = model._default_manager.order_by("pk").first()
    assert found, f"the shop of this test has no {model.__name__}: give it one"
    return found.pk


def looked_up(model: type[Model]) -> Iterator[str]:
    """Yield a name in a list's address for every field, every field one relation away, and every kind of look-up."""
    for field in model._meta.get_fields():
        yield from (f"{field.name}__{lookup}".removesuffix("__") for lookup in LOOKUPS)
        if field.is_relation and field.related_model and isinstance(field.related_model, type):
            yield from (f"{field.name}__{other.name}__regex" for other in field.related_model._meta.get_fields())


def test_every_page_stands_on_the_base_that_bounds_look_ups() -> None:
    assert [type(one) for one in admin.site._registry.values() if not isinstance(one, HubModelAdmin)] == []


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_a_list_takes_the_look_ups_of_its_filters_and_no_others(model: Any, shop: Partner) -> None:
    """The list asks `lookup_allowed` for each name; that it does, a few names of every kind show."""
    client, url = superuser(), reverse(f"admin:{name_of(model)}_changelist")
    names = sorted({*looked_up(model)} - set(offered_by(model)))
    asked = [*names[:: max(1, len(names) // 8)], "nosuchfield", "pk", "pk__in", "id__regex"]
    allows, request = admin.site.get_model_admin(model).lookup_allowed, client.get(url).wsgi_request

    assert [name for name in names if allows(name, "1", request)] == []
    assert {name: status for name in asked if (status := client.get(url, {name: "1"}).status_code) != 400} == {}


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_a_filter_answers_any_value(model: Any, shop: Partner) -> None:
    client, url = superuser(), reverse(f"admin:{name_of(model)}_changelist")
    offered = offered_by(model)

    answers = {(name, value): client.get(url, {name: value}) for name in [*offered, "q"] for value in EVIL}
    answers |= {asked: client.get(url, dict([asked])) for asked in OF_LISTS.items()}

    assert {asked: answer.status_code for asked, answer in answers.items() if answer.status_code >= 500} == {}
    shown = [answer for answer in answers.values() if answer.status_code == 400]
    assert all("text/html" in answer["Content-Type"] or b"U+0000" in answer.content for answer in shown)


PAGES: dict[str, list[Page]] = {}
for _page in pages():
    PAGES.setdefault(name_of(_page.model) if _page.model else "site", []).append(_page)


@pytest.mark.parametrize("of", PAGES)
def test_a_page_answers_any_object_and_any_form(of: str, shop: Partner) -> None:
    """The pages of a model in one, each on the shop as it was made: to make it costs more than most of them."""
    client = superuser()
    failed = []
    for page in PAGES[of]:
        with taken_back(client):
            failed += [asked for asked in _answers_of(page, client) if asked[-1] >= 500]

    assert failed == []


def _answers_of(page: Page, client: Client) -> list[tuple[str, str, dict[str, str], int]]:
    own = page.address(an_object(page.model) if page.is_about_one else 0, app_label="tenants", content_type_id="x")
    queries = [{name: value} for name in ("s", "page", "expires_at") for value in EVIL[:2]]
    shown = text_of(client.get(own))

    return [
        *(("get", own, *answer) for answer in answered(client, "get", own, queries)),
        *(("post", own, *answer) for answer in answered(client, "post", own, forged(shown))),
        *((how, url, {}, getattr(client, how)(url).status_code) for url in others(page) for how in ("get", "post")),
    ]


PASSWORD = "seven purple kettles jumping"
SIGNED = ["attestationObject", "authenticatorData", "signature", "userHandle"]
CREDENTIAL = {"id": "eA", "rawId": "eA", "type": "public-key", "clientExtensionResults": {}}
CLIENT_DATA = urlsafe_b64encode(
    b'{"type": "webauthn.create", "challenge": "eA", "origin": "https://testserver"}'
).decode()
UNREADABLE = [  # extensions that end too soon, and lists in lists
    urlsafe_b64encode(data).decode().rstrip("=") for data in (b"\0" * 32 + b"\x81\0\0\0\0\x78", b"\x81" * 3_000)
]
CREDENTIALS = [
    *("null", "[]", "{}", "[1]", '{"response": 1}'),
    *(
        json.dumps({**CREDENTIAL, "response": {"clientDataJSON": said, **dict.fromkeys(SIGNED, signed)}})
        for said in ("eA", "e30", "oA", "!", "", CLIENT_DATA.rstrip("="))
        for signed in ("eA", "oA", "!", "", *UNREADABLE)
    ),
]
FORGED_OF_ACCOUNTS = "username password password1 code credential name passwordless old_password next process ids"


@pytest.fixture
def owner(shop: Partner, settings: Settings) -> Client:
    """The browser of a member, whose guesses are never too many."""
    settings.LOGIN_BUDGETS = {kind: (1_000_000, *pace) for kind, (_, *pace) in settings.LOGIN_BUDGETS.items()}
    user = User.objects.create_user("maria", "maria@example.com", PASSWORD, is_staff=True)
    shop.tenant.memberships.create(user=user, role=Role.VIEWER)
    client = Client(raise_request_exception=False)
    client.post("/admin/login/", {"username": "maria", "password": PASSWORD})
    return client


def test_a_page_of_the_account_answers_anybody_and_any_form(owner: Client) -> None:
    failed = []
    for page in account_pages():
        with taken_back(owner):
            failed += [answer for answer in _answers_of_the_account(page, owner) if answer[-1] >= 500]

    assert failed == []


def _answers_of_the_account(page: Page, owner: Client) -> list[tuple[str, str, dict[str, str], int]]:
    own, *others = account_addresses(page)
    names = FORGED_OF_ACCOUNTS.split()
    nothing: list[dict[str, str]] = [{}]
    credentials = [{**dict.fromkeys(names, "x"), "credential": value} for value in CREDENTIALS]
    forms = [*forged(text_of(owner.get(own))), *(dict.fromkeys(names, value) for value in (*EVIL, "\0")), *credentials]

    return [
        (method, url, *answer)
        for client in (Client(raise_request_exception=False), owner)
        for method, url, sent in (
            ("post", own, forms),
            ("get", own, credentials),
            *((method, url, nothing) for url in (*others, own) for method in ("get", "post")),
        )
        for answer in answered(client, method, url, sent)
    ]


def account_addresses(page: Page) -> list[str]:
    """Return the page's addresses: of what the owner has where it is about something, then of what nobody has."""
    known = {"provider_id": "nope", "uidb64": "_3C", "token": "a-b", "text": "nope", "answer": "leave"}
    user = User.objects.get(username="maria")
    own: Any = UserSession.objects.filter(user=user).first()
    if page.name == "answer_tenant":
        own = user.memberships.first()
    if page.name.endswith("_webauthn") and "pk" in page.parameters:
        own = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "key"})
    assert own
    none = ["0", "9" * 18] + ([] if "answer" in page.parameters else ["9" * 40])
    values = [str(own.pk), *none] if "pk" in page.parameters else ["0"]
    return [page.address(value, **known) for value in values]


def text_of(answer: Any) -> str:
    return text(answer) if not answer.streaming else ""


def others(page: Page) -> list[str]:
    """Return the page's addresses of objects that there cannot be."""
    values = ["999999999999999999", "-1", "0"] if "pk" in page.parameters else ["9" * 40, "nope", "_3C", "a" * 300]
    known = {"app_label": "tenants", "content_type_id": "9" * 30}
    urls = []
    for value in values if page.parameters & {"object_id", "pk", "id"} else []:
        if "pk" not in page.parameters or value != "-1":
            urls.append(page.address(value, **known))
    return urls


def forged(shown: str) -> Iterator[dict[str, str]]:
    """Yield forms with values that no page sends: in all fields that the page and others have, and in one by one."""
    action = {"action": "delete_selected", "index": "0"}
    names = {*map(unescape, FIELD.findall(shown)), *FORGED.split()} - {"csrfmiddlewaretoken", *action}
    for value in (*EVIL, "\0"):
        yield {**dict.fromkeys(names, value), **action}
    yield from ({**action, "chosen": "1", "seen": "1:0", name: "9" * 40} for name in FORGED.split())
    for seen in SEEN:
        yield {"seen": seen, "chosen": seen, "flag": "email_optin", "value": "yes", "_save": "1", "email_optin": "1"}


def test_what_is_refused_is_refused_with_a_page(shop: Partner) -> None:
    client = superuser()

    looked = client.get("/admin/tenants/changeset/", {"actor__regex": "("})
    changed = client.post("/admin/auth/user/1/password/", {"password1": "a\0b"})

    for answer in (looked, changed):
        assert answer.status_code == 400
        assert "text/html" in answer["Content-Type"]
        assert "cannot be answered" in text(answer)


def test_a_forged_moment_changes_nobody(shop: Partner) -> None:
    changes = Changeset.objects.count()
    address = reverse("admin:customers_customer_set_flag")

    for seen in SEEN:
        answer = superuser().post(address, {"flag": "gdpr_optin", "value": "yes", "chosen": seen})
        assert answer.status_code in (302, 404)

    assert Changeset.objects.count() == changes
