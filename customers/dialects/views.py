"""What the vendors' endpoints share: failures have the native status and headers, in a body of the vendor's own."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from django.http import HttpResponse

from hub.api.outcomes import NOTHING
from hub.api.responses import JsonResponse
from tenants.api.views import TenantViewSet


class DialectViewSet(TenantViewSet):
    """An endpoint of a vendor's; a subclass says how it words a failure."""

    def failure_body(self, native: Mapping[str, Any]) -> dict[str, Any]:
        """Return the vendor's body of a failure from the native one."""
        raise NotImplementedError

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Answer any failure as the native API does, but for the body."""
        return reworded(super().handle_exception(exc), self.failure_body)


def reworded(native: HttpResponse, failure_body: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> HttpResponse:
    """Return a native failure with its status and headers, in the body that a vendor words it in."""
    headers = {name: value for name, value in native.items() if name != "Content-Type"}
    response = JsonResponse(failure_body(orjson.loads(native.content)), status=native.status_code, headers=headers)
    response.outcome = getattr(native, "outcome", NOTHING)
    return response
