"""What a browser's pages need and an API call does not: sessions, CSRF tokens, messages.

Django's own middleware, kept out of the way of every other address: 0.15 of the 1.8 ms that an API call takes.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from hub.middleware.refused import PAGES
from hub.middleware.requests import HubRequest
from hub.sql.execute import renew_connection


class _ForPages:
    def __call__(self: Any, request: HttpRequest) -> Any:
        return super().__call__(request) if request.path_info.startswith(PAGES) else self.get_response(request)  # type: ignore[misc]


class Sessions(_ForPages, SessionMiddleware):
    """Gives a page its session; over a new connection where the database restarted: a browser does not ask again."""

    def process_request(self, request: HttpRequest) -> None:
        renew_connection()
        super().process_request(request)


class CsrfTokens(_ForPages, CsrfViewMiddleware):
    """Gives a page its CSRF token, and demands it."""


class Users(_ForPages, AuthenticationMiddleware):
    """Gives a page the user who is logged in, and the log of the request their id."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the answer; by now the page has asked who its user is."""
        HubRequest.of(request).user_id = request.user.pk
        return response


class Messages(_ForPages, MessageMiddleware):
    """Gives a page its messages."""
