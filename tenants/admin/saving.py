"""Edits that are not saved yet: what their script (hub/static/hub/unsaved.js) is told."""

import re

from django.http import HttpRequest, HttpResponse

FIELD = "save"  # in which a form names the attempt to save it
SAVED = "hub_saved"
NAMED = re.compile(r"[0-9a-f-]{1,40}\Z")
SECONDS = 3600


def saved(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Tell the page that comes next which attempt was answered: what it kept of it is needed no more."""
    token = request.POST.get(FIELD, "")
    if NAMED.match(token):
        response.set_cookie(SAVED, token, max_age=SECONDS, path="/admin/", secure=request.is_secure(), samesite="Lax")
    return response
