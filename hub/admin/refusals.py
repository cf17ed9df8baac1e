"""Refusals as pages: in the admin's frame for who is logged in, else and where the database failed by themselves."""

from django.contrib import admin
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from hub.middleware.refused import Refusal, page_of_refusal, shown_of


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer with a page. One of a 500 or a 503 asks the database nothing."""
    if refusal.status >= 500:
        return page_of_refusal(request, refusal)
    try:
        return _in_frame(request, refusal)
    except (DatabaseError, InterfaceError):
        return page_of_refusal(request, refusal)


def _in_frame(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer in the admin's frame; without it who is not logged in, or was refused before anybody asked who it is."""
    if not hasattr(request, "user") or not admin.site.has_permission(request):
        return page_of_refusal(request, refusal)
    shown = {**admin.site.each_context(request), **shown_of(request, refusal)}
    headers = {"Cache-Control": "no-store"}
    return TemplateResponse(request, "admin/refusal.html", shown, status=refusal.status, headers=headers).render()
