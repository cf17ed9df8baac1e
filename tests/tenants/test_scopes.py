"""What a key may do: every route and method against every scope, from a table that is written out."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tenants.admin.connect import endpoints
from tenants.api.views import TenantViewSet
from tenants.keys import create_key
from tenants.models import ApiKey, Changeset, Entity, Look, Tenant
from tenants.scopes import ENTITIES, VERBS, Scope, scope_of
from tests.conftest import CLIENT, Partner
from tests.customers.dialects.vendors import basic, send_upload, send_users, upload, user
from tests.files.sending import as_import
from tests.orders.records import order
from tests.products.records import product
from tests.tenants.routes import EVERY_ROUTE

SCOPES = [f"{verb} {entity}" for entity in ENTITIES for verb in VERBS]
READERS = frozenset({"read customers", "read orders", "read products"})
WRITERS = frozenset({"write customers", "write orders", "write products"})
PROGRAM, UPLOADS = "/v1/programs/{tenant}/integrations/api", "/api/customers/upload/"
# Of each route and method the scopes that do, any one of them. Literal: it is the contract, not the code.
NEEDED: dict[tuple[str, str], frozenset[str]] = {
    ("POST", "/customers/{tenant}/reconcile"): frozenset({"read customers"}),
    ("POST", "/orders/{tenant}/reconcile"): frozenset({"read orders"}),
    ("POST", "/products/{tenant}/reconcile"): frozenset({"read products"}),
    ("GET", "/exports/{tenant}"): frozenset({"read orders"}),  # whose records it is asked for
    ("HEAD", "/exports/{tenant}"): frozenset({"read orders"}),
    ("GET", "/requests/{tenant}"): frozenset(SCOPES),
    ("HEAD", "/requests/{tenant}"): frozenset(SCOPES),
    ("POST", "/customers/{tenant}"): frozenset({"write customers"}),
    ("GET", "/customers/{tenant}"): frozenset({"read customers"}),
    ("HEAD", "/customers/{tenant}"): frozenset({"read customers"}),
    ("DELETE", "/customers/{tenant}"): frozenset({"erase customers"}),
    ("GET", "/customers/{tenant}/C-1"): frozenset({"read customers"}),
    ("HEAD", "/customers/{tenant}/C-1"): frozenset({"read customers"}),
    ("POST", "/orders/{tenant}"): frozenset({"write orders"}),
    ("GET", "/orders/{tenant}"): frozenset({"read orders"}),
    ("HEAD", "/orders/{tenant}"): frozenset({"read orders"}),
    ("GET", "/orders/{tenant}/O-1"): frozenset({"read orders"}),
    ("HEAD", "/orders/{tenant}/O-1"): frozenset({"read orders"}),
    ("DELETE", "/orders/{tenant}/O-1"): frozenset({"erase orders"}),
    ("DELETE", "/orders/{tenant}/O-1/items"): frozenset({"erase orders"}),
    ("POST", "/products/{tenant}"): frozenset({"write products"}),
    ("GET", "/products/{tenant}"): frozenset({"read products"}),
    ("HEAD", "/products/{tenant}"): frozenset({"read products"}),
    ("GET", "/products/{tenant}/P-1"): frozenset({"read products"}),
    ("HEAD", "/products/{tenant}/P-1"): frozenset({"read products"}),
    ("DELETE", "/products/{tenant}/P-1"): frozenset({"erase products"}),
    ("DELETE", "/products/{tenant}/P-1/variants/V-1"): frozenset({"erase products"}),
    ("GET", "/changes/{tenant}"): READERS,
    ("HEAD", "/changes/{tenant}"): READERS,
    ("GET", "/changes/{tenant}/1"): frozenset({"read customers"}),  # whose changeset it is
    ("HEAD", "/changes/{tenant}/1"): frozenset({"read customers"}),
    ("POST", "/imports/{tenant}"): frozenset({"write customers"}),  # what the file holds
    ("GET", "/imports/{tenant}"): READERS | WRITERS,
    ("HEAD", "/imports/{tenant}"): READERS | WRITERS,
    ("GET", "/imports/{tenant}/1"): frozenset({"read customers", "write customers"}),
    ("HEAD", "/imports/{tenant}/1"): frozenset({"read customers", "write customers"}),
    ("PATCH", "/imports/{tenant}/1"): frozenset({"write customers"}),
    ("DELETE", "/imports/{tenant}/1"): frozenset({"write customers"}),
    ("POST", "/imports/{tenant}/1/start"): frozenset({"write customers"}),
    ("GET", "/imports/{tenant}/1/rejected"): frozenset({"read customers", "write customers"}),
    ("HEAD", "/imports/{tenant}/1/rejected"): frozenset({"read customers", "write customers"}),
    ("POST", PROGRAM): frozenset({"write customers"}),
    ("DELETE", PROGRAM): frozenset({"erase customers"}),
    ("POST", UPLOADS): frozenset({"write customers"}),
    ("GET", "/api/data/customers/"): frozenset({"read customers"}),
    ("POST", "/api/events/upload/"): frozenset({"write customers"}),
}
QUERIES = {
    ("POST", "/imports/{tenant}"): "?entity=customers",
    ("GET", "/exports/{tenant}"): "?entity=orders",
    ("HEAD", "/exports/{tenant}"): "?entity=orders",
    ("DELETE", "/customers/{tenant}"): "?customerId=nobody",
    ("DELETE", "/orders/{tenant}/O-1/items"): "?productId=P-1&sku=none",
    ("DELETE", PROGRAM): "?email=nobody@example.com",
    ("GET", "/api/data/customers/"): "?external_id=C-1",
}
BITS = {
    "read customers": 1, "write customers": 2, "erase customers": 4, "read orders": 8, "write orders": 16,
    "erase orders": 32, "read products": 64, "write products": 128, "erase products": 256,
}  # fmt: skip


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with a record of each entity: its changesets 1, 2 and 3."""
    partner.save("customers", {"CustomerId": "C-1", "Email": "ada@example.com"})
    partner.save("orders", order())
    partner.save("products", product())
    return partner


def holding(shop: Partner, *scopes: str) -> Partner:
    """Return a caller with a new key of the shop's that has these scopes alone."""
    bits = Scope(sum(BITS[scope] for scope in scopes))
    return Partner(shop.tenant, create_key(shop.tenant, label="narrow", scopes=bits)[1])


def call(caller: Partner, method: str, path: str, body: Any = None) -> Any:
    """Send a request as whoever speaks the dialect of its path would."""
    address = path.format(tenant=caller.id) + QUERIES.get((method, path), "")
    headers = {}
    if path.startswith("/v1/"):
        headers = {"api-key": caller.key}
    elif path.startswith("/api/"):
        headers = basic(caller.slug, caller.key)
    address, file, more = as_import(caller, method, address.replace(caller.id, "{tenant}"))
    if file is not None:
        return caller.send(method, address, file, **headers, **more)
    usual = {"ids": ["1"]} if path.endswith("/reconcile") else []
    return caller.send(method, address, usual if body is None else body, **headers)


def said(response: Any) -> str:
    """Return the words of a refusal, in whichever dialect."""
    body = response.json()
    return str(body["error"]["reason"] if body.get("response") == "error" else body.get("error") or body["message"])


def test_the_bits_of_scopes_are_stored_and_never_change() -> None:
    assert {f"{verb} {entity}": int(scope_of(verb, entity)) for entity in ENTITIES for verb in VERBS} == BITS
    assert set(ENTITIES) == set(Entity)
    assert sum(BITS.values()) == int(Scope.ALL) == 511


def test_every_native_route_has_a_line_in_the_table() -> None:
    named = {(method, path.partition("?")[0]) for method, path in EVERY_ROUTE}
    of_a_record = {(method, path) for method, path in named if path.endswith("/reconcile") and method != "POST"}
    assert named - of_a_record <= set(NEEDED)


@pytest.mark.parametrize(("method", "path"), NEEDED)
def test_a_key_does_what_its_one_scope_allows_and_nothing_else(shop: Partner, method: str, path: str) -> None:
    needed = NEEDED[method, path]

    answers = {scope: call(holding(shop, scope), method, path) for scope in SCOPES}

    assert {scope for scope, answer in answers.items() if answer.status_code < 300} == needed
    refused = [answer for scope, answer in answers.items() if scope not in needed]
    assert {answer.status_code for answer in refused} == ({403} if refused else set())
    if refused and method != "HEAD":
        words = {"read customers, orders or products" if needed >= READERS else min(needed)}
        # With what would do for another entity.
        if path in ("/changes/{tenant}/1", "/exports/{tenant}") or path.startswith("/imports/"):
            words |= {f"{min(needed).split()[0]} customers, orders or products"}
        assert {said(answer) for answer in refused} == {f"The key may not {each}." for each in words}


@pytest.mark.parametrize(("method", "path"), NEEDED)
def test_all_scopes_but_one_leave_all_but_that(shop: Partner, method: str, path: str) -> None:
    needed = NEEDED[method, path]

    for missing in SCOPES:
        answer = call(holding(shop, *(scope for scope in SCOPES if scope != missing)), method, path)
        assert (answer.status_code == 403) == (needed == {missing}), missing


@pytest.mark.parametrize(("method", "path"), NEEDED)
def test_a_key_made_without_saying_may_do_everything(shop: Partner, method: str, path: str) -> None:
    assert ApiKey.objects.get(tenant=shop.tenant).scopes == 511
    assert call(shop, method, path).status_code < 300


WRITES = [route for route in NEEDED if route[0] in ("POST", "DELETE") and not route[1].endswith("/reconcile")]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_what_is_refused_changes_nothing(shop: Partner, method: str, path: str) -> None:
    records = {"customers": [{"CustomerId": "C-2"}], "orders": [order(OrderId="O-2")], "products": [product()]}
    narrow = holding(shop, *READERS)

    assert call(narrow, method, path, records.get(path.split("/")[1])).status_code == 403

    assert Changeset.objects.filter(tenant=shop.tenant).count() == 3


def test_a_refusal_is_worded_as_its_dialect_words_failures(shop: Partner) -> None:
    reader = holding(shop, "read orders")

    native, jericommerce, custobar = (
        reader.post("customers", []),
        send_users(reader, []),
        send_upload(reader, {"customers": []}),
    )

    text = "The key may not write customers."
    assert [answer.status_code for answer in (native, jericommerce, custobar)] == [403] * 3
    assert native.json() == {"success": False, "message": text, "data": {}}
    assert jericommerce.json() == {"results": [], "error": text}
    assert custobar.json() == {"response": "error", "error": {"reason": text, "errors": {}}}


# The order of checks


def test_the_scope_is_asked_after_the_key_and_the_tenant(shop: Partner, by_email: Partner) -> None:
    reader = holding(shop, "read orders")
    assert Partner(by_email.tenant, reader.key).post("customers", []).status_code == 401

    Tenant.objects.filter(pk=shop.tenant.pk).update(is_enabled=False)
    assert said(reader.post("customers", [])) == "Tenant is disabled."


def test_the_scope_is_asked_before_rate_method_size_type_and_fields(shop: Partner) -> None:
    reader = holding(shop, "read orders")
    Tenant.objects.filter(pk=shop.tenant.pk).update(per_minute=1)

    answers = [
        reader.post("customers", [{"Nobody": 1}]),
        reader.post("customers", b"{"),
        reader.post("customers", b" " * 11_000_000),
        reader.post("customers", b"x", content_type="text/plain"),
        reader.delete("/customers/{tenant}", emial="x"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert reader.get("/orders/{tenant}").status_code == 429, "what was refused has counted"
    assert reader.send("PATCH", "/customers/{tenant}").status_code == 429, "a method that is not there needs no scope"


def test_a_method_that_is_not_there_needs_no_scope(shop: Partner) -> None:
    reader = holding(shop, "read orders")

    answers = [reader.send(method, "/customers/{tenant}") for method in ("PUT", "PATCH", "OPTIONS")]

    assert [answer.status_code for answer in answers] == [405] * 3


def test_narrowing_a_key_works_on_the_next_request(shop: Partner) -> None:
    assert shop.post("orders", [order()]).status_code == 200

    ApiKey.objects.filter(tenant=shop.tenant).update(scopes=BITS["read orders"])

    assert shop.post("orders", [order()]).status_code == 403
    assert shop.get("/orders/{tenant}").status_code == 200


def test_an_order_that_names_a_customer_needs_no_scope_for_customers(shop: Partner) -> None:
    writer = holding(shop, "write orders")

    assert writer.save("orders", order(OrderId="O-9", CustomerId="C-1"))["created"] == 1


# Nothing is open that says no scope


def views(patterns: Any) -> Iterator[tuple[str, type[TenantViewSet], dict[str, str]]]:
    """Yield each route of a tenant's with its view and what it does by method."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            if view and issubclass(view, TenantViewSet):
                yield str(pattern.pattern), view, pattern.callback.actions  # type: ignore[attr-defined]


def test_every_action_of_every_route_says_what_it_needs() -> None:
    found = list(views(get_resolver().url_patterns))

    silent = [(route, a) for route, view, actions in found for a in actions.values() if not view.needs.get(a)]
    assert len(found) >= 14
    assert silent == []


def test_an_action_that_says_nothing_is_nobodys(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    (view,) = {view for _, view, _ in views(get_resolver().url_patterns) if view.__name__ == "OrderViewSet"}
    monkeypatch.setattr(view, "needs", {})

    assert (shop.get("/orders/{tenant}").status_code, shop.post("orders", []).status_code) == (403, 403)


def test_the_connect_page_says_which_scope_each_call_needs(shop: Partner) -> None:
    for endpoint in endpoints(shop.tenant, "http://testserver"):
        allowed = [scope for scope in SCOPES if scope.startswith(endpoint.scope)]
        call = endpoint.call
        path = call.url.removeprefix("http://testserver")

        assert holding(shop, *allowed).send(call.method, path, call.body).status_code < 300, endpoint.name
        if others := [scope for scope in SCOPES if scope not in allowed]:
            assert holding(shop, *others).send(call.method, path, call.body).status_code == 403, endpoint.name


# The feed


def entities(caller: Partner, **query: str) -> list[str]:
    answer = caller.get("/changes/{tenant}", **query)
    assert answer.status_code == 200, answer.content
    return [item["Entity"] for item in answer.json()["data"]["results"]]


@pytest.mark.parametrize("limit", ["1", "2", "100"])
@pytest.mark.parametrize("bits", range(1, 8))
def test_the_feed_tells_a_key_of_what_it_may_read(shop: Partner, bits: int, limit: str) -> None:
    for i in range(3):
        shop.save("customers", {"CustomerId": f"C-{i + 2}"})
        shop.save("products", product(ProductId=f"P-{i + 2}"))
    readable = [entity for i, entity in enumerate(ENTITIES) if bits >> i & 1]
    reader = holding(shop, *(f"read {entity}" for entity in readable))
    everything = [(item["Number"], item["Entity"]) for item in shop.changes()]

    told: list[tuple[int, str]] = []
    after = 0
    while page := (data := reader.get("/changes/{tenant}", after=str(after), limit=limit).json()["data"])["results"]:
        told += [(item["Number"], item["Entity"]) for item in page]
        after = data["next"]

    assert told == [(number, entity) for number, entity in everything if entity in readable]
    assert [number for number, _ in everything] == list(range(1, 10)), "gapless for who sees all"


def test_the_feed_of_an_entity_that_a_key_may_not_read_is_refused(shop: Partner) -> None:
    reader = holding(shop, "read orders", "read products", "write customers", "erase customers")

    assert entities(reader, entity="orders") == ["orders"]
    refused = reader.get("/changes/{tenant}", entity="customers")

    assert (refused.status_code, said(refused)) == (403, "The key may not read customers.")


@pytest.mark.parametrize("include", ["records", "keys", "records,keys"])
def test_the_feed_tells_no_record_that_a_key_may_not_read(shop: Partner, include: str) -> None:
    reader = holding(shop, "read products", "write customers", "write orders")

    answer = reader.get("/changes/{tenant}", include=include)

    assert [item["Entity"] for item in answer.json()["data"]["results"]] == ["products"]
    assert b"ada@example.com" not in answer.content
    assert b"C-1" not in answer.content


def test_one_changeset_of_another_entity_is_refused_unread(shop: Partner) -> None:
    reader = holding(shop, "read orders")

    answers = [reader.get(f"/changes/{{tenant}}/{number}") for number in (1, 2, 3, 4)]

    assert [answer.status_code for answer in answers] == [403, 200, 403, 404]
    assert said(answers[0]) == "The key may not read customers."
    assert not Look.objects.filter(tenant=shop.tenant, entity=Entity.CUSTOMERS).exists()


@pytest.mark.parametrize(
    ("scopes", "kinds"),
    [
        (("read orders",), {"orders"}),
        (("read orders", "read products"), {"orders", "products"}),
        (tuple(READERS), None),
    ],
)
def test_a_key_waits_for_what_it_may_read_alone(shop: Partner, scopes: tuple[str, ...], kinds: Any) -> None:
    reader = holding(shop, *scopes)
    address = f"/changes/{shop.id}?after=3&wait=30"
    able: dict[str, Any] = {"hub.seconds": 30}  # what the hub's web server says

    answer = CLIENT.get(address, headers={"x-replenit-auth-key": reader.key}, **able)

    wait = answer.wsgi_request.META["hub.wait"]
    assert (answer.json()["data"]["results"], wait.kinds and set(wait.kinds)) == ([], kinds)


# Custobar: a record that erases


ERASING: list[dict[str, Any]] = [{"external_id": "1", "is_deleted": True}, {"external_id": "2", "is_forgotten": "yes"}]


def test_an_upload_that_erases_needs_a_key_that_may(partner: Partner) -> None:
    upload(partner, {"external_id": "1", "first_name": "Ann"}, {"external_id": "2", "first_name": "Ben"})
    writer = holding(partner, "write customers")

    answer = upload(writer, ERASING[0], {"external_id": "3"}, ERASING[1], {"external_id": "1", "last_name": "Lee"})

    text = "The key may not erase customers."
    assert answer["rejected"] == {"[0]": [text], "[2]": [text]}
    found = {customer["CustomerId"]: customer for customer in partner.read("customers")}
    assert {id: customer["Name"] for id, customer in found.items()} == {"1": "Ann", "2": "Ben", "3": None}
    assert found["1"]["Surname"] == "Lee"


def test_places_of_an_upload_stay_those_of_its_body(partner: Partner) -> None:
    writer = holding(partner, "write customers")
    odd = {"external_id": "4", "email": "none", "is_deleted": False}

    answer = upload(writer, {"external_id": "not ok!"}, ERASING[0], odd)

    assert answer["rejected"].keys() == {"[0]", "[1]"}
    assert answer["warnings"].keys() == {"[2].email"}
    assert [customer["CustomerId"] for customer in partner.read("customers")] == ["4"]


def test_an_upload_that_only_erases_is_refused_as_one_of_which_nothing_is_stored(partner: Partner) -> None:
    upload(partner, {"external_id": "1"})

    answer = send_upload(holding(partner, "write customers", "erase orders"), {"customers": ERASING})

    assert answer.status_code == 400
    text = "The key may not erase customers."
    assert answer.json()["error"]["errors"] == {"[0].is_deleted": [text], "[1].is_forgotten": [text]}
    assert len(partner.read("customers")) == 1


def test_a_key_that_may_erase_does_so_through_an_upload(partner: Partner) -> None:
    upload(partner, {"external_id": "1"}, {"external_id": "2"})

    answer = upload(holding(partner, "write customers", "erase customers"), *ERASING)

    assert "rejected" not in answer
    assert partner.read("customers") == []


def test_an_empty_upload_and_one_that_erases_nobody_are_stored_as_ever(partner: Partner) -> None:
    writer = holding(partner, "write customers")

    assert send_upload(writer, {"customers": []}).json() == {"response": "ok", "count": 0}
    assert "rejected" not in upload(writer, {"external_id": "1", "is_deleted": False, "is_forgotten": None})


def test_jericommerce_needs_no_more_than_to_write(partner: Partner) -> None:
    answer = send_users(holding(partner, "write customers"), [user("ann@example.org", "1")])

    assert answer.json()["results"][0]["status"] == "created"
