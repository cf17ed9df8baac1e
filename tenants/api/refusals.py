"""Refused requests: the record a tenant finds its own mistakes by, without any value it sent."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from hub.middleware.requests import HubRequest, trace_id
from tenants.models import RefusedRequest

log = structlog.get_logger("tenants.refusals")

BAD_REQUESTS = {400, 413, 415, 422}
MOST_CODES = 20
KEPT = timedelta(days=30)
POSITION = re.compile(r"\[\d+\]")
GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
NAME = re.compile(r"[A-Za-z_.]{1,100}")


class RefusedRequestMiddleware:
    """Record an authenticated caller's request that was answered 400, 413, 415, 422 or 5xx; never change the answer.

    Around everything that answers, so that it sees the dialects' answers and Django's own; an answer below 400 costs
    one comparison. What may be written is bounded by the tenant's rate limit and by `purge_refused_requests`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HubRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code >= 400 and request.tenant_id and _is_fault(response.status_code):
            _record(request.tenant_id, request, response)
        return response


def purge_refused_requests() -> int:
    """Delete refused requests older than 30 days and return how many."""
    return RefusedRequest.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _is_fault(status: int) -> bool:
    return status in BAD_REQUESTS or status >= 500


def _record(tenant_id: UUID, request: HubRequest, response: HttpResponseBase) -> None:
    match = request.resolver_match
    try:
        RefusedRequest.objects.create(
            tenant_id=tenant_id,
            api_key_id=request.api_key_id,
            method=(request.method or "")[:10],
            route=_readable(match.route if match else "")[:200],
            status=response.status_code,
            codes=_codes(response),
            trace_id=trace_id(request),
        )
    except Exception as error:  # the answer is worth more than its record
        log.warning("refused request not recorded", exc_info=error)


def _readable(route: str) -> str:
    """Write a route as the documents do: `^customers/(?P<tenant_id>[^/]+)/?$` → `customers/{tenant_id}`."""
    return GROUP.sub(r"{\1}", route).removeprefix("^").removesuffix("$").removesuffix("/?")


def _codes(response: HttpResponseBase) -> list[str]:
    """Return the distinct `Field: code` of an answer's details, e.g. `OrderItems.Sku: required`, in their order."""
    try:
        details = orjson.loads(getattr(response, "content", b"")).get("details", [])
    except (ValueError, AttributeError):  # an answer of another shape
        return []
    return list(dict.fromkeys(_code(detail) for detail in details))[:MOST_CODES]


def _code(detail: dict[str, Any]) -> str:
    """Name a detail's field and code. Of names that records made up, only those that look like field names are kept.

    Of names of parameters that nobody knows, none: what a client put there by mistake may be anything.
    """
    unknown = detail["code"] == "unknown_parameter"
    field = "" if unknown else POSITION.sub("", detail.get("field") or "")
    return f"{field}: {detail['code']}" if NAME.fullmatch(field) else str(detail["code"])
