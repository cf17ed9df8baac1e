"""How long a body may be, by its address: settings.BODY_BOUNDS, and BODY_STREAMS for those that are taken as they come.

Django reads no more of a body than its announced length, and without one nothing, so a page's form is bounded by what
it announces: in memory and, where files are sent, on disk. The API's endpoints read bodies themselves
(hub.api.body), also chunked ones, and refuse longer ones where the order of checks has it: after a wrong key.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, Protocol

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from hub.middleware.refused import PAGES, TOO_LARGE, page_of_refusal

MEGABYTE = 1024 * 1024
WITH_BODIES = ("POST", "PUT", "PATCH")


class Source(Protocol):
    """What a body is read from."""

    def read(self, size: int = ..., /) -> bytes: ...


def most_bytes(path: str) -> int:
    """Return how many bytes a body may have that is sent to a path."""
    return next(most for beginning, most in settings.BODY_BOUNDS if path.startswith(beginning))


def most_in_stream(method: str, path: str) -> int:
    """Return how many bytes a body may have that is taken as it comes; 0 where it is read at once (`most_bytes`)."""
    if method not in WITH_BODIES:
        return 0
    return next((most for pattern, most in settings.BODY_STREAMS if re.fullmatch(pattern, path)), 0)


def longest(request: HttpRequest) -> int:
    """Return how many bytes the body of a request may have, however it is read."""
    return most_in_stream(request.method or "", request.path_info) or most_bytes(request.path_info)


def source_of(request: HttpRequest) -> Source:
    """Return what to read a body from, once.

    Django takes a chunked body for an empty one; the server's own stream knows its end.
    """
    if "CONTENT_LENGTH" not in request.META and request.META.get("HTTP_TRANSFER_ENCODING"):
        stream: BinaryIO = request.META["wsgi.input"]
        return stream
    return request


def announced(request: HttpRequest) -> int:
    """Return how long a request says that its body is; the hub's web server tells it of chunked ones, too."""
    length: str = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


class BodyBoundMiddleware:
    """Answer 413 with a page to a form that is too long, before anyone reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        most = longest(request)
        if request.path_info.startswith(PAGES) and announced(request) > most:
            what = f"A form of this site may have {most / MEGABYTE:g} MB; what was sent is too large."
            return page_of_refusal(request, replace(TOO_LARGE, what=what))
        return self.get_response(request)
