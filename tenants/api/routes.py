"""How a request's address is named where it is kept: by its pattern, which holds no value that was sent."""

import re
from functools import lru_cache

from django.http import HttpRequest

GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
MOST_ROUTE = 200


def route_of(request: HttpRequest) -> str:
    """Return the pattern of a request's address as the documents write it, "" where none matched."""
    match = request.resolver_match
    return _readable(match.route)[:MOST_ROUTE] if match else ""


@lru_cache(maxsize=256)
def _readable(route: str) -> str:
    """Write a route as the documents do: `^customers/(?P<tenant_id>[^/]+)/?$` → `customers/{tenant_id}`."""
    return GROUP.sub(r"{\1}", route).removeprefix("^").removesuffix("$").removesuffix("/?")
