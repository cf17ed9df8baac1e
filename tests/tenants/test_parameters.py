"""Query parameters on every route: known by their exact names, each once, or the request is refused unheard."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.urls import URLResolver, get_resolver, resolve

from customers.dialects.views import DialectViewSet
from hub.records.faults import TEXTS
from tenants.api.views import TenantViewSet
from tests.conftest import Partner
from tests.customers.dialects.vendors import PROGRAM, basic, user
from tests.files.sending import as_import
from tests.hub.test_schemas import OF_ADDRESSES
from tests.orders.records import order
from tests.products.records import product
from tests.requests_log import logged
from tests.tenants.routes import PATHS, QUERIES

NATIVE = [(method, path) for path, methods in PATHS.items() for method in methods]
STRICT = [*NATIVE, ("POST", PROGRAM), ("DELETE", PROGRAM)]
BODIES = {
    "customers": [{"CustomerId": "C-2"}],
    "orders": [order(OrderId="O-2")],
    "products": [product(ProductId="P-2")],
    "v1": [user("bo@example.com", "C-2")],
}
NEEDED = {**QUERIES, ("DELETE", PROGRAM): "?email=ada@example.com"}
UNKNOWN, DOUBLED, EMPTY = (TEXTS[f"{kind}_parameter"] for kind in ("unknown", "doubled", "empty"))


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with something to read and to delete at every route."""
    partner.save("customers", {"CustomerId": "C-1", "Email": "ada@example.com"}, {"CustomerId": "reconcile"})
    partner.save("orders", order(), order(OrderId="reconcile"))
    partner.save("products", product(), product(ProductId="reconcile"))
    return partner


def versions() -> list[str]:
    """Return every record of every tenant, with its version."""
    tables = ("customers_customer", "orders_order", "orders_orderitem", "products_product", "products_variant")
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT t.ctid || t::text FROM {table} t" for table in tables))
        return sorted(row[0] for row in cursor.fetchall())


def ask(partner: Partner, method: str, path: str, query: str) -> Any:
    """Send what would be answered with success without the query's faults."""
    posted = {"ids": []} if path.endswith("/reconcile") else BODIES.get(path.split("/")[1], [])
    body = posted if method == "POST" else None
    needed = NEEDED.get((method, path), "")
    path, file, headers = as_import(partner, method, path)
    address = f"{path}{needed}{'&' if needed else '?'}{query}"
    return partner.send(method, address, body if file is None else file, **{"api-key": partner.key, **headers})


def refused(partner: Partner, method: str, path: str, query: str) -> dict[str, Any]:
    """Ask what must be refused without a change, and return the errors: of a HEAD, what a GET has."""
    before = versions()
    response = ask(partner, method, path, query)
    assert response.status_code == 400, response.content
    assert versions() == before
    answer = ask(partner, "GET", path, query).json() if method == "HEAD" else response.json()
    errors: dict[str, Any] = answer["errors"]
    return errors


def known(method: str, path: str) -> list[str]:
    """Return the parameters that a route's action knows."""
    view: Any = resolve(path.format(tenant="0" * 8)).func
    action = view.actions.get(method.lower(), view.actions.get("get"))
    return list(view.cls.in_query[action].known) if action in view.cls.in_query else []


KNOWN = [(method, path, name) for method, path in STRICT for name in known(method, path)]


@pytest.mark.parametrize(("method", "path"), STRICT)
def test_an_unknown_parameter_is_refused(shop: Partner, method: str, path: str) -> None:
    assert refused(shop, method, path, "emial=x&Nickname=y") == {"emial": [UNKNOWN], "Nickname": [UNKNOWN]}


@pytest.mark.parametrize(("method", "path", "name"), KNOWN)
def test_a_known_parameter_in_another_case_is_an_unknown_one(shop: Partner, method: str, path: str, name: str) -> None:
    assert refused(shop, method, path, f"{name.swapcase()}=1")[name.swapcase()] == [UNKNOWN]


@pytest.mark.parametrize(("method", "path", "name"), KNOWN)
def test_a_doubled_parameter_is_refused(shop: Partner, method: str, path: str, name: str) -> None:
    assert refused(shop, method, path, f"{name}=1&{name}=1")[name] == [DOUBLED]


NAMES_WHAT = ("GET", "/exports/{tenant}", "entity")  # a blank one is a missing one


@pytest.mark.parametrize(("method", "path", "name"), [one for one in KNOWN if one[0] == "GET" and one != NAMES_WHAT])
@pytest.mark.parametrize("blank", ["", "%20", "%09+"])
def test_an_empty_parameter_of_a_list_is_refused(
    partner: Partner, method: str, path: str, name: str, blank: str
) -> None:
    assert refused(partner, method, path.replace("{tenant}", partner.id), f"{name}={blank}") == {name: [EMPTY]}


@pytest.mark.parametrize(("method", "path"), STRICT)
@pytest.mark.parametrize("query", ["", "&"])
def test_a_query_that_says_nothing_is_none(shop: Partner, method: str, path: str, query: str) -> None:
    assert ask(shop, method, path, query).status_code in (200, 201, 202)


def test_the_table_of_routes_has_every_route() -> None:
    listed = {(resolve(path.format(tenant="0" * 8)).route, method) for method, path in STRICT if method != "HEAD"}

    found = {(route, method.upper()) for route, view in strict_routes() for method in view.actions}
    assert listed == {(route, method) for route, method in found if method != "HEAD"}


def strict_routes(patterns: Any = None) -> list[tuple[str, Any]]:
    """Return every route with its view that is native, or a dialect's that is strict."""
    found: list[tuple[str, Any]] = []
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        view: Any = pattern.callback
        if isinstance(pattern, URLResolver):
            found += strict_routes(pattern.url_patterns)
        elif issubclass(getattr(view, "cls", object), TenantViewSet) and not view.cls.ignores_unknown_parameters:
            found.append((str(pattern.pattern), view))
    return found


def test_only_a_dialect_ignores_unknown_parameters() -> None:
    views: list[Any] = TenantViewSet.__subclasses__()

    assert [view for view in views if view.ignores_unknown_parameters and not issubclass(view, DialectViewSet)] == []


def test_custobar_ignores_what_it_does_not_know(partner: Partner) -> None:
    headers = basic(partner.slug, partner.key)

    response = partner.send("POST", "/api/customers/upload/?utm=1&utm=2", [{"external_id": "1"}], **headers)

    assert (response.status_code, len(partner.read("customers"))) == (200, 1)


def test_the_answer_is_the_one_body_with_the_right_spelling(shop: Partner) -> None:
    query = urlencode([("Email", "x"), ("Phone", "1"), ("email", "ada@example.com")])

    response = shop.send("DELETE", f"/customers/{{tenant}}?{query}")

    answer = response.json()
    assert answer["title"] == "One or more validation errors occurred."
    assert (answer["status"], answer["success"], answer["data"]) == (400, False, {})
    assert (answer["message"], answer["errors"]) == ("Validation failed", {"Email": [UNKNOWN], "Phone": [UNKNOWN]})
    assert answer["details"] == [
        {"index": None, "field": "Email", "code": "unknown_parameter", "hint": "Names are case-sensitive: email."},
        {
            "index": None,
            "field": "Phone",
            "code": "unknown_parameter",
            "hint": "Known here: customerId, dryRun, email, legalBasis, reason, reference.",
        },
    ]
    assert answer["traceId"] == response["traceparent"]


def test_a_route_without_parameters_says_so(shop: Partner) -> None:
    (detail,) = shop.get("/changes/{tenant}/1", expand="lines").json()["details"]

    assert detail["hint"] == "Known here: no parameters."


def test_all_faults_of_a_query_are_named_at_once(shop: Partner) -> None:
    query = "Email=x&Language=english+please&limit=0&limit=1&UpdatedAt__gt=now&GdprOptin=1&HubId=&cursor=!&Nickname=y"

    errors = shop.send("GET", f"/customers/{{tenant}}?{query}").json()["errors"]

    assert list(errors) == [
        "Email", "Language", "limit", "UpdatedAt__gt", "GdprOptin", "HubId", "cursor", "Nickname",
    ]  # fmt: skip


EVERY_KIND = {
    "choice": ("/exports/{tenant}?entity=orders&format=xlsx", "format",
               "The field format must be one of these: ndjson, csv."),
    "cursor": ("/orders/{tenant}?cursor=!", "cursor",
               "The field cursor must be the cursor of an address that this list gave out."),
    "doubled_parameter": ("/orders/{tenant}?limit=1&limit=1", "limit", "The query parameter must be given once."),
    "empty_parameter": ("/orders/{tenant}?Email=", "Email", "The query parameter must have a value."),
    "status": ("/requests/{tenant}?status=4x", "status",
               "The field status must be a status, for example 404, or a class of them, for example 4xx."),
    "entity": ("/changes/{tenant}?entity=x", "entity", "The field entity must be customers, orders or products."),
    "fields": ("/products/{tenant}/P-1?fields=ProductId,hash", "fields",
               "The field fields must name members of the records, with commas between them: HubId, ProductId,"
               " ProductName, Taxonomy, IsOfflineExclusive, ProductVariants, CreatedAt, UpdatedAt, Hash."),
    "hub_ids": ("/orders/{tenant}?HubId=x", "HubId",
                "The field HubId must consist of at most 1,000 whole numbers with commas between them."),
    "include": ("/changes/{tenant}?include=Records", "include",
                "The field include must be records, keys, or both with a comma between them."),
    "json_array": ("/orders/{tenant}?Sku__in=S-1,S-2", "Sku__in",
                   'The field Sku__in must be a JSON array of 1 to 1,000 texts, for example ["a","b"].'),
    "one_line": ("/customers/{tenant}?reason=a%0Ab", "reason",
                 "The field reason must be one line of text, without control characters."),
    "order": ("/orders/{tenant}?order=-CreatedAt", "order", "The field order must be one of these: OrderId, -OrderId."),
    "too_many_parameters": ("/orders/{tenant}?" + "a&" * 1001, "", "The query must have at most 1,000 parameters."),
    "unknown_parameter": ("/orders/{tenant}?x=1", "x", "Unknown query parameter."),
}  # fmt: skip


def test_every_kind_of_error_is_sent_once() -> None:
    assert EVERY_KIND.keys() == OF_ADDRESSES


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_an_error_is_told_exactly(partner: Partner, kind: str) -> None:
    path, name, text = EVERY_KIND[kind]

    answer = partner.send("POST" if kind == "one_line" else "GET", path, []).json()

    assert answer["errors"] == {name: [text]}
    (detail,) = answer["details"]
    assert (detail["index"], detail["field"], detail["code"]) == (None, name or None, kind)


@pytest.mark.parametrize("path", ["/customers/{tenant}", "/orders/{tenant}/O-1", "/changes/{tenant}"])
def test_more_parameters_than_are_read_are_refused(shop: Partner, path: str) -> None:
    response = shop.send("GET", f"{path}?{'a&' * 1001}")

    assert response.status_code == 400
    assert response.json()["errors"] == {"": [TEXTS["too_many_parameters"]]}


def test_a_body_is_looked_at_first_and_parsed_last(shop: Partner) -> None:
    def post(body: bytes, **headers: str) -> tuple[int, str]:
        response = shop.send("POST", "/customers/{tenant}?dryRan=true", body, **headers)
        return response.status_code, next(iter(response.json().get("errors", [""])))

    assert post(b"[]", content_type="text/csv") == (415, "")
    assert post(b"[" + b" " * 10 * 1024 * 1024 + b"]") == (413, "")
    assert post(b"[") == (400, "dryRan")


@pytest.mark.parametrize("key", ["", "unknown"])
def test_who_may_not_call_learns_nothing_of_parameters(shop: Partner, key: str) -> None:
    assert Partner(shop.tenant, key).get("/customers/{tenant}", Nickname="x").status_code == 401


def test_other_methods_are_refused_before_parameters(shop: Partner) -> None:
    assert shop.send("PUT", "/orders/{tenant}?Nickname=x", []).status_code == 405
    assert shop.send("OPTIONS", "/orders/{tenant}?Nickname=x").status_code == 405


def test_names_that_clients_made_up_are_not_recorded(shop: Partner) -> None:
    shop.get("/customers/{tenant}", AnnaSmith="x", Email="no address")

    (request,) = logged(shop, status=400)
    assert [(error["field"], error["code"]) for error in request.errors] == [
        ("A…h", "unknown_parameter"),
        ("Email", "email"),
    ]
