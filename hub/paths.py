"""Identifiers in paths: any character, slashes included.

A server decodes a path before it is split, so `a%2Fb` and `a/b` look alike in PATH_INFO. Where the server also hands
over the path as sent, an encoded slash becomes a NUL on the way to the view, which no identifier can hold.
"""

from collections.abc import Callable
from urllib.parse import quote, unquote, unquote_to_bytes

from django.http import HttpRequest, HttpResponseBase

from hub.responses import failure

SLASH = "\0"


class ExactPathMiddleware:
    """Tell encoded slashes from separators, and refuse addresses with NUL or bytes that are no UTF-8."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.META.get("RAW_URI") or f"{quote(request.path_info)}?{request.META.get('QUERY_STRING', '')}"
        if not is_text(unquote_to_bytes(sent)):
            return failure(400, "The address must be UTF-8 and must not contain the character U+0000.")
        raw = sent.partition("?")[0]
        if "%2f" in raw.lower() and raw.startswith("/"):
            request.path_info = "/".join(unquote(part).replace("/", SLASH) for part in raw.split("/"))
        return self.get_response(request)


def is_text(octets: bytes) -> bool:
    """Tell UTF-8 without NUL from anything else, which Django would quietly replace by other characters."""
    try:
        return "\0" not in octets.decode()
    except UnicodeDecodeError:
        return False


def identifier_in_path(part: str) -> str:
    """Return an identifier as the client meant it."""
    return part.replace(SLASH, "/")
