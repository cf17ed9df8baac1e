"""Every change of a password: Django tells its validators of each, whatever form or command it came through."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from tenants.audit.events import Actor, record
from tenants.models import AuditKind


class RecordedPassword:
    """Refuses nothing, and records that a password was changed. Who did it is told by the trace it was done in."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Accept any password: the other validators refuse."""

    def password_changed(self, password: str, user: Any) -> None:
        """Record the change, once the user is saved (django.contrib.auth.base_user)."""
        record(AuditKind.PASSWORD_CHANGED, Actor.here(), user_id=user.pk)

    def get_help_text(self) -> str:
        return "The change is recorded."
