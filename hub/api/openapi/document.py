"""The OpenAPI document of the whole hub, made once a process: from the URL resolver, the views and what they say."""

from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from django.urls import reverse

from hub.api.openapi.components import Components
from hub.api.openapi.operations import (
    ALWAYS,
    HEADERS,
    RATE,
    TAKEN,
    TAKEN_BY_WRITES,
    TOLD_OF_WRITES,
    Answer,
    Operation,
)
from hub.api.openapi.routes import Route, routes
from hub.api.parameters import NOTHING, Parameters
from hub.api.responses import to_json
from hub.version import VERSION

ABOUT = """Customers, orders and products of retail tenants: sent in batches, read back, followed as they change.

A request names its tenant in the path and carries a key of that tenant. Fields are matched by name in any case, and
what is not known is ignored and reported. Every address takes a trailing slash, and HEAD wherever it takes GET. Other
methods are a 405 with `Allow`, other addresses a 404, and those that cannot be read a 400.
Answers longer than 1 KB are compressed with gzip for clients that ask for it."""
TAGS = {
    "Customers": "Upserts, reads and erasures of customers.",
    "Orders": "Orders with their line items.",
    "Products": "Products with their variants.",
    "Changes": "What changed, in commit order and without gaps.",
    "Imports": "Files of a million records: sent at once or in parts, stored in the background.",
    "Exports": "All records in one answer.",
    "Requests": "Your own calls, and what was wrong with them.",
    "Jericommerce": "Customers as shops send them that were with Jericommerce.",
    "Custobar": "Customers and unsubscribes as shops send them that were with Custobar.",
    "Hub": "About the hub itself; needs no key.",
}
COMPRESSED = "JSON in UTF-8, at most 10 MB; compressed with gzip where Content-Encoding says so."
FILE = "The file as it is; packed where Content-Encoding says so. At most 5 GB."
IF_KNOWN = ".if-known"  # behind the name of a header that may be missing
# How a filter's name ends, and which records it finds.
COMPARED = {
    "": "is this",
    "gt": "is after this moment",
    "gte": "is this moment or after it",
    "in": "is one of these",
    "lt": "is before this moment",
    "lte": "is this moment or before it",
}


@cache
def document() -> tuple[bytes, str]:
    """Return the document as JSON, and its ETag. It depends on nothing but the code, so it is made once."""
    text = to_json(make_document(routes()))
    return text, f'"{sha256(text).hexdigest()[:32]}"'


def make_document(served: Iterable[Route]) -> dict[str, Any]:
    """Return the document of those routes that say something of themselves."""
    components = Components()
    paths: dict[str, dict[str, Any]] = {}
    schemes: dict[str, Any] = {}
    for route in served:
        for method, action in route.actions.items():
            if action in route.operations:
                paths.setdefault(route.path, {})[method] = _operation(route, action, components)
                schemes |= _schemes(route.view)
    headers = {name: {**_header(components, name), "required": True} for name in HEADERS}
    headers |= {f"{name}{IF_KNOWN}": {**header, "required": False} for name, header in headers.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Data hub", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        "externalDocs": {"url": reverse("start"), "description": "Where everything else is."},
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {"schemas": components.schemas, "headers": headers, "securitySchemes": schemes},
    }


def _operation(route: Route, action: str, components: Components) -> dict[str, Any]:
    said: Operation = route.operations[action]
    writes = _writes(route, action)
    of_writes = getattr(route.view, "refusals_of_writes", {}) if writes else {}
    answers = {**getattr(route.view, "refusals", {}), **_of_bodies(route, said), **of_writes, **said.answers}
    always = (*ALWAYS, *getattr(route.view, "tells", ()))
    done = (*always, *TOLD_OF_WRITES) if writes else always
    takes = (*TAKEN, *(TAKEN_BY_WRITES if writes else ()), *said.takes)
    found = {
        "tags": [said.tag],
        "operationId": f"{said.tag}_{route.label(action)}".lower(),
        "summary": said.summary,
        "description": said.description,
        "parameters": [*_in_path(route, components), *_in_query(route, action, components), *_taken(takes, components)],
        "responses": {
            str(status): _answer(answer, status, done if status < 300 else always, components)
            for status, answer in sorted(answers.items())
        },
        "security": [{name: []} for name in _schemes(route.view)],
    }
    if said.files:
        return {**found, "requestBody": _file(said.files)}
    if said.body is None:
        return found
    examples = {name.replace(" ", "-"): {"summary": name, "value": value} for name, value in said.examples.items()}
    content = {"schema": components.schema(said.body), "examples": examples}
    return {**found, "requestBody": _body(content)}


def _body(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"required": True, "description": COMPRESSED, "content": {"application/json": content}}


def _file(files: Mapping[str, str]) -> dict[str, Any]:
    """Return what is said of a body that is a file; one that is no text has no example."""
    content: dict[str, Any] = {
        media_type: {"schema": {"type": "string"}, "examples": {"file": {"summary": "file", "value": text}}}
        if text
        else {"schema": {}}
        for media_type, text in files.items()
    }
    return {"required": False, "description": FILE, "content": content}


def _writes(route: Route, action: str) -> bool:
    """Tell whether an action takes an Idempotency-Key."""
    return getattr(getattr(route.view, action, None), "is_write", False)


def _of_bodies(route: Route, said: Operation) -> Mapping[int, Answer]:
    """Return what else an endpoint may answer that takes a body."""
    return getattr(route.view, "refusals_of_bodies", {}) if said.body is not None else {}


def _answer(answer: Answer, status: int, always: Iterable[str], components: Components) -> dict[str, Any]:
    """Return an answer; the rate is not told where the database could not count."""
    headers = {name.strip("[]"): name.startswith("[") for name in (*always, *answer.headers)}
    if status >= 500:
        headers |= dict.fromkeys(headers.keys() & set(RATE), True)
    references = {name: f"{name}{IF_KNOWN}" if may_miss else name for name, may_miss in sorted(headers.items())}
    found: dict[str, Any] = {
        "description": answer.description,
        "headers": {name: {"$ref": f"#/components/headers/{each}"} for name, each in references.items()},
    }
    if answer.body is not None:
        content = {"schema": components.schema(answer.body)}
        shown = {"example": answer.example} if answer.example else {}
        text = {"schema": {"type": "string"}}
        found["content"] = {answer.media_type: content | shown, **dict.fromkeys(answer.also, text)}
    return found


def _in_path(route: Route, components: Components) -> list[dict[str, Any]]:
    known = {**getattr(route.view, "in_path", NOTHING).types, **getattr(route.view, "named", {})}
    described = {name: _described(components, known[name]) for name in route.names}
    return [{"name": name, "in": "path", "required": True, **each} for name, each in described.items()]


def _in_query(route: Route, action: str, components: Components) -> list[dict[str, Any]]:
    """Return an action's parameters: those that a delete needs all of are required."""
    parameters: Parameters = getattr(route.view, "in_query", {}).get(action, NOTHING)
    found = []
    also: Parameters = getattr(route.view, "reads_also", {}).get(action, NOTHING)
    for name, kind in {**parameters.known, **also.known}.items():
        each = {"name": name, "in": "query", **_described(components, kind, name)}
        if name.endswith("__in"):
            each["content"] = {"application/json": {"schema": each.pop("schema")}}
        elif each["schema"].get("type") == "array":
            each |= {"style": "form", "explode": False}
        found.append(each | ({"required": True} if parameters.needs is all and name in parameters.types else {}))
    return found


def _taken(names: Iterable[str], components: Components) -> list[dict[str, Any]]:
    """Return the headers that a request may have."""
    return [{"name": name, "in": "header", **_header(components, name)} for name in names]


def _header(components: Components, name: str) -> dict[str, Any]:
    schema = dict(components.schema(HEADERS[name]))
    return {"description": schema.pop("description"), "schema": schema}


def _described(components: Components, kind: Any, name: str = "") -> dict[str, Any]:
    """Return the schema of a value with what it means beside it; a filter, `name`, says that by its name."""
    schema = dict(components.inlined(kind))
    meaning = schema.pop("description", "")
    field, _, compared = name.partition("__")
    if not meaning and field[:1].isupper():
        meaning = f"Only records of which {field} {COMPARED[compared]}."
    return {"description": meaning, "schema": schema}


def _schemes(view: Any) -> Mapping[str, Any]:
    """Return how a key is sent to a view, by name."""
    return {
        name: scheme for each in getattr(view, "authentication_classes", ()) for name, scheme in each.schemes.items()
    }
