"""Every call of the API goes into the request log: of a tenant's key a line, of strangers and of pages a count."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from hub.api.outcomes import NOTHING, Outcome
from hub.metrics.counters import count_refusal, count_request
from hub.middleware.bodies import announced
from hub.middleware.refused import PAGES
from hub.middleware.requests import HubRequest, trace_id
from hub.middleware.streaming import began, has_come, is_awaiting_body
from hub.middleware.waiting import is_resumed
from hub.middleware.watching import is_stream, watch
from tenants.api.routes import route_of
from tenants.api.throttling import caller_address
from tenants.requests.entries import Entry, Stranger, grouped, known_method, mistakes_in
from tenants.requests.pages import PageView
from tenants.requests.writer import WRITER

log = structlog.get_logger("tenants.requests")
# What has no tenant by its nature, and who asks for it is no stranger. "/" is one, too.
OPEN = (PAGES, settings.STATIC_URL, "/.well-known/", "/health", "/livez", "/readyz", "/metrics", "/docs", "/openapi")
STATIC, UNMATCHED = "static", "unmatched"  # in the place of a route that a request has none of


class RequestLogMiddleware:
    """Log each call as it was answered; never change the answer.

    Around everything that answers, so that it sees the dialects' answers and Django's own. A call that waits for news
    is logged when it begins to wait; answered anew it is the same call, unless that fails. One whose body is taken as
    it comes is logged when that has come, and one whose answer is sent so when that has ended: as a 500 where it broke
    off. Their time is all the time they took.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HubRequest) -> HttpResponseBase:
        start = began(request)
        came = datetime.now(UTC) - timedelta(seconds=time.perf_counter() - start)
        response = self.get_response(request)
        if is_stream(response):
            watch(response, partial(_try_to_log, request, response, came, start))
        elif response.status_code >= 400 or not _is_logged_at_another_time(request):
            _try_to_log(request, response, came, start)
        return response

    def process_exception(self, request: HubRequest, exception: Exception) -> None:
        """Note of what kind an exception is that a view raised, for the count of pages that failed."""
        request.fault = type(exception).__name__


def _is_logged_at_another_time(request: HubRequest) -> bool:
    """Tell whether the line of a request, where it does not fail, is written later or was written before."""
    return is_awaiting_body(request) or (is_resumed(request) and not has_come(request))


def _try_to_log(
    request: HubRequest,
    response: HttpResponseBase,
    came: datetime,
    start: float,
    broke_off: BaseException | None = None,
) -> None:
    status = 500 if broke_off else response.status_code
    try:
        _log(request, response, status, came, round((time.perf_counter() - start) * 1000, 1))
    except Exception as error:  # the answer is worth more than its line
        log.warning("request not logged", exc_info=error)


def _log(request: HubRequest, response: HttpResponseBase, status: int, came: datetime, milliseconds: float) -> None:
    outcome: Outcome = getattr(response, "outcome", NOTHING)
    _count(request, outcome, status, milliseconds)
    if request.tenant_id:
        WRITER.add(_entry(request, status, outcome, came, milliseconds))
    elif status >= 400 and request.path_info != "/" and not request.path_info.startswith(OPEN):
        WRITER.add(_stranger(request, status, outcome, came, milliseconds))
    elif request.path_info.startswith(PAGES):
        WRITER.add(PageView(route_of(request), status, milliseconds, came, trace_id(request), request.fault))


def _count(request: HubRequest, outcome: Outcome, status: int, milliseconds: float) -> None:
    """Count a request for Prometheus; of one that is no page's also what was wrong with it."""
    path = request.path_info
    route = STATIC if path.startswith(settings.STATIC_URL) else route_of(request) or UNMATCHED
    count_request(known_method(request.method), route, status, milliseconds / 1000)
    if not path.startswith(OPEN):
        for code in {mistake.code for mistake in mistakes_in(outcome, status)}:
            count_refusal(code)


def _entry(request: HubRequest, status: int, outcome: Outcome, came: datetime, milliseconds: float) -> Entry:
    assert request.tenant_id  # noqa: S101 — asked before
    errors = grouped(mistakes) if (mistakes := mistakes_in(outcome, status)) else []
    return Entry(
        tenant_id=request.tenant_id,
        api_key_id=request.api_key_id,
        source=request.source,
        method=known_method(request.method),
        route=route_of(request),
        status=status,
        milliseconds=milliseconds,
        size=announced(request),
        received=outcome.received,
        created=outcome.created,
        updated=outcome.updated,
        unchanged=outcome.unchanged,
        removed=outcome.removed,
        changeset=outcome.changeset,
        trace_id=trace_id(request),
        created_at=came,
        faults=max(outcome.faults, len(mistakes)),
        codes=list(dict.fromkeys(error["code"] for error in errors)),
        errors=errors,
    )


def _stranger(request: HubRequest, status: int, outcome: Outcome, came: datetime, milliseconds: float) -> Stranger:
    first = mistakes_in(outcome, status)[0]
    return Stranger(
        network=caller_address(request)[:50],
        method=known_method(request.method),
        route=route_of(request),
        status=status,
        code=first.code,
        milliseconds=milliseconds,
        size=announced(request),
        trace_id=trace_id(request),
        created_at=came,
    )
