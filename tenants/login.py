"""Proving who one is, by a password or a factor: who guesses is told how long to wait."""

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.forms import AuthenticationForm

from tenants.attempts import clear, count_failure, wait_seconds
from tenants.audit.events import actor_of, record_attempt
from tenants.models import AuditKind

TOO_SOON = "Too many attempts. Wait {time} and try again."
NEXT = "The next attempt is possible in {time}."


class LoginForm(AuthenticationForm):
    """The log-in form; an attempt that comes too soon is not even looked at, so guessing on gains nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name or e-mail"

    def clean(self) -> dict[str, Any]:
        """Count the attempt, then check name and password; raises ValidationError."""
        name = self.cleaned_data.get("username")
        if name and self.cleaned_data.get("password"):
            request: HttpRequest = self.request
            if seconds := count_failure(request, name):
                record_attempt(AuditKind.LOCKED_OUT, actor_of(request), name)
            refuse_before(seconds)
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


def in_words(seconds: int) -> str:
    """Return a time to wait as people say it: never less than it is."""
    number, unit = (seconds, "second") if seconds <= 60 else (math.ceil(seconds / 60), "minute")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def refuse_before(seconds: int) -> None:
    """Raise ValidationError, which says how long to wait, unless that is no time."""
    if seconds:
        raise ValidationError(TOO_SOON.format(time=in_words(seconds)), code="too_soon")
