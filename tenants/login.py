"""Logging in to the admin: attempts are counted by address and by name, and refused past a limit."""

import hashlib
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.forms import AuthenticationForm

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.api.throttling import caller_address

COUNT = read_sql("tenants", "count_attempt")
TOO_MANY = "Too many attempts to log in. Wait a minute, or an hour, and try again."


class LoginForm(AuthenticationForm):
    """The log-in form; a refused attempt is not even looked at, so guessing on gains nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name or e-mail"

    def clean(self) -> dict[str, Any]:
        """Count the attempt, then check name and password; raises ValidationError."""
        assert self.request is not None  # noqa: S101 — LoginView passes it
        count_attempt(self.request, str(self.cleaned_data.get("username", "")))
        cleaned: dict[str, Any] = super().clean()
        return cleaned


def count_attempt(request: HttpRequest, name: str) -> None:
    """Count an attempt to prove who one is, by address and by name; raises ValidationError past a limit."""
    per_minute, per_hour = settings.RATE_LIMITS["login"]
    # The name is kept as a hash: what people mistype into it may be a password.
    hashed = hashlib.sha256(name.strip().lower().encode()).hexdigest()
    buckets = [f"login address {caller_address(request)}", f"login name {hashed}"]
    counted = execute(COUNT, {"buckets": buckets}).fetchall()
    if any(in_minute > per_minute or in_hour > per_hour for in_minute, in_hour in counted):
        raise ValidationError(TOO_MANY, code="too_many_attempts")
