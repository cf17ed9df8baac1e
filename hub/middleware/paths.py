"""Identifiers in paths: any character, slashes included.

A server decodes a path before it is split, so `a%2Fb` and `a/b` look alike in PATH_INFO. Where the server also hands
over the path as sent, an encoded slash becomes a NUL on the way to the view, which no identifier can hold.
"""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase

SLASH = "\0"
NO_TEXT = "The address must be UTF-8 and must not contain the character U+0000."


class BadAddress(BadRequest):
    """The path or the query is not text: bytes that are not UTF-8, or the character U+0000."""


class ExactPathMiddleware:
    """Keep encoded slashes apart from separators in `path_info`; raise BadAddress for an address that is not text."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _decoded(request.META.get("QUERY_STRING", ""))
        raw = request.META.get("RAW_URI", "").partition("?")[0]
        parts = [_decoded(part) for part in raw.split("/")]
        if SLASH in request.path_info:
            raise BadAddress(NO_TEXT)
        if "%2f" in raw.lower() and raw.startswith("/"):
            request.path_info = "/".join(part.replace("/", SLASH) for part in parts)
        return self.get_response(request)


def _decoded(raw: str) -> str:
    """Decode a piece of an address as it was sent: percent-encoded, other bytes as WSGI hands them over.

    Raises BadAddress.
    """
    try:
        text = unquote_to_bytes(raw.encode("latin-1")).decode()
    except UnicodeError:
        raise BadAddress(NO_TEXT) from None
    if "\0" in text:
        raise BadAddress(NO_TEXT)
    return text


def identifier_in_path(part: str) -> str:
    """Return an identifier from a route's `kwargs` with its slashes."""
    return part.replace(SLASH, "/")
