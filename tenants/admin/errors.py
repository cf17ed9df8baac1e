"""What can't be answered: a page below the admin's address, the API's envelope elsewhere. Django's handlers."""

from collections.abc import Callable
from dataclasses import replace

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from hub.admin.refusals import refusal_page
from hub.api import errors
from hub.api.responses import failure
from hub.middleware.refused import FAILED, FORBIDDEN, REFUSALS, UNAVAILABLE, is_page
from tenants.api import views


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an unusable address, host or form (handler400)."""
    return _as_page(request, views.bad_request(request, exception))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer who may not do this (handler403)."""
    return refusal_page(request, FORBIDDEN) if is_page(request) else failure(403, "Forbidden.")


def unknown_path(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a path without anything there (handler404)."""
    return _as_page(request, views.unknown_path(request, exception))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what was raised and nobody foresaw (handler500)."""
    return _as_page(request, errors.server_error(request))


def _as_page(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Return the API's answer, below the admin's address as a page: of an outage what the API says of it."""
    if not is_page(request):
        return answer
    refusal = REFUSALS.get(answer.status_code, FAILED)
    if answer.status_code == UNAVAILABLE.status:
        refusal = replace(refusal, what=orjson.loads(answer.content)["message"])
    page = refusal_page(request, refusal)
    if "Retry-After" in answer:
        page["Retry-After"] = answer["Retry-After"]
    return page


class RefusalPages:
    """Give a refusal below the admin's address that has no body, as of a wrong method, a page that says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not is_page(request) or not _is_bare(response) or response.status_code not in REFUSALS:
            return response
        page = refusal_page(request, REFUSALS[response.status_code])
        for name in {"Allow", "Retry-After"} & {*response.headers}:
            page[name] = response[name]
        return page


def _is_bare(response: HttpResponseBase) -> bool:
    return isinstance(response, HttpResponse) and not response.content
