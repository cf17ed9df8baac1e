"""A form whose CSRF token is none any more: another tab logged in since, or the browser lost its cookies.

A page says that it was out of date, but the log-in's: who is logged in already goes on, and nobody else reads of CSRF.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.urls import reverse
from django.utils.http import urlencode

from hub.admin.refusals import refusal_page
from hub.middleware.refused import OUT_OF_DATE, page_of_refusal
from tenants.accounts.login import LogIn
from tenants.accounts.required import has_proved, is_required

# Forms of people who are not logged in, and the page that shows each of them anew.
BEFORE_LOG_IN = {
    "mfa_authenticate": "mfa_authenticate",
    "mfa_login_webauthn": "account_login",
    "openid_connect_login": "account_login",
    "forgotten_password": "forgotten_password",
}
AGAIN = "That page was out of date. Try again."


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token or origin is wrong (Django's CSRF_FAILURE_VIEW)."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    if name == "account_login":
        return LogIn.out_of_date(request, is_own=_is_own(request, reason))
    if name in BEFORE_LOG_IN:
        return _form_again(request, BEFORE_LOG_IN[name])
    if request.user.is_authenticated and is_required(request) and not has_proved(request):
        return page_of_refusal(request, OUT_OF_DATE)  # nothing of the admin is shown before the second factor
    return refusal_page(request, OUT_OF_DATE)


def _is_own(request: HttpRequest, reason: str) -> bool:
    """Tell whether the browser vouches that a page of this very origin sent the form: no page can set these headers.

    Django has compared Origin with the host before it looked at the token.
    """
    has_origin = "Origin" in request.headers and reason != REASON_BAD_ORIGIN % request.headers["Origin"]
    return has_origin and request.headers.get("Sec-Fetch-Site") == "same-origin"


def _form_again(request: HttpRequest, page: str) -> HttpResponse:
    """Lead to a form with a token that is good, on to where the stale one would have led."""
    messages.warning(request, AGAIN)
    onward = request.POST.get("next", "")
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': onward})}" if onward else reverse(page))
