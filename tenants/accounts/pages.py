"""The frame of the account's pages: the admin's, inside and outside of a session."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.views.generic import View
from django.views.generic.base import ContextMixin

from hub.middleware.compression import keep_plain


class Frame(ContextMixin, View):
    """Mixin, before the view: what the admin's base templates ask for; no cache keeps what is shown once."""

    title = ""
    shows_secret = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = cast(HttpResponse, super().dispatch(request, *args, **kwargs))
        response.headers["Cache-Control"] = "no-store"
        return keep_plain(response) if self.shows_secret else response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **frame(self.request, self.title)}


def frame(request: HttpRequest, title: str) -> dict[str, Any]:
    """Return what the admin's base templates ask for."""
    # No object: the theme would lead to its page in the admin, which has none.
    return {**admin.site.each_context(request), "title": title, "object": None}
