"""How long a body may be, by its address: settings.BODY_BOUNDS, the one table of it.

Django reads no more of a body than its announced length, and without one nothing, so a page's form is bounded by what
it announces: in memory and, where files are sent, on disk. The API's endpoints read bodies themselves
(hub.api.body), also chunked ones, and refuse longer ones where the order of checks has it: after a wrong key.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from hub.middleware.refused import PAGES, page_of_refusal

MEGABYTE = 1024 * 1024


def most_bytes(path: str) -> int:
    """Return how many bytes a body may have that is sent to a path."""
    return next(most for beginning, most in settings.BODY_BOUNDS if path.startswith(beginning))


def announced(request: HttpRequest) -> int:
    """Return how long a request says that its body is; the hub's web server tells it of chunked ones, too."""
    length: str = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


class BodyBoundMiddleware:
    """Answer 413 with a page to a form that is too long, before anyone reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        most = most_bytes(request.path_info)
        if request.path_info.startswith(PAGES) and announced(request) > most:
            text = f"A form of this site may have {most / MEGABYTE:g} MB. Nothing was changed."
            return page_of_refusal(413, "What was sent is too large", text)
        return self.get_response(request)
