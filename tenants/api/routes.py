"""How a request's address is named where it is kept: by its pattern, which holds no value that was sent."""

from django.http import HttpRequest

from tenants.requests.entries import template

MOST_ROUTE = 200  # characters


def route_of(request: HttpRequest) -> str:
    """Return the pattern of a request's address as the documents write it, "" where none matched."""
    match = request.resolver_match
    return template(match.route)[:MOST_ROUTE] if match else ""
