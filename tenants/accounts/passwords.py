"""A forgotten password: asked for by e-mail, set anew by a link."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.generic.edit import FormView

from tenants import mails
from tenants.accounts.forms import ChangePasswordForm, ForgottenForm, NewPasswordForm
from tenants.accounts.pages import Frame
from tenants.attempts import count_failure
from tenants.devices import remember_device
from tenants.login import refuse_before
from tenants.passwords import may_reset
from tenants.tasks import mail_resets


class Forgotten(Frame, FormView):  # type: ignore[type-arg]
    """Asks for an e-mail. What it answers, and how soon, is the same for every e-mail."""

    title = "Forgotten password"
    template_name = "tenants/accounts/forgotten.html"
    form_class = ForgottenForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "sends_mails": mails.is_set_up()}

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        """Leave the mail to the worker, with a job also where there is nobody to mail."""
        email = form.cleaned_data["email"]
        try:
            refuse_before(count_failure(self.request, f"forgotten {email}"))
        except ValidationError as refused:
            form.add_error(None, refused)
            return self.form_invalid(form)
        if mails.is_set_up():
            mail_resets.defer(users=may_reset(email), origin=self.request.build_absolute_uri("/").rstrip("/"))
        return self.render_to_response(self.get_context_data(form=form, is_sent=True))


@method_decorator(login_required, name="dispatch")
class ChangePassword(Frame, PasswordChangeView):
    """Changes one's own password, at the address of the admin's own page for it. All other sessions end."""

    title = "Change password"
    template_name = "registration/password_change_form.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Change it; this browser stays known, all others have to log in first."""
        response = super().form_valid(form)
        remember_device(self.request, form.user.get_username(), form.user)
        return response


class NewPassword(Frame, PasswordResetConfirmView):
    """Sets a new password. The link moves into the session first, so that no address tells it; all sessions end."""

    title = "New password"
    template_name = "tenants/accounts/new_password.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("account_login")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:  # type: ignore[type-arg]
        """Set it, and say so at the log-in, with the name to log in by."""
        answer = super().form_valid(form)
        messages.success(self.request, f"The password of {form.user.get_username()} is set. Log in with it.")
        return answer
