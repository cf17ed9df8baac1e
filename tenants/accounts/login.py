"""Logging in: name and password, then the account's second factor where it has one; or a passkey alone."""

from typing import Any, cast

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeAgainView
from allauth.mfa.webauthn.views import LoginWebAuthnView, ReauthenticateWebAuthnView
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from tenants.accounts.forms import PasswordAgainForm
from tenants.accounts.pages import Frame
from tenants.attempts import count_page
from tenants.login import LoginForm


class LogIn(Frame, LoginView):
    """The log-in page."""

    title = "Log in"
    form_class = LoginForm
    template_name = "tenants/accounts/login.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Send on who is logged in, but not who may not use the admin any more: it would send them back."""
        super().setup(request, *args, **kwargs)
        self.redirect_authenticated_user = admin.site.has_permission(request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = super().get_context_data(**kwargs)
        shown["has_openid"] = bool(settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"])
        return {**shown, "app_path": self.request.get_full_path(), "next": self.get_redirect_url()}

    @classmethod
    def out_of_date(cls, request: HttpRequest, *, is_own: bool) -> HttpResponse:
        """Answer a log-in whose CSRF token is stale: who is logged in goes on, who is not logs in or is asked again.

        It is taken as it was sent only where `is_own`: the browser vouches that the form was one of this origin's, so
        nobody is logged in to an account that somebody else's page chose.
        """
        page = cls()
        page.setup(request)
        if page.redirect_authenticated_user:
            return HttpResponseRedirect(page.get_success_url())
        if is_own:
            request.csrf_processing_done = True  # type: ignore[attr-defined]  # by the origin, where the token could not
            return cast(HttpResponse, cls.as_view()(request))
        return page.ask_again()

    def ask_again(self) -> HttpResponse:
        """Show the form anew, with the name that was typed, never the password."""
        typed = self.request.POST.get("username", "")[:150].replace("\0", "")
        form = self.form_class(self.request, initial={"username": typed})
        shown = self.get_context_data(form=form, is_out_of_date=True)
        answer = TemplateResponse(self.request, self.template_name, shown, status=403)
        answer.headers["Cache-Control"] = "no-store"
        return answer.render()

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Begin the log-in, which may end with a second factor. The password counts as just asked for."""
        user = form.get_user()
        record_authentication(self.request, user, method="password", reauthenticated=True)
        answer: HttpResponse = perform_login(self.request, Login(user=user, redirect_url=self.get_success_url()))
        return answer


class SecondFactor(Frame, AuthenticateView):
    """The second step: a code, a passkey or a recovery code."""

    title = "Second factor"
    template_name = "tenants/accounts/factor.html"


class PasskeyLogIn(LoginWebAuthnView):
    """Log in with a passkey alone, which proves its owner by itself."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer what the passkey has to sign. It is counted: each is kept, in a session of its own."""
        if seconds := count_page(request, "passkey"):
            return HttpResponse(status=429, headers={"Retry-After": str(seconds)})
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer


class Again(Frame, ReauthenticateView):
    """The password, before factors are changed."""

    title = "Confirm that it is you"
    template_name = "tenants/accounts/again.html"
    form_class = PasswordAgainForm


class CodeAgain(Frame, CodeAgainView):
    """A code, before factors are changed or where a session began without one."""

    title = "Confirm that it is you"
    template_name = "tenants/accounts/again.html"


class PasskeyAgain(Frame, ReauthenticateWebAuthnView):
    """A passkey, before factors are changed or where a session began without one."""

    title = "Confirm that it is you"
    template_name = "tenants/accounts/again.html"
