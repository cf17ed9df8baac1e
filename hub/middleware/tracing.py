"""W3C trace context: every request has a trace id, the caller's own where it sends one, and one log line."""

import re
import secrets
import time
from collections.abc import Callable
from functools import partial

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from hub.middleware.bodies import announced
from hub.middleware.hosts import QUICK
from hub.middleware.requests import HubRequest, trace_id
from hub.middleware.streaming import began, is_awaiting_body
from hub.middleware.watching import is_stream, sent, watch
from hub.spans import NOTHING, RequestSpan, begin_request

TRACEPARENT = re.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
log = structlog.get_logger("hub.request")


def new_traceparent(incoming: str = "") -> str:
    """Return `00-<trace id>-<new span id>-00`, in the trace that `incoming` names when it is a valid traceparent."""
    trace = incoming[3:35] if is_traceparent(incoming) else secrets.token_hex(16)
    return f"00-{trace}-{secrets.token_hex(8)}-00"


def is_traceparent(incoming: str) -> bool:
    """Tell whether a header names a trace."""
    match = TRACEPARENT.fullmatch(incoming)
    return bool(match and match[1].strip("0") and match[2].strip("0"))


def _is_noise(path: str, status: int) -> bool:
    """Tell what is asked for all day and went well: static files, and what machines ask that watch over the hub."""
    return path.startswith(settings.STATIC_URL) or (path in QUICK and status < 400)


class TraceMiddleware:
    """Make each request a HubRequest, write the headers it collects on its answer, and log it.

    The line says route, status, time, bytes, tenant, and by id which key or user; never the path, which names
    customers. Of a body that is taken as it comes, and an answer that is sent so, it is written when that has ended; an
    answer that broke off is a 500 there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = began(request)
        incoming = request.META.get("HTTP_TRACEPARENT", "")
        span = begin_request(incoming if is_traceparent(incoming) else "")
        begun = HubRequest.begin(request, span.traceparent if span else new_traceparent(incoming))
        structlog.contextvars.bind_contextvars(trace_id=trace_id(begun))
        try:
            with span.current() if span else NOTHING:
                response = self.get_response(begun)
            for name, value in begun.answer_headers.items():
                response[name] = value
            end = partial(_log, begun, response, start, span)
            if is_stream(response):
                watch(response, end, within=partial(structlog.contextvars.bound_contextvars, trace_id=trace_id(begun)))
            elif not is_awaiting_body(request) or response.status_code >= 400:
                end()
            elif span:
                span.span.end()
            return response
        finally:
            structlog.contextvars.clear_contextvars()


def _log(
    request: HubRequest,
    response: HttpResponseBase,
    start: float,
    span: RequestSpan | None,
    error: BaseException | None = None,
) -> None:
    match = request.resolver_match
    status = 500 if error else response.status_code
    if span:
        span.end(str(request.method), match.route if match else "", status)
    record = log.debug if _is_noise(request.path_info, status) else log.info
    record(
        "request",
        method=request.method,
        route=match.route if match else None,
        status=status,
        ms=round((time.perf_counter() - start) * 1000, 1),
        bytes_in=announced(request),
        bytes_out=sent(response),
        tenant=str(request.tenant_id) if request.tenant_id else None,
        key=request.api_key_id,
        user=request.user_id,
    )
