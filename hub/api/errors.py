"""What can go wrong with a request, and the one place that turns it into an answer."""

import sys
from collections.abc import Mapping
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from psycopg.errors import QueryCanceled
from rest_framework.exceptions import MethodNotAllowed

from hub.api.outcomes import Outcome
from hub.api.responses import JsonResponse, failure
from hub.middleware.streaming import CutOff
from hub.records.faults import ValidationFailed
from hub.records.mistakes import mistakes_of

log = structlog.get_logger("hub.errors")

UNEXPECTED = "An unexpected error occurred. Please try again."
BUSY = "The hub is busy or restarting. Please try again."
TOO_LONG = "This took too long and was given up: nothing was changed. Please try again, with less at once."
FULL = "The hub has no room left for this. Its operators have to make some: please try again later."
RETRY_SECONDS, FULL_SECONDS = 2, 60
# Out of disk, memory or connections. A connection that is refused has no SQLSTATE, only the server's words.
NO_ROOM = {"53100": "disk", "53200": "memory", "53300": "connections"}
NO_CONNECTION = ("too many clients already", "remaining connection slots are reserved", "too many connections for")
# What a write is told where a node goes away under it or at its commit (a retry shows whether it was stored), and where
# tenants were brought back from their nodes meanwhile (a new connection knows).
CLUSTER_CHANGED = (
    "failure on connection marked as essential",
    "could not commit transaction for shard",
    "function on_shard(",
    "cache lookup failed for function",
)
# A transaction that the server ended, with its connection, for it rested or took too long: the driver's InternalError
# where its words come before the end of the connection.
ENDED = ("25P03", "25P04")
MOST_ERRORS = 100  # keys of `errors` in one answer


class ApiError(Exception):
    """An answer other than success: HTTP status, message of the envelope, data, headers."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.data, self.headers = status, message, data, headers


def answer_exception(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Render an exception as the envelope (DRF's EXCEPTION_HANDLER).

    `context` has the `request`, DRF's or a HubRequest, and the `view`, None outside of one; a view's `unexpected` are
    its own words for a 500.
    """
    response = _foreseen(error, context["request"].traceparent)
    if response is not None:
        return response
    if resource := _exhausted(error):
        log.error(f"the database is out of {resource}", exc_info=error)
        connection.close()
        return failure(503, FULL, headers={"Retry-After": str(FULL_SECONDS)})
    if _is_outage(error):
        log.warning("database unavailable", exc_info=error)
        connection.close()  # a broken connection must not serve the next request
        message = TOO_LONG if isinstance(_cause(error), QueryCanceled) else BUSY
        return failure(503, message, headers={"Retry-After": str(RETRY_SECONDS)})
    log.error("unexpected error", exc_info=error)
    return failure(500, getattr(context["view"], "unexpected", UNEXPECTED))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what was raised outside the API's views (Django's handler500)."""
    error = sys.exc_info()[1]
    assert isinstance(error, Exception)  # noqa: S101 — Django calls this while it handles one
    return answer_exception(error, {"request": request, "view": None})


def _foreseen(error: Exception, trace: str) -> HttpResponse | None:
    if isinstance(error, ApiError):
        return failure(error.status, error.message, error.data, error.headers)
    if isinstance(error, CutOff):
        return failure(error.status, str(error), headers=error.headers)
    if isinstance(error, ValidationFailed):
        return _problem(error, trace)
    if isinstance(error, MethodNotAllowed):
        return failure(405, "Method not allowed.")
    if isinstance(error, Http404):
        return failure(404, "Not found.")
    return None


def _cause(error: Exception) -> BaseException | None:
    """Return what the driver raised, where Django wraps it."""
    return error.__cause__ if isinstance(error, DatabaseError | InterfaceError) else error


def _exhausted(error: Exception) -> str | None:
    """Return what the database has no more of, None where that is not what went wrong."""
    cause = _cause(error)
    if not isinstance(cause, psycopg.Error):
        return None
    is_refused = any(words in str(cause) for words in NO_CONNECTION)
    return NO_ROOM["53300"] if is_refused else NO_ROOM.get(cause.sqlstate or "")


def _is_outage(error: Exception) -> bool:
    """Tell an unreachable, restarting or overloaded database from a fault of ours."""
    cause = _cause(error)
    outage = psycopg.OperationalError | psycopg.InterfaceError
    told = isinstance(cause, psycopg.Error) and (cause.sqlstate in ENDED or str(cause).startswith(CLUSTER_CHANGED))
    return told or isinstance(cause, outage) or isinstance(error, OperationalError | InterfaceError)


def _problem(error: ValidationFailed, trace: str) -> JsonResponse:
    """Write the one 400 body that satisfies both documents (000 and 001)."""
    kept = dict(list(error.errors.items())[:MOST_ERRORS])
    body: dict[str, object] = {
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "traceId": trace,
        "success": False,
        "message": error.message,
        "data": {},
        "errors": kept,
        "details": error.details[:MOST_ERRORS],
    }
    if len(error.errors) > MOST_ERRORS:
        body["truncated"] = True
    response = JsonResponse(body, status=400)
    response.outcome = Outcome(mistakes=mistakes_of(error.faults), faults=len(error.faults))
    return response
