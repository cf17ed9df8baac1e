"""Addresses in the log: a personal value, and so a line has one only where LOG_ADDRESSES says so."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import bind_contextvars

from tenants.api.throttling import caller_address


class AddressMiddleware:
    """Name the caller's address on every line that the request logs; within TraceMiddleware, which ends that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        bind_contextvars(address=caller_address(request))
        return self.get_response(request)
