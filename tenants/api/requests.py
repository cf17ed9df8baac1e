"""GET /requests/{tenantId}: a tenant's own calls of the last 30 days, of all its keys, to be looked at or polled."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpResponse
from pydantic import Field, WithJsonSchema
from rest_framework.request import Request

from hub.api.openapi.answers import Body, Written
from hub.api.openapi.operations import Operation
from hub.api.pagination import DEFAULT_LIMIT, LIMIT
from hub.api.parameters import Parameters, meaning, number, written
from hub.api.responses import success, utc
from hub.records.types import required_text
from hub.sql.bigint import MOST_DIGITS
from tenants.api.answers import Count, Number
from tenants.api.operations import found
from tenants.api.views import TenantViewSet
from tenants.models import ApiKey, LoggedRequest
from tenants.requests.reading import newest, requests_after
from tenants.scopes import Scope

MOST_NUMBER = 10**MOST_DIGITS - 1
STATUS_OR_CLASS = re.compile("[2-5](?:[0-9]{2}|[Xx]{2})")
MOST_ROUTE, MOST_KEY = 200, 8  # characters


def _statuses(text: str) -> tuple[int, int] | None:
    """Return the first and the last status that a text means, `404` or all of `4xx`; None where it is neither."""
    if not STATUS_OR_CLASS.fullmatch(text):
        return None
    return (int(text), int(text)) if text.isdigit() else (int(text[0]) * 100, int(text[0]) * 100 + 99)


AS_TEXT = WithJsonSchema(
    {
        "type": "string",
        "pattern": f"^{STATUS_OR_CLASS.pattern}$",
        "description": "A status, `404`, or a class of them, `4xx`.",
        "examples": ["404", "4xx"],
    }
)
STATUS = Annotated[tuple[int, int], written("status", _statuses), AS_TEXT]


class Mistaken(Body):
    """One kind of mistake of a request."""

    Field: str | None
    """Where; null for the record or the request as a whole."""
    Code: str
    """Its kind."""
    Message: str
    """What is wrong, without any value that was sent."""
    Warning: bool
    """Whether it was a warning, and the record stored."""
    Times: Count
    """How often."""
    Records: list[Count]
    """In which records of the batch, the first of them."""


class Logged(Body):
    """One call."""

    At: Written
    """When it came, in UTC."""
    Method: str
    Route: str
    """The address without identifiers."""
    Status: int
    Received: Count | None
    """Records that came."""
    Created: Count | None
    Updated: Count | None
    Unchanged: Count | None
    Removed: Count | None
    Changeset: Number | None
    """Number of the changeset in the feed."""
    Milliseconds: Annotated[float, Field(ge=0)]
    """How long the answer took."""
    Bytes: Count
    """Length of the body."""
    Dialect: str
    """Through which dialect."""
    Key: str | None
    """The first characters of the key."""
    TraceId: str
    """The trace."""
    Errors: list[Mistaken]
    """What was wrong."""


class Requests(Body):
    """Calls in the order in which they were logged."""

    results: list[Logged]
    next: Count
    """The `after` of the next call."""


REQUESTS = {
    "list": Operation(
        "Requests",
        "Read your own calls",
        "Calls of the tenant's keys, of the last 30 days, in the order in which they were logged, up to a second after "
        "their answers; without `after` the newest.",
        found(Requests, "Calls, none where nothing came."),
    )
}


class RequestViewSet(TenantViewSet):
    """A tenant's calls in the order in which they were logged; `next` is the `after` of the next call."""

    needs = {"list": Scope.ALL}  # any of them: it tells of calls, and of nobody
    operations = REQUESTS
    in_query = {
        "list": Parameters(
            {
                "status": STATUS,
                "route": meaning(Annotated[str, required_text(MOST_ROUTE)], "A route as `Route` says it."),
                "key": meaning(Annotated[str, required_text(MOST_KEY)], "The first 8 characters of a key."),
                "after": meaning(number(0, MOST_NUMBER), "The `next` of the call before."),
                "limit": LIMIT,
            }
        )
    }

    def list(self, request: Request, **_: Any) -> HttpResponse:
        """Answer with the calls logged after the number in `after`, the newest without it; at most `limit` (100)."""
        after, limit = self.query.get("after"), self.query.get("limit", DEFAULT_LIMIT)
        keys = dict(ApiKey.objects.filter(tenant=self.tenant.pk).values_list("pk", "prefix"))
        mine = LoggedRequest.objects.filter(tenant=self.tenant.pk)
        found = self._filtered(mine, keys)
        rows, last = newest(mine, found, limit) if after is None else requests_after(mine, found, after, limit)
        return success("Requests found.", {"results": [as_item(row, keys) for row in rows], "next": last})

    def _filtered(self, found: QuerySet[LoggedRequest], keys: Mapping[int, str]) -> QuerySet[LoggedRequest]:
        if statuses := self.query.get("status"):
            found = found.filter(status__range=statuses)
            if statuses[0] >= 400:
                found = found.filter(faults__gt=0)  # as all of them have; an index knows those
        if route := self.query.get("route"):
            found = found.filter(route=f"/{route.strip('/')}")
        if key := self.query.get("key"):
            found = found.filter(api_key__in=[pk for pk, prefix in keys.items() if prefix == key])
        return found


def as_item(row: LoggedRequest, keys: Mapping[int, str]) -> dict[str, Any]:
    """Write a call as the API does; a key by its first characters."""
    return {
        "At": utc(row.created_at),
        "Method": row.method,
        "Route": row.route,
        "Status": row.status,
        "Received": row.received,
        "Created": row.created,
        "Updated": row.updated,
        "Unchanged": row.unchanged,
        "Removed": row.removed,
        "Changeset": row.changeset,
        "Milliseconds": row.milliseconds,
        "Bytes": row.size,
        "Dialect": row.source,
        "Key": keys.get(row.api_key_id or 0),
        "TraceId": row.trace_id,
        "Errors": [
            {
                "Field": error["field"] or None,
                "Code": error["code"],
                "Message": error["text"],
                "Warning": error["is_warning"],
                "Times": error["times"],
                "Records": error["records"],
            }
            for error in row.errors
        ],
    }
