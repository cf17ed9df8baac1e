"""One line of the request log, as it waits to be written: no value and no name that a client made up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from hub.api.openapi.routes import written
from hub.api.outcomes import Outcome, code_of
from hub.records.mistakes import Mistake

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
OTHER = "other"  # any method that is none
MOST_GROUPS, MOST_RECORDS = 20, 100  # kinds of mistakes of a request; numbers of records of each
Errors = list[dict[str, Any]]


@dataclass(slots=True)  # not frozen: that would cost each call 4 µs more
class Entry:
    """A call of a tenant's key; the columns of LoggedRequest."""

    tenant_id: UUID
    api_key_id: int | None
    source: str
    method: str
    route: str
    status: int
    milliseconds: float
    size: int
    received: int | None
    created: int | None
    updated: int | None
    unchanged: int | None
    removed: int | None
    changeset: int | None
    trace_id: str
    created_at: datetime
    faults: int = 0
    codes: Sequence[str] = ()
    errors: Errors = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stranger:
    """A call without a tenant; the columns of StrangerRequest."""

    network: str
    method: str
    route: str
    status: int
    code: str
    milliseconds: float
    size: int
    trace_id: str
    created_at: datetime


def known_method(method: str | None) -> str:
    """Return a method, or `other` for what is none: a client may send any word."""
    return method if method in METHODS else OTHER


@lru_cache(maxsize=256)
def template(route: str) -> str:
    """Write a route as the documents do: `^orders/(?P<tenant_id>[^/]+)/?$` → `/orders/{tenantId}`; "" for none."""
    return f"/{written(route)}" if route else ""


def mistakes_in(outcome: Outcome, status: int) -> Sequence[Mistake]:
    """Return what was wrong with a call; of a failure that says nothing, its status."""
    if outcome.mistakes or status < 400:
        return outcome.mistakes
    return [Mistake(code_of(status), "")]


def grouped(mistakes: Sequence[Mistake]) -> Errors:
    """Return mistakes with those that are the same put together: how often, and in which records first."""
    groups: dict[tuple[str, str, str, bool], dict[str, Any]] = {}
    for mistake in mistakes:
        key = (mistake.code, mistake.field, mistake.text, mistake.is_warning)
        if (group := groups.get(key)) is None:
            if len(groups) == MOST_GROUPS:
                continue
            said = {"code": key[0], "field": key[1], "text": key[2], "is_warning": key[3]}
            group = groups[key] = {**said, "times": 0, "records": []}
        group["times"] += 1
        if mistake.record is not None and len(group["records"]) < MOST_RECORDS:
            group["records"].append(mistake.record)
    return list(groups.values())
