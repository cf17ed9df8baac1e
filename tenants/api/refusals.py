"""Refused requests: the record a tenant finds its own mistakes by, without any value or name of its own it sent."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from hub.middleware.requests import HubRequest, trace_id
from tenants.api.routes import route_of
from tenants.models import RefusedRequest

log = structlog.get_logger("tenants.refusals")

BAD_REQUESTS = {400, 413, 415, 422}
MOST_CODES = 20
KEPT = timedelta(days=30)


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
    try:
        RefusedRequest.objects.create(
            tenant_id=tenant_id,
            api_key_id=request.api_key_id,
            method=(request.method or "")[:10],
            route=route_of(request),
            status=response.status_code,
            codes=list(getattr(response, "codes", ()))[:MOST_CODES],
            trace_id=trace_id(request),
        )
    except Exception as error:  # the answer is worth more than its record
        log.warning("refused request not recorded", exc_info=error)
