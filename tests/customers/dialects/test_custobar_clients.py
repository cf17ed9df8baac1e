"""What Custobar's own plugins rely on, and who is let in."""

from typing import Any

import pytest
from django.db import connection

from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import UPLOAD, basic, send_upload

BODY = {"customers": [{"external_id": "1"}]}


@pytest.mark.parametrize("path", ["/api/customers/upload/", "/api/customers/upload"])
@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token"])
def test_500_customers_with_a_token(scheme: str, path: str, partner: Partner) -> None:
    body = {"customers": [{"external_id": str(i), "email": f"{i}@example.org"} for i in range(500)]}

    response = partner.send("POST", path, body, Authorization=f"{scheme} {partner.key}")

    assert response.status_code in (200, 201)
    answer = response.json()
    assert answer["response"].lower() == "ok"
    assert "error" not in answer
    assert answer["count"] == 500
    assert int(response["X-RateLimit-Remaining"]) > 0


def test_basic_authentication_by_slug_or_guid(partner: Partner) -> None:
    for user in (partner.slug, partner.id, partner.id.upper()):
        assert send_upload(partner, BODY, **basic(user, partner.key)).status_code == 200


def test_strangers_are_turned_away(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    headers = [
        basic(partner.slug, stranger.key),
        basic(partner.slug, ""),
        basic("", partner.key),
        basic("no-such-shop", partner.key),
        basic(f"{partner.slug}\0", partner.key),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic /w=="},
        {"Authorization": "Token"},
        {"Authorization": "Token wrong"},
        {"Authorization": partner.key},
        {"Authorization": f"Digest {partner.key}"},
        {"x-replenit-auth-key": partner.key, "Authorization": ""},
    ]
    for header in headers:
        response = send_upload(partner, BODY, **header)
        assert response.status_code == 401, header
        assert response.json() == {"response": "error", "error": {"reason": "Unauthorized.", "errors": {}}}
        assert response["WWW-Authenticate"].startswith("Basic")
        assert "X-RateLimit-Limit" in response.headers
    assert partner.read("customers") == []


def test_a_token_reaches_its_own_tenant_alone(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()

    send_upload(stranger, BODY, Authorization=f"Token {stranger.key}")

    assert partner.read("customers") == []
    assert len(stranger.read("customers")) == 1


def test_every_failure_wears_the_vendors_shape(make_tenant: MakeTenant) -> None:
    partner, disabled = make_tenant(per_minute=3), make_tenant(is_enabled=False)
    answers = [
        (403, send_upload(disabled, BODY)),
        (405, partner.send("GET", UPLOAD, **basic(partner.slug, partner.key))),
        (415, send_upload(partner, BODY, **basic(partner.slug, partner.key), content_type="text/plain")),
        (400, send_upload(partner, b"{")),
        (429, send_upload(partner, BODY)),
    ]
    for status, response in answers:
        assert response.status_code == status
        assert response.json()["response"] == "error"
        assert response.json()["error"]["reason"]
    assert answers[-1][1]["Retry-After"]


def test_the_unforeseen_wears_the_vendors_shape(partner: Partner) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customers_customer RENAME TO elsewhere")

    response: Any = send_upload(partner, BODY)

    assert response.status_code == 500
    reason = "An unexpected error occurred. Please try again."
    assert response.json() == {"response": "error", "error": {"reason": reason, "errors": {}}}
