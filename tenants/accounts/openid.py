"""Logging in by OpenID Connect: begun by a button, ended where the provider sends the browser back."""

from allauth.socialaccount.providers.openid_connect import views
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from tenants.accounts.adapters import FAILED, refuse
from tenants.accounts.pages import frame
from tenants.attempts import count_page
from tenants.login import refuse_before


@never_cache
@require_POST
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to the provider; raises Http404 where none is set.

    By a page that moves on: the content security policy lets no form lead elsewhere, be it by a redirect.
    """
    try:
        refuse_before(count_page(request, "openid"))
        answer: HttpResponse = views.login(request, provider_id)
    except ValidationError as refused:
        return refuse(request, str(refused.message))
    except RequestException:
        return refuse(request, FAILED)
    target = answer.headers.get("Location", "")
    if not target.startswith(("http://", "https://")):
        return answer
    shown = {**frame(request, "Log in"), "target": target}
    return TemplateResponse(request, "tenants/accounts/openid.html", shown)


@never_cache
@require_GET
def end(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Log in, as far as the account's second factor, whoever the provider vouches for."""
    answer: HttpResponse = views.callback(request, provider_id)
    return answer
