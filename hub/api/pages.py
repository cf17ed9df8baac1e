"""Where everything else is: `/` for browsers and for programs, the OpenAPI document, and the page that shows it.

They are the same for everybody and hold no secret, and cost less than it would to count them: like /health they have
no rate limit. Caches may keep them and ask each time whether they are still so, by ETag: a new version of the hub is
seen at once, and the document, 20 KB packed, goes over the line once.
"""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt

from hub.api.openapi.answers import Body
from hub.api.openapi.document import document
from hub.api.openapi.operations import Answer, Operation, says
from hub.api.responses import failure, to_json
from hub.middleware.security import NO_SCRIPT, OWN_SCRIPTS

JSON, HTML = "application/json", "text/html"
KEPT = ("ETag", "Cache-Control")
UNCHANGED = Answer(None, "It is what If-None-Match names.", KEPT)


class Links(Body):
    """Where everything else is."""

    docs: Literal["/docs"]
    """The page that shows the API, and tries it."""
    openapi: Literal["/openapi.json"]
    """The OpenAPI document."""
    admin: Literal["/admin/"]
    """The admin."""
    health: Literal["/health"]
    """Whether the hub can serve."""


View = Callable[[HttpRequest], HttpResponseBase]


def only_read(view: View) -> View:
    """Decorate a view that takes GET and HEAD; other methods are a 405."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return failure(405, "Method not allowed.", headers={"Allow": "GET, HEAD"})
        return view(request)

    return answer


@only_read
@says(
    get=Operation(
        "Hub",
        "Where everything is",
        "For who prefers HTML, as browsers do, the same as a page.",
        {200: Answer(Links, "The addresses.", (*KEPT, "Vary"), also=(HTML,)), 304: UNCHANGED},
        takes=("If-None-Match",),
    )
)
def start(request: HttpRequest) -> HttpResponseBase:
    """Send browsers and programs to what they look for."""
    if request.get_preferred_type([JSON, HTML]) == HTML:
        response = _page(request, "hub/start.html", NO_SCRIPT)
    else:
        links = {"docs": "docs", "openapi": "openapi", "admin": "admin:index", "health": "health"}
        response = _kept(request, to_json({name: reverse(view) for name, view in links.items()}), JSON)
    response["Vary"] = "Accept"
    return response


@only_read
@says(
    get=Operation(
        "Hub",
        "The OpenAPI document",
        "This document. It is the same for everybody.",
        {200: Answer(dict, "The document.", KEPT), 304: UNCHANGED},
        takes=("If-None-Match",),
    )
)
def openapi(request: HttpRequest) -> HttpResponseBase:
    """Answer with the OpenAPI document."""
    text, etag = document()
    return _kept(request, text, JSON, etag=etag)


@only_read
@says(
    get=Operation(
        "Hub",
        "The page that shows the API",
        "The document to read and to try out: needs nothing from elsewhere.",
        {200: Answer(str, "The page.", KEPT, media_type=HTML), 304: UNCHANGED},
        takes=("If-None-Match",),
    )
)
def docs(request: HttpRequest) -> HttpResponseBase:
    """Answer with Swagger UI, which reads the document."""
    return _page(request, "hub/docs.html", OWN_SCRIPTS)


def _page(request: HttpRequest, template: str, policy: str) -> HttpResponseBase:
    response = _kept(request, render_to_string(template).encode(), f"{HTML}; charset=utf-8")
    response["Content-Security-Policy"] = policy
    return response


def _kept(request: HttpRequest, content: bytes, content_type: str, *, etag: str = "") -> HttpResponseBase:
    """Answer with what caches may keep and ask for anew; 304 where the request names it."""
    etag = etag or f'"{sha256(content).hexdigest()[:32]}"'
    headers = {"Cache-Control": "public, no-cache", "ETag": etag}
    response = HttpResponse(content, content_type=content_type, headers=headers)
    found = get_conditional_response(request, etag=etag, response=response) or response
    found["Cache-Control"] = headers["Cache-Control"]
    return found
