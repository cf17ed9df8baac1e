"""Addresses in the log: a personal value, so a line has one, or its network, only where LOG_ADDRESSES says so."""

from collections.abc import Callable
from ipaddress import ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import bind_contextvars

from tenants.api.throttling import caller_host

KEPT_BITS = {4: 24, 6: 48}  # of an address that is truncated: what a household or an office has, and its neighbours


class AddressMiddleware:
    """Name the caller's address on every line that the request logs; within TraceMiddleware, which ends that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        address = caller_host(request) or "unknown"
        bind_contextvars(address=address if settings.LOG_ADDRESSES == "on" else truncated(address))
        return self.get_response(request)


def truncated(address: str) -> str:
    """Return the network of an address, `203.0.113.0/24`; "" for what is none."""
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        return ""
    bits = min(KEPT_BITS[network.version], network.prefixlen)
    return str(network.supernet(new_prefix=bits))
