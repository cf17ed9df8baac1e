"""The time zone that a page of the admin is written in: that of the tenant it is about."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from hub.middleware.refused import PAGES
from tenants.admin.access import access_of, write_times_in
from tenants.admin.lists import chosen_tenant

WITHOUT_TIMES = {"admin:jsi18n", "admin:login", "admin:logout"}


class TimeZones:
    """Writes a page of the admin in its tenants' one time zone, else in UTC, and ends that with the answer.

    At first that of the list's chosen tenant, or of all that the user sees; a page about one record says so again
    (TenantScopedAdmin.get_object). Whatever has no page, and what is the user's own, is in UTC.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PAGES):
            return self.get_response(request)
        with timezone.override(UTC):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Choose the zone of a page that somebody who is logged in has asked for."""
        match = request.resolver_match
        if match is None or match.namespace != "admin" or match.view_name in WITHOUT_TIMES:
            return
        if request.user.is_authenticated:
            write_times_in(access_of(request).zones_of(chosen_tenant(request)))
