"""W3C trace context: every request has a trace id, the caller's own where it sends one, and one log line."""

import re
import secrets
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

TRACEPARENT = re.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
log = structlog.get_logger("hub.request")


def new_traceparent(incoming: str = "") -> str:
    """Return `00-<trace id>-<new span id>-00`, in the trace that `incoming` names when it is a valid traceparent."""
    match = TRACEPARENT.fullmatch(incoming)
    if match and match[1].strip("0") and match[2].strip("0"):
        return f"00-{match[1]}-{secrets.token_hex(8)}-00"
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def traceparent(request: HttpRequest) -> str:
    """Return the request's own traceparent."""
    found: str = getattr(request, "traceparent", "") or new_traceparent()
    return found


class TraceMiddleware:
    """Give each request its traceparent, answer with it, and log the request: route, status, time, never its path."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        context = new_traceparent(request.META.get("HTTP_TRACEPARENT", ""))
        request.traceparent = context  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(trace_id=context[3:35])
        try:
            response = self.get_response(request)
            response["traceparent"] = context
            match = request.resolver_match
            record = log.debug if request.path_info.startswith(settings.STATIC_URL) else log.info
            record(
                "request",
                method=request.method,
                route=match.route if match else None,
                status=response.status_code,
                ms=round((time.perf_counter() - start) * 1000, 1),
                tenant=str(getattr(request, "tenant_id", "")) or None,
            )
            return response
        finally:
            structlog.contextvars.clear_contextvars()
