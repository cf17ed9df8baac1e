"""Rate limits: fixed windows of a minute and an hour, counted in the statement that authenticates."""

import math
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from hub.api.errors import ApiError


@dataclass(frozen=True, slots=True)
class Window:
    """One window: requests allowed, requests counted with this one, and when it ends (epoch seconds)."""

    limit: int
    counted: int
    reset: int

    @property
    def remaining(self) -> int:
        """Requests the window still lets through."""
        return max(0, self.limit - self.counted)


@dataclass(frozen=True, slots=True)
class Rate:
    """A caller's two windows, at the database's time (epoch seconds)."""

    minute: Window
    hour: Window
    now: float

    @property
    def nearest(self) -> Window:
        """The window that is nearer to the end of its allowance; of two exhausted ones, the one that lasts longer."""
        return min(self.minute, self.hour, key=lambda window: (window.remaining, -window.reset))

    @property
    def retry_after(self) -> int | None:
        """Seconds until a request is let through again, None where this one is."""
        ends = [window.reset for window in (self.minute, self.hour) if window.counted > window.limit]
        return max(1, math.ceil(max(ends) - self.now)) if ends else None

    @property
    def headers(self) -> dict[str, str]:
        """The rate-limit headers of an answer, about the nearest window."""
        window = self.nearest
        return {
            "X-RateLimit-Limit": str(window.limit),
            "X-RateLimit-Remaining": str(window.remaining),
            "X-RateLimit-Reset": str(window.reset),
        }


def refuse_excess(rate: Rate) -> None:
    """Raise ApiError 429 where the rate is over a limit."""
    if seconds := rate.retry_after:
        raise ApiError(
            429,
            f"Rate limit exceeded. Retry after {seconds} seconds.",
            data={"retryAfter": seconds},
            headers={"Retry-After": str(seconds)},
        )


class TenantThrottle(BaseThrottle):
    """Lets a request through whose caller, as authenticated, is within the limits; raises ApiError 429 else."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        caller: Any = request.auth
        refuse_excess(caller.rate)
        return True


def caller_address(request: HttpRequest) -> str:
    """Return the address the request came from, past as many proxies as the hub trusts."""
    direct: str = request.META.get("REMOTE_ADDR", "")
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    hops: list[str] = [*forwarded, direct]
    return hops[max(0, len(hops) - 1 - settings.TRUSTED_PROXIES)][:45]
