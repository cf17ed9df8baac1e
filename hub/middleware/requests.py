"""The request as the hub's own code takes it: Django's, with what is found out about it on the way."""

from typing import Self, cast
from uuid import UUID

from django.http import HttpRequest


class HubRequest(HttpRequest):
    """A request that TraceMiddleware, the first of all, has given what is declared here. For typing alone."""

    traceparent: str  # its own, in the trace that the caller named
    tenant_id: UUID | None  # of the live key it came with; None without one, and before it was looked up
    api_key_id: int | None  # of that key
    source: str  # through what its writes come (tenants.models.Source); "" before its key was looked up
    user_id: int | None  # of who is logged in, on a page that was answered
    fault: str  # the kind of exception that its view raised; "" where it raised none
    answer_headers: dict[str, str]  # written on its answer, whoever makes that

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Return a request that has begun, by its own type, where Django or DRF call it HttpRequest."""
        return cast(Self, request)

    @staticmethod
    def begin(request: HttpRequest, traceparent: str) -> "HubRequest":
        """Set what is declared here, as it is before anybody has looked who sends the request; return the request."""
        begun = HubRequest.of(request)
        begun.traceparent = traceparent
        begun.tenant_id, begun.api_key_id, begun.user_id, begun.source, begun.fault = None, None, None, "", ""
        begun.answer_headers = {"traceparent": traceparent, "X-Request-Id": trace_id(begun)}
        return begun


def trace_id(request: HubRequest) -> str:
    """Return the request's trace id: the 32 hexadecimal digits in `00-<trace id>-<span id>-00`."""
    return request.traceparent[3:35]
