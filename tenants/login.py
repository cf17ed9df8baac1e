"""Logging in to the admin, and changing one's password there: who guesses is told how long to wait."""

import math
from typing import Any

from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm

from tenants.attempts import clear, clear_old_password, count_failure, count_old_password, wait_seconds
from tenants.audit.events import actor_of, record_attempt
from tenants.devices import remember_device
from tenants.models import AuditKind

TOO_SOON = "Too many wrong attempts. Wait {time} and try again."
NEXT = "The next attempt is possible in {time}."


class LoginForm(AuthenticationForm):
    """The log-in form; an attempt that comes too soon is not even looked at, so guessing on gains nothing."""

    def clean(self) -> dict[str, Any]:
        """Count the attempt, then check name and password; raises ValidationError."""
        name = self.cleaned_data.get("username")
        if name and self.cleaned_data.get("password"):
            request: HttpRequest = self.request
            if seconds := count_failure(request, name):
                record_attempt(AuditKind.LOCKED_OUT, actor_of(request), name)
            _refuse_before(seconds)
            self._check(request, name)
            clear(request, name, self.get_user())
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned

    def _check(self, request: HttpRequest, name: str) -> None:
        try:
            super().clean()
        except ValidationError as wrong:
            seconds = wait_seconds(request, name)
            raise ValidationError([wrong, NEXT.format(time=in_words(seconds))] if seconds else wrong) from None


class PasswordForm(AdminOwnPasswordChangeForm):
    """The form for a new password of one's own; the old one is guessed no faster than at the log-in."""

    def clean_old_password(self) -> str:
        """Count the old password, then check it; raises ValidationError."""
        _refuse_before(count_old_password(self.user))
        old: str = super().clean_old_password()
        clear_old_password(self.user)
        return old


class PasswordChange(PasswordChangeView):
    """The page for a new password of one's own; this browser stays known, all others have to log in first."""

    form_class = PasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        remember_device(self.request, form.user.get_username(), form.user)
        return response


def in_words(seconds: int) -> str:
    """Return a time to wait as people say it: never less than it is."""
    number, unit = (seconds, "second") if seconds <= 60 else (math.ceil(seconds / 60), "minute")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _refuse_before(seconds: int) -> None:
    if seconds:
        raise ValidationError(TOO_SOON.format(time=in_words(seconds)), code="too_soon")
