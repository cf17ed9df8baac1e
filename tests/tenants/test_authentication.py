"""Who may call: keys, tenants, and the order in which a request is checked (contract of document 001)."""

import hashlib
import re
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tenants.keys import create_key, revoke_key
from tenants.models import ApiKey
from tests.conftest import Partner
from tests.orders.records import order
from tests.tenants.routes import EVERY_CALL, EVERY_ROUTE, METHODS, PATHS

STRICT = Client(raise_request_exception=False, enforce_csrf_checks=True)

NO_TENANT = (400, "Invalid or missing tenant identifier.")
UNAUTHORISED = (401, "Unauthorized.")
NOT_FOUND = (404, "Tenant not found.")
DISABLED = (403, "Tenant is disabled.")


def call(method: str, path: str, key: str | None, body: bytes = b"[]", **headers: str) -> Any:
    """Send a request with a key or none, as a server that knows nothing of tests would get it."""
    named = headers if key is None else {"x-replenit-auth-key": key, **headers}
    return STRICT.generic(method, path, body, content_type="application/json", headers=named)


def answer(response: Any) -> tuple[int, str]:
    """Return status and message of an envelope, which must be nothing but one."""
    envelope = response.json()
    assert response["Content-Type"] == "application/json"
    assert envelope == {"success": response.status_code == 200, "message": envelope["message"], "data": {}}
    return response.status_code, envelope["message"]


@pytest.mark.parametrize("key", [None, "", "unknown", "é", "x" * 100_000, "\t", "Bearer x"], ids=repr)
def test_a_request_without_a_live_key_is_unauthorised(partner: Partner, key: str | None) -> None:
    assert answer(call("GET", f"/orders/{partner.id}", key)) == UNAUTHORISED
    assert answer(call("GET", f"/orders/{uuid4()}", key)) == UNAUTHORISED


def test_a_revoked_key_works_no_more_from_the_next_request_on(partner: Partner) -> None:
    assert partner.get("/orders/{tenant}").status_code == 200

    revoke_key(partner.tenant.api_keys.get())

    assert answer(partner.get("/orders/{tenant}")) == UNAUTHORISED
    assert answer(call("GET", f"/orders/{uuid4()}", partner.key)) == UNAUTHORISED


def test_a_key_works_until_it_expires(partner: Partner) -> None:
    ends = timezone.now() + timedelta(hours=1)
    live = create_key(partner.tenant, label="live", expires_at=ends)[1]
    expired = create_key(partner.tenant, label="expired")[1]
    partner.tenant.api_keys.filter(label="expired").update(expires_at=ends - timedelta(hours=2))

    assert call("GET", f"/orders/{partner.id}", live).status_code == 200
    assert answer(call("GET", f"/orders/{partner.id}", expired)) == UNAUTHORISED


def test_a_tenant_has_any_number_of_keys(partner: Partner) -> None:
    keys = [partner.key, *(create_key(partner.tenant, label=f"key {i}")[1] for i in range(3))]
    revoke_key(partner.tenant.api_keys.get(label="key 1"))

    answers = [call("GET", f"/orders/{partner.id}", key).status_code for key in keys]

    assert answers == [200, 200, 401, 200]


def test_a_guid_is_one_in_any_case(partner: Partner) -> None:
    partner.save("orders", order())

    response = call("GET", f"/orders/{partner.id.upper()}/O-1", partner.key)

    assert response.json()["data"]["OrderId"] == "O-1"


@pytest.mark.parametrize("method", METHODS[:3] + METHODS[4:])
@pytest.mark.parametrize("tenant", ["shop", "{slug}", "0", "{dashless}", "%7B{id}%7D", "{id}0", "{id}%0A", "%20{id}"])
def test_what_is_no_guid_is_said_before_the_key_is_asked(partner: Partner, tenant: str, method: str) -> None:
    named = tenant.format(slug=partner.slug, id=partner.id, dashless=partner.id.replace("-", ""))

    for key in (None, partner.key):
        assert answer(call(method, f"/orders/{named}", key)) == NO_TENANT


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
def test_a_guid_of_no_tenant_is_told_to_live_keys_alone(partner: Partner, method: str, path: str) -> None:
    address = path.format(tenant=uuid4())

    statuses = [call(method, address, key).status_code for key in (partner.key, "unknown", None)]

    assert statuses == [404, 401, 401]


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
def test_a_disabled_tenant_is_told_so_and_no_one_else(
    partner: Partner, by_email: Partner, method: str, path: str
) -> None:
    type(partner.tenant).objects.filter(pk=partner.tenant.pk).update(is_enabled=False)
    address = path.format(tenant=partner.id)

    statuses = [call(method, address, key).status_code for key in (partner.key, by_email.key, None)]

    assert statuses == [403, 401, 401]


def test_the_words_for_a_tenant_that_is_missing_or_disabled(partner: Partner) -> None:
    assert answer(call("GET", f"/orders/{uuid4()}", partner.key)) == NOT_FOUND

    type(partner.tenant).objects.filter(pk=partner.tenant.pk).update(is_enabled=False)

    assert answer(partner.get("/orders/{tenant}")) == DISABLED


@pytest.mark.parametrize("path", PATHS)
def test_other_methods_are_refused_with_those_that_work(partner: Partner, path: str) -> None:
    for method in METHODS:
        response = partner.send(method, path)
        if method not in PATHS[path]:
            assert response.status_code == 405
            assert set(response["Allow"].split(", ")) == set(PATHS[path])
            assert method == "HEAD" or answer(response) == (405, "Method not allowed.")
        else:
            assert response.status_code != 405


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS"])
def test_the_key_is_asked_before_the_method(partner: Partner, method: str) -> None:
    assert answer(call(method, f"/orders/{partner.id}", None)) == UNAUTHORISED


def test_the_key_is_asked_before_the_body(partner: Partner) -> None:
    for body, headers in ((b"{", {}), (b"", {"content-encoding": "br"}), (b" " * 11_000_000, {})):
        assert answer(call("POST", f"/orders/{partner.id}", None, body, **headers)) == UNAUTHORISED


def test_head_answers_as_get_without_a_body(partner: Partner) -> None:
    response = partner.send("HEAD", "/orders/{tenant}")

    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*;q=0", "nonsense", ""])
@pytest.mark.parametrize("path", ["/orders/{tenant}", "/orders/x", "/nowhere", "/orders/{tenant}/none"])
def test_every_answer_is_json_whatever_is_accepted(partner: Partner, accept: str, path: str) -> None:
    response = partner.send("GET", path, Accept=accept)

    assert response["Content-Type"] == "application/json"
    assert response.json()["success"] is (response.status_code == 200)


@pytest.mark.parametrize("path", ["/nowhere", "/order/x", "/orders.json", "/customers/x/y/", "/%F0%9F%9B%92"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_an_unknown_path_is_answered_in_json(db: None, method: str, path: str) -> None:
    response = call(method, path, None)

    assert answer(response) in [(404, "No such endpoint."), NO_TENANT]


def test_no_cookie_is_set_or_asked_for(partner: Partner) -> None:
    response = call("POST", f"/orders/{partner.id}", partner.key)

    assert response.status_code == 200
    assert response.cookies == {}


def test_a_key_is_32_random_bytes_of_which_the_digest_alone_is_kept(partner: Partner) -> None:
    key = partner.tenant.api_keys.get()

    assert re.fullmatch("[A-Za-z0-9_-]{43}", partner.key)
    assert len(urlsafe_b64decode(partner.key + "=")) == 32
    assert bytes(key.digest) == hashlib.sha256(partner.key.encode()).digest()
    assert key.prefix == partner.key[:8]


def test_the_text_of_a_key_is_stored_nowhere(partner: Partner) -> None:
    for method, path in EVERY_ROUTE:
        partner.send(method, path, [])

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE position(%s in t::text) > 0', [partner.key[8:]])
            assert cursor.fetchone() == (0,), table


def used_row(partner: Partner) -> Any:
    """Return when the tenant's key was last used, and the version of its row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_used_at, ctid::text FROM tenants_apikey WHERE tenant_id = %s", [partner.id])
        return cursor.fetchone()


def test_the_last_use_of_a_key_is_noted_at_most_once_a_minute(partner: Partner) -> None:
    assert used_row(partner)[0] is None

    partner.get("/orders/{tenant}")
    first = used_row(partner)
    partner.get("/orders/{tenant}")

    assert first[0] is not None
    assert used_row(partner) == first


@pytest.mark.parametrize(("seconds", "noted"), [(58, False), (61, True)])
def test_a_use_a_minute_later_is_noted(partner: Partner, seconds: int, noted: bool) -> None:
    partner.get("/orders/{tenant}")
    ApiKey.objects.filter(tenant=partner.tenant).update(last_used_at=used_row(partner)[0] - timedelta(seconds=seconds))
    before = used_row(partner)

    partner.get("/orders/{tenant}")

    assert (used_row(partner) != before) is noted
    assert (used_row(partner)[0] > before[0]) is noted


def test_a_refused_request_is_no_use_of_a_key(partner: Partner, by_email: Partner) -> None:
    call("GET", f"/orders/{by_email.id}", partner.key)
    call("GET", f"/orders/{uuid4()}", partner.key)

    assert used_row(partner)[0] is None


def test_a_401_names_the_scheme(partner: Partner) -> None:
    response = partner.send("GET", "/customers/{tenant}", **{"x-replenit-auth-key": "no key"})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "ApiKey"
