"""The documents' examples, read from the JSON files beside this one. README.md says what they hold."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal

Match = Literal["exact", "subset", "shape"]

DOCUMENTS = ("000_customers", "001_api_reference", "002_jericommerce", "003_custobar")
FOLDER = Path(__file__).parent
# Members that no two answers share.
TIMES = {"processedAt", "deletedAt", "CreatedAt", "UpdatedAt"}
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
TRACE_ID = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# The headers whose value is a fact of the document; of the others only that they are numbers.
FIXED_HEADERS = {"X-RateLimit-Limit"}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None

    def addressed(self, *, tenant_id: str, key: str, slug: str) -> "Request":
        """Return the request to one tenant: {tenantId}, {key} and {slug} filled in, Basic authentication encoded."""

        def fill(text: str) -> str:
            return text.replace("{tenantId}", tenant_id).replace("{key}", key).replace("{slug}", slug)

        headers = {name: _encoded(fill(value)) for name, value in self.headers.items()}
        return replace(self, path=fill(self.path), headers=headers)


@dataclass(frozen=True)
class Response:
    """What is printed; `body` is None where the document prints none."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Example:
    """An example; `request` is None where none can provoke the response from outside."""

    document: str
    name: str
    source: str
    request: Request | None
    response: Response
    match: Match
    note: str = ""
    priority: Literal["customerid", "email"] = "customerid"
    required: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.document}/{self.name}"


def examples(document: str) -> list[Example]:
    """Return the examples of a document, e.g. "000_customers", by name."""
    return [_example(path) for path in sorted((FOLDER / document).glob("*.json"))]


def _example(path: Path) -> Example:
    printed = json.loads(path.read_text(encoding="utf-8"))
    request, tenant = printed["request"], printed.get("tenant", {})
    return Example(
        document=path.parent.name,
        name=path.stem,
        source=printed["source"],
        request=request and Request(**{**request, "query": request["query"] or {}, "body": expand(request["body"])}),
        response=Response(**printed["response"]),
        match=printed["match"],
        note=printed.get("note", ""),
        priority=tenant.get("priority", "customerid"),
        required=tuple(tenant.get("required", ())),
    )


def expand(value: Any) -> Any:
    """Replace the markers: {"$repeat": ["x", 3]} by "xxx", {"$records": [2, {"Id": "C-{i}"}]} by two records."""
    match value:
        case {"$repeat": [str(text), int(times)]}:
            return text * times
        case {"$records": [int(times), template]}:
            return [_numbered(template, number) for number in range(1, times + 1)]
        case dict():
            return {name: expand(member) for name, member in value.items()}
        case list():
            return [expand(member) for member in value]
    return value


def _numbered(template: Any, number: int) -> Any:
    return json.loads(json.dumps(template).replace("{i}", str(number)))


def _encoded(header: str) -> str:
    scheme, _, credentials = header.partition(" ")
    return f"Basic {b64encode(credentials.encode()).decode()}" if scheme == "Basic" else header


def matches(expected: Any, actual: Any, how: Match = "exact") -> bool:
    """Compare a printed JSON value with an answer's.

    exact: the same, times and trace ids apart, which must be well-formed.
    subset: more members are allowed, but not more `errors`.
    shape: as subset, and of texts and numbers only the type counts.
    """
    return next(differences(expected, actual, how), None) is None


def differences(expected: Any, actual: Any, how: Match = "exact", path: str = "$") -> Iterator[str]:
    """Yield a line for each place where `matches` finds the two apart."""
    member = path.rpartition(".")[2]
    if member in TIMES:
        yield from (f"{path}: {text!r} is no UTC time" for text in (expected, actual) if not _is_utc(text))
    elif member == "traceId":
        if not TRACE_ID.fullmatch(str(actual)):
            yield f"{path}: {actual!r} is no trace context"
    elif isinstance(expected, dict) and isinstance(actual, dict):
        yield from _different_members(expected, actual, how, path, closed=how == "exact" or member == "errors")
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _different_elements(expected, actual, how, path)
    elif type(expected) is not type(actual) or (expected != actual and (how != "shape" or isinstance(expected, bool))):
        yield f"{path}: {expected!r} expected, not {actual!r}"


def _different_members(
    expected: dict[str, Any], actual: dict[str, Any], how: Match, path: str, *, closed: bool
) -> Iterator[str]:
    yield from (f"{path}: no {name!r}" for name in expected.keys() - actual.keys())
    if closed:
        yield from (f"{path}: {name!r} is too much" for name in actual.keys() - expected.keys())
    for name in expected.keys() & actual.keys():
        yield from differences(expected[name], actual[name], how, f"{path}.{name}")


def _different_elements(expected: list[Any], actual: list[Any], how: Match, path: str) -> Iterator[str]:
    if len(expected) != len(actual):
        yield f"{path}: {len(expected)} elements expected, not {len(actual)}"
    for number, wanted, got in zip(count(), expected, actual, strict=False):
        yield from differences(wanted, got, how, f"{path}[{number}]")


def _is_utc(text: Any) -> bool:
    if not isinstance(text, str) or not UTC_TIME.fullmatch(text):
        return False
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def header_differences(expected: Mapping[str, str], actual: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each printed header that is missing, no number or, where fixed, another one."""
    for name, value in expected.items():
        got = actual.get(name, "")
        if not got.isdecimal() or (name in FIXED_HEADERS and got != value):
            yield f"{name}: {value!r} expected, not {got!r}"
