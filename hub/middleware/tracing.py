"""W3C trace context: every request has a trace id, the caller's own where it sends one, and one log line."""

import re
import secrets
import time
from collections.abc import Callable
from functools import partial

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from hub.middleware.requests import HubRequest, trace_id
from hub.middleware.streaming import began, is_awaiting_body
from hub.middleware.watching import is_stream, watch

TRACEPARENT = re.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
log = structlog.get_logger("hub.request")


def new_traceparent(incoming: str = "") -> str:
    """Return `00-<trace id>-<new span id>-00`, in the trace that `incoming` names when it is a valid traceparent."""
    match = TRACEPARENT.fullmatch(incoming)
    if match and match[1].strip("0") and match[2].strip("0"):
        return f"00-{match[1]}-{secrets.token_hex(8)}-00"
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


class TraceMiddleware:
    """Make each request a HubRequest, write the headers it collects on its answer, and log it.

    The line says route, status, time, tenant, and by id which key or user; never the path, which names customers. Of a
    body that is taken as it comes, and an answer that is sent so, it is written when that has ended; an answer that
    broke off is a 500 there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = began(request)
        begun = HubRequest.begin(request, new_traceparent(request.META.get("HTTP_TRACEPARENT", "")))
        structlog.contextvars.bind_contextvars(trace_id=trace_id(begun))
        try:
            response = self.get_response(begun)
            for name, value in begun.answer_headers.items():
                response[name] = value
            end = partial(_log, begun, response.status_code, start)
            if is_stream(response):
                watch(response, end, within=partial(structlog.contextvars.bound_contextvars, trace_id=trace_id(begun)))
            elif not is_awaiting_body(request) or response.status_code >= 400:
                end()
            return response
        finally:
            structlog.contextvars.clear_contextvars()


def _log(request: HubRequest, status: int, start: float, error: BaseException | None = None) -> None:
    match = request.resolver_match
    record = log.debug if request.path_info.startswith(settings.STATIC_URL) else log.info
    record(
        "request",
        method=request.method,
        route=match.route if match else None,
        status=500 if error else status,
        ms=round((time.perf_counter() - start) * 1000, 1),
        tenant=str(request.tenant_id) if request.tenant_id else None,
        key=request.api_key_id,
        user=request.user_id,
    )
