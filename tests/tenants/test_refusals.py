"""Refused requests are recorded without any value, and never change an answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants.api import refusals
from tenants.api.refusals import purge_refused_requests
from tenants.models import ApiKey, RefusedRequest
from tests.conftest import Partner


def test_a_refused_request_is_recorded_with_its_codes(partner: Partner) -> None:
    response = partner.post("orders", [{"OrderId": "SECRET-1", "Currency": "SECRET-2"}])

    refused = RefusedRequest.objects.get()
    assert (refused.tenant_id, refused.method, refused.status) == (partner.tenant.pk, "POST", 400)
    assert refused.route == "orders/{tenant_id}"
    assert {"Currency: currency", "CustomerId: required"} <= set(refused.codes)
    assert refused.trace_id in response.json()["traceId"]
    assert refused.api_key_id == ApiKey.objects.get(tenant=partner.tenant).pk
    assert "SECRET" not in repr(vars(refused))


def test_a_route_is_written_as_the_documents_do(partner: Partner) -> None:
    partner.send("DELETE", "/orders/{tenant}/O-1/items")  # without productId and sku

    assert RefusedRequest.objects.get().route == "orders/{tenant_id}/{order_id}/items"


def test_codes_name_fields_without_positions_and_at_most_twenty(partner: Partner) -> None:
    lines = [{"Sku": "", "ProductId": ""}] * 30
    partner.post("orders", [{"OrderId": "1", "OrderItems": lines}] * 5)

    codes = RefusedRequest.objects.get().codes
    assert "OrderItems.Sku: required" in codes
    assert len(codes) == len(set(codes)) <= 20


# What a client has made up: values that no field may have, under names that look like documented ones.
MADE_UP = [
    ("POST", "/customers/{tenant}", '[{"CustomerId": "1", "NAME": "\\u0000"}]', ["forbidden_character"]),
    ("POST", "/customers/{tenant}", '[{"CustomerId": "1", "NAME": {"NAME": "\\ud800"}}]', ["lone_surrogate"]),
    ("POST", "/customers/{tenant}", '[{"CustomerId": "1", "NAME": NaN}]', ["not_a_number"]),
    ("POST", "/customers/{tenant}", '[{"CustomerId": "1", "Language": 7, "NAME": 1}]', ["Language: not_a_string"]),
    ("POST", "/orders/{tenant}", '[{"OrderId": "1", "NAME": "\\u0000"}]', ["forbidden_character"]),
    ("POST", "/orders/{tenant}", '[{"OrderId": "1", "OrderItems": [{"NAME": "\\u0000", "Sku": 1}]}]',
     ["forbidden_character", "OrderItems.Sku: not_a_string"]),
    ("POST", "/products/{tenant}", '[{"ProductId": "1", "ProductVariants": [{"NAME": "\\u0000"}]}]',
     ["forbidden_character"]),
    ("GET", "/customers/{tenant}?NAME=NAME&Email=(NAME)", "", ["unknown_parameter", "Email: email"]),
    ("DELETE", "/customers/{tenant}?NAME=NAME", "", ["unknown_parameter"]),
    ("DELETE", "/v1/programs/{tenant}/integrations/api?email=a@b.example&NAME=1", "", ["unknown_parameter"]),
    ("POST", "/v1/programs/{tenant}/integrations/api?NAME=1", "[]", ["unknown_parameter"]),
    ("POST", "/api/customers/upload/", '{"customers": [{"email": "(NAME)", "NAME": 1, "NAME__NAME": "\\u0000"}]}',
     ["email: email"]),
    ("POST", "/api/events/upload/", '{"events": [{"type": "MAIL_UNSUBSCRIBE", "email": "(NAME)", "NAME": 1}]}',
     ["email: email"]),
]  # fmt: skip


@pytest.mark.parametrize("name", ["anna.svensson", "Anna", "OrderItems.anna", "anna@example.com", "anna__svensson"])
@pytest.mark.parametrize(("method", "path", "body", "codes"), MADE_UP)
def test_names_that_a_client_made_up_are_not_kept(
    partner: Partner, method: str, path: str, body: str, codes: list[str], name: str
) -> None:
    keys = {"api-key": partner.key, "Authorization": f"Bearer {partner.key}"}
    response = partner.send(method, path.replace("NAME", name), body.replace("NAME", name).encode(), **keys)
    assert response.status_code == 400, response.content

    refused = RefusedRequest.objects.get()

    assert "anna" not in repr(vars(refused)).lower()
    assert set(codes) <= set(refused.codes)


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (415, {"method": "POST", "path": "/customers/{tenant}", "body": b"x", "content_type": "text/plain"}),
        (400, {"method": "DELETE", "path": "/customers/{tenant}"}),
        (400, {"method": "GET", "path": "/customers/{tenant}?Nonsense=1"}),
    ],
)
def test_what_was_asked_wrongly_is_recorded(partner: Partner, status: int, request_: dict[str, Any]) -> None:
    assert partner.send(**request_).status_code == status

    assert RefusedRequest.objects.get().status == status


def test_what_is_no_mistake_of_the_caller_is_not_recorded(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1"})
    partner.get("/customers/{tenant}/unknown")
    Partner(partner.tenant, "wrong").get("/customers/{tenant}")

    assert not RefusedRequest.objects.exists()


def test_a_success_costs_no_query_more(partner: Partner, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):  # the key, and what was asked for
        partner.get("/changes/{tenant}")


def test_a_record_that_can_not_be_written_leaves_the_answer_alone(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "trace_id", None)  # anything may fail

    response = partner.post("customers", [{}])

    assert response.status_code == 400
    assert response.json()["errors"]


def test_records_older_than_thirty_days_are_purged(partner: Partner) -> None:
    for _ in range(2):
        partner.post("customers", [{}])
    old = RefusedRequest.objects.earliest("pk")
    RefusedRequest.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))

    assert purge_refused_requests() == 1

    assert RefusedRequest.objects.count() == 1
