"""Where a second factor is demanded, nothing else is shown before there is one."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from hub.middleware.refused import PAGES
from tenants.admin.access import access_of

# What is shown without a factor: what sets one up, and the way out.
OPEN = {
    "account_login",
    "account_reauthenticate",
    "admin:jsi18n",
    "admin:logout",
    "invitation",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_authenticate",
    "mfa_index",
    "mfa_login_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "openid_connect_callback",
    "openid_connect_login",
}


class FactorRequired:
    """Lead whoever needs a second factor to where it is set up, or asked for where the session began without."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Answer instead of the view where a factor is missing."""
        match = request.resolver_match
        if not request.path_info.startswith(PAGES) or match is None or match.view_name in OPEN:
            return None
        if not request.user.is_authenticated or not is_required(request) or has_proved(request):
            return None
        if is_mfa_enabled(request.user):
            return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.path})}")
        return HttpResponseRedirect(reverse("mfa_index"))  # which says why


def is_required(request: HttpRequest) -> bool:
    """Tell whether the user needs a second factor: all do, or a tenant that they see demands it."""
    return bool(settings.REQUIRE_MFA or access_of(request).needs_factor)


def has_proved(request: HttpRequest) -> bool:
    """Tell whether the user still has a factor and proved it in this session."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records) and is_mfa_enabled(request.user)
