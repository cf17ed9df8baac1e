"""The frame of the account's pages: the admin's, inside and outside of a session."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.generic import View
from django.views.generic.base import ContextMixin


class Frame(ContextMixin, View):
    """Mixin, before the view: gives its template what the admin's base templates ask for; nothing is kept by caches."""

    title = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **frame(self.request, self.title)}


def frame(request: HttpRequest, title: str) -> dict[str, Any]:
    """Return what the admin's base templates ask for."""
    return {**admin.site.each_context(request), "title": title}
