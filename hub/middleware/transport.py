"""Whether a request came over TLS, as the proxies say that the hub trusts, and nobody before them."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

HEADER = "HTTP_X_FORWARDED_PROTO"


class TransportMiddleware:
    """Leave of X-Forwarded-Proto what the outermost trusted proxy put there; Django would take the client's, the first.

    A proxy that overwrites the header leaves one value, those that add to it one each.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        hops = [hop.strip() for hop in request.META.pop(HEADER, "").split(",")]
        if settings.TRUSTED_PROXIES:
            request.META[HEADER] = hops[max(0, len(hops) - settings.TRUSTED_PROXIES)]
        return self.get_response(request)
