"""The OpenAPI document is valid, complete and true to the views and schemas that it is made from."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import orjson
import pytest
from django.urls import URLPattern, URLResolver
from pydantic import TypeAdapter
from schemathesis.specs.openapi.definitions import OPENAPI_31

from customers.schemas import CustomerRecord
from hub.api.openapi import document as made
from hub.api.openapi.answers import made as made_type
from hub.api.openapi.components import Components
from hub.api.openapi.document import document
from hub.api.openapi.operations import HEADERS
from hub.api.openapi.routes import routes
from hub.records.faults import TEXTS
from hub.records.schemas import STRICT, Schema
from tests.conftest import CLIENT, Partner
from tests.documents.examples import DOCUMENTS, Example, examples
from tests.tenants.routes import PATHS

DOCUMENT: dict[str, Any] = orjson.loads(document()[0])
SCHEMAS = DOCUMENT["components"]["schemas"]
# Addresses that are no endpoints of the API, and why.
LEFT_OUT = {
    "/admin": "leads to the admin's pages",
    "/(?:customers|orders|products|changes|exports|imports|requests)": "a path without its tenant, a 400 that says so",
    "/api": "no endpoint, a 404 in Custobar's shape",
    "/api/": "no endpoint, a 404 in Custobar's shape",
}
OPERATIONS = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
NAMES = [f"{method} {path}" for path, method, _ in OPERATIONS]


def sent(operation: dict[str, Any]) -> dict[str, Any]:
    """Return what an operation takes, by its type of media; what is no text has no schema."""
    found: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
    return found


def validator(schema: Any) -> Any:
    """Return what holds a value to a schema of the document."""
    return jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def served() -> Iterator[tuple[str, str, Any, str]]:
    """Return path, method, view and action of every endpoint that the resolver knows, the admin's pages apart."""
    for route in routes():
        if not route.path.startswith("/admin/") and route.path not in LEFT_OUT:
            assert route.actions, f"{route.path} says nothing of itself: give it operations (docs/architecture.md)"
            yield from ((route.path, method, route.view, action) for method, action in route.actions.items())


def callbacks(patterns: list[URLPattern | URLResolver]) -> Iterator[Any]:
    for pattern in patterns:
        yield from callbacks(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern.callback]


def test_the_document_is_valid() -> None:
    errors = [str(error) for error in jsonschema_rs.Draft202012Validator(OPENAPI_31).iter_errors(DOCUMENT)]

    assert errors == []


def test_every_schema_is_valid() -> None:
    for schema in SCHEMAS.values():
        assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_reference_leads_somewhere() -> None:
    named = set(re.findall(r'"#/components/(\w+/[^"]+)"', document()[0].decode()))

    known = {f"{kind}/{name}" for kind, each in DOCUMENT["components"].items() for name in each}
    assert named <= known
    assert {name for name in known if name.startswith("schemas/")} - named <= {"schemas/Include"}


def test_the_document_has_every_endpoint_with_its_methods_and_no_other() -> None:
    expected = {f"{method} {path}" for path, method, _, _ in served()}

    assert set(NAMES) == expected


def test_it_has_the_native_routes_that_strangers_are_kept_from() -> None:
    names = {"{tenant}": "{tenantId}", "/O-1": "/{orderId}", "/P-1": "/{productId}", "/V-1": "/{variantId}"}
    paths = {}
    for path, methods in PATHS.items():
        for sample, name in names.items():
            path = path.replace(sample, name)
        path = path.replace("imports/{tenantId}/1", "imports/{tenantId}/{id}")
        path = path.replace("customers/{tenantId}/C-1", "customers/{tenantId}/{id}")
        own = {"POST"} if path.endswith("/reconcile") else set(methods) - {"HEAD"}  # else it is a record of that name
        paths[path.replace("changes/{tenantId}/1", "changes/{tenantId}/{number}")] = own

    native = {path: {m.upper() for m in each} for path, each in DOCUMENT["paths"].items() if "{tenantId}" in path}
    assert native == paths


SERVED = list(served())


@pytest.mark.parametrize(
    ("path", "method", "view", "action"), SERVED, ids=[f"{method} {path}" for path, method, _, _ in SERVED]
)
def test_an_operation_has_the_parameters_that_its_view_reads(path: str, method: str, view: Any, action: str) -> None:
    found = [(each["in"], each["name"]) for each in DOCUMENT["paths"][path][method]["parameters"]]

    query = {name for source in ("in_query", "reads_also") for name in known(view, source, action)}
    assert {name for place, name in found if place == "query"} == query
    assert {name for place, name in found if place == "path"} == set(re.findall(r"{(\w+)}", path))
    assert {name for place, name in found if place == "header"} <= set(HEADERS)
    assert len(found) == len(set(found))


def known(view: Any, source: str, action: str) -> set[str]:
    parameters = getattr(view, source, {}).get(action)
    return set(parameters.known) if parameters else set()


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=NAMES)
def test_an_operation_says_what_everything_means(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    assert [each["name"] for each in operation["parameters"] if not each["description"]] == []
    assert [status for status, answer in operation["responses"].items() if not answer["description"]] == []
    assert any(status < "300" for status in operation["responses"])


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["CustomerRecord", "OrderRecord", "OrderItemRecord", "ProductRecord", "VariantRecord"])
def test_every_field_of_a_record_is_described(name: str) -> None:
    stored = SCHEMAS[f"Stored{name.removesuffix('Record')}"]

    for schema in (SCHEMAS[name], stored):
        assert [field for field, each in schema["properties"].items() if not each.get("description")] == []


def test_a_field_that_is_added_to_a_schema_appears_by_itself() -> None:
    class Longer(CustomerRecord, total=False):
        Nickname: str

    schema = Schema(Longer, "customers", 7, one_of=("CustomerId", "Email"))
    components = Components()

    body = components.schema(schema.body)

    assert body["maxItems"] == 7
    assert components.schemas["Longer"]["properties"]["Nickname"] == {"type": "string"}


def test_two_types_of_one_name_are_refused() -> None:
    components = Components()
    components.schema(made_type("Same", {"a": int}))

    with pytest.raises(TypeError, match="Same"):
        components.schema(made_type("Same", {"a": str}))


def test_limits_required_fields_and_choices_are_those_of_the_schemas() -> None:
    order, variant, customer = SCHEMAS["OrderRecord"], SCHEMAS["VariantRecord"], SCHEMAS["CustomerRecord"]

    assert order["required"][:3] == ["OrderId", "CustomerId", "Email"]
    assert order["properties"]["OrderItems"] == order["properties"]["OrderItems"] | {"minItems": 1, "maxItems": 1000}
    assert {"EUR", "HRK"} <= set(order["properties"]["Currency"]["enum"])
    assert variant["properties"]["Stock"]["maximum"] == 2_147_483_647
    assert customer["properties"]["Surname"]["maxLength"] == 300
    assert SCHEMAS["Fault"]["properties"]["code"]["enum"] == sorted(TEXTS)
    assert set(customer["properties"]) == set(CustomerRecord.__annotations__)
    assert TypeAdapter(CustomerRecord).json_schema()["additionalProperties"] is (STRICT["extra"] == "allow")


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=NAMES)
def test_the_examples_are_what_the_schemas_allow(path: str, method: str, operation: dict[str, Any]) -> None:
    for content in (content for content in sent(operation).values() if content["schema"]):
        assert content["examples"]
        for example in content["examples"].values():
            validator(content["schema"]).validate(example["value"])
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            if "example" in content:
                validator(content["schema"]).validate(content["example"])


@pytest.mark.parametrize(
    ("path", "operation"),
    [(path, each) for path, _, each in OPERATIONS if "application/json" in sent(each)],
    ids=[name for name, (_, _, each) in zip(NAMES, OPERATIONS, strict=True) if "application/json" in sent(each)],
)
def test_the_examples_are_stored(path: str, operation: dict[str, Any], partner: Partner) -> None:
    headers = {"api-key": partner.key} if path.startswith("/v1") else {"Authorization": f"Token {partner.key}"}
    for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
        address = path.replace("{programId}", partner.slug).replace("{tenantId}", "{tenant}")
        answer = partner.send("POST", address, example["value"], **headers)

        assert answer.status_code in (200, 201), answer.content


STORED_IN_PART = {"one_of_two_works"}  # the other update fails
REPLAYED = [each for document in DOCUMENTS for each in examples(document) if each.request and each.request.body]


@pytest.mark.parametrize("example", REPLAYED, ids=str)
def test_what_the_documents_send_is_valid_where_it_is_taken(example: Example) -> None:
    assert example.request
    operation = operation_of(example.request.path, example.request.method)
    schema = operation["requestBody"]["content"]["application/json"]["schema"]

    is_valid = validator(schema).is_valid(example.request.body)

    assert str(example.response.status) in operation["responses"]
    refused = example.response.status in (400, 404) or example.name in STORED_IN_PART
    assert is_valid or refused


def operation_of(path: str, method: str) -> dict[str, Any]:
    """Return the operation that an address leads to."""
    for template, operations in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)) + "/?", path):
            return dict(operations[method.lower()])
    raise AssertionError(f"{path} is not documented")


def test_it_says_how_a_key_is_sent() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]

    assert DOCUMENT["paths"]["/orders/{tenantId}"]["get"]["security"] == [{"key": []}]
    assert schemes["key"] == schemes["key"] | {"in": "header", "name": "x-replenit-auth-key"}
    assert DOCUMENT["paths"]["/api/customers/upload"]["post"]["security"] == [{"basic": []}, {"token": []}]
    assert len(DOCUMENT["paths"]["/v1/programs/{programId}/integrations/api"]["post"]["security"]) == 2


def test_it_is_made_once_and_does_not_depend_on_who_asks(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made, "make_document", None)

    first, second = CLIENT.get("/openapi.json"), partner.get("/openapi.json")

    assert first.content == second.content == document()[0]
    assert first["ETag"] == second["ETag"] == document()[1]
    assert partner.key.encode() not in first.content


def test_a_cache_that_has_it_is_told_so() -> None:
    answer = CLIENT.get("/openapi.json", headers={"If-None-Match": document()[1]})

    assert answer.status_code == 304
    assert answer.content == b""
    assert answer["Cache-Control"] == "public, no-cache"
    assert "X-RateLimit-Limit" not in answer.headers
