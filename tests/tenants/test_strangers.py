"""A stranger's key against every route and method: the same 401 byte for byte, and nothing read or changed."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.urls import URLResolver, get_resolver

from tests.conftest import CLIENT, Partner
from tests.orders.records import order
from tests.products.records import product
from tests.tenants.routes import EVERY_CALL

UNAUTHORISED = b'{"success":false,"message":"Unauthorized.","data":{}}'
BODIES = {
    "customers": [{"CustomerId": "C-1", "Email": "eve@example.com"}],
    "orders": [order(TotalRevenue=1)],
    "products": [product(ProductName="Stolen")],
}
TABLES = (
    "customers_customer",
    "orders_order",
    "orders_orderitem",
    "products_product",
    "products_variant",
    "tenants_changeset",
    "tenants_consentchange",
    "tenants_feed",
    "tenants_apikey",
    "tenants_tenant",
)


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with something to steal at every route."""
    partner.save("customers", {"CustomerId": "C-1", "Email": "ada@example.com"})
    partner.save("orders", order())
    partner.save("products", product())
    return partner


def everything() -> list[Any]:
    """Return every row of every tenant, with its version."""
    rows: list[Any] = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT ctid::text, t::text FROM {table} t ORDER BY t::text")
            rows += [(table, *row) for row in cursor.fetchall()]
    return rows


def attempt(method: str, path: str, key: str, body: Any) -> Any:
    return CLIENT.generic(
        method, path, body, content_type="application/json", headers={"x-replenit-auth-key": key} if key else {}
    )


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
def test_a_strangers_key_is_no_key_at_all(shop: Partner, by_email: Partner, method: str, path: str) -> None:
    body = json.dumps(BODIES.get(path.split("/")[1], [])).encode()
    address = path.format(tenant=shop.id)
    before = everything()

    answers = [attempt(method, address, key, body) for key in (by_email.key, "unknown", "")]

    assert [response.status_code for response in answers] == [401] * 3
    assert [response.content for response in answers] == [b"" if method == "HEAD" else UNAUTHORISED] * 3
    assert len({frozenset(_steady(response)) for response in answers}) == 1
    assert everything() == before


DIALECTS = [
    ("POST", "/v1/programs/{tenant}/integrations/api"),
    ("DELETE", "/v1/programs/{tenant}/integrations/api?email=ada@example.com"),
    ("POST", "/api/customers/upload/"),
    ("GET", "/api/data/customers/?external_id=C-1"),
    ("POST", "/api/events/upload/"),
]
# Of nobody: nothing to steal.
PUBLIC = {"/", "/docs", "/openapi.json", "/health", "/.well-known/security.txt", "/customers", "/api", "/api/nowhere"}
PUBLIC |= {"/livez", "/readyz", "/metrics"}  # the last behind a token of its own
ADMIN = "admin"  # tests/tenants/test_isolation.py


def routes(patterns: Any) -> Iterator[str]:
    """Yield the pattern of every address outside of the admin, as the resolver has it."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and not str(pattern.pattern).startswith(ADMIN):
            yield from routes(pattern.url_patterns)
        elif not str(pattern.pattern).startswith(ADMIN):
            yield pattern.pattern.regex.pattern


def test_no_route_is_forgotten(shop: Partner) -> None:
    called = {path.partition("?")[0].format(tenant=shop.id) for _, path in EVERY_CALL + DIALECTS} | PUBLIC

    assert [
        route for route in routes(get_resolver().url_patterns) if not any(re.match(route, p[1:]) for p in called)
    ] == []


@pytest.mark.parametrize(("method", "path"), DIALECTS)
def test_a_strangers_key_is_none_in_the_dialects(shop: Partner, by_email: Partner, method: str, path: str) -> None:
    body = json.dumps([{"external_id": "C-1", "email": "ada@example.com"}]).encode()
    basic = base64.b64encode(f"{shop.slug}:{by_email.key}".encode()).decode()
    before = everything()

    for headers in ({"api-key": by_email.key}, {"Authorization": f"Basic {basic}"}):
        answer = CLIENT.generic(method, path.format(tenant=shop.slug), body, "application/json", headers=headers)
        assert answer.status_code == 401

    assert everything() == before


def _steady(response: Any) -> list[tuple[str, str]]:
    """Return the headers that must not differ: all but the trace and the count."""
    return [
        item for item in response.items() if item[0] not in ("traceparent", "X-Request-Id", "X-RateLimit-Remaining")
    ]


def test_two_tenants_share_every_id_and_nothing_else(shop: Partner, by_email: Partner) -> None:
    for entity, body in BODIES.items():
        by_email.save(entity, *body)

    by_email.delete("/customers/{tenant}", customerId="C-1")
    by_email.delete("/orders/{tenant}/O-1")
    by_email.delete("/products/{tenant}/P-1")

    assert [len(shop.read(entity)) for entity in BODIES] == [1, 1, 1]
    assert [len(by_email.read(entity)) for entity in BODIES] == [0, 0, 0]
    assert (shop.read("orders")[0]["TotalRevenue"], shop.read("orders")[0]["Email"]) == (29.99, "ada@example.com")
    assert shop.read("products")[0]["ProductName"] == "Shirt"
    assert [change["Operation"] for change in shop.changes()] == ["upsert"] * 3
