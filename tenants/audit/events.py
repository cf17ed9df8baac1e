"""What happened to accounts and to tenants' configuration, keys and members: one function records it.

Call it in the transaction of what it records. What was written to records is in the changesets, and not again here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q
from django.forms import BaseForm
from django.http import HttpRequest
from structlog.contextvars import get_contextvars

from hub.middleware.requests import HubRequest, trace_id
from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.models import ACCOUNT_KINDS, AuditEvent, AuditKind, Membership

RECORD_ACCOUNT_EVENT = read_sql("tenants", "record_account_event")
# Fields whose values are numbers and choices: no text that may name somebody.
SAID = {
    "priority",
    "required_fields",
    "per_minute",
    "per_hour",
    "tier",
    "time_zone",
    "default_country",
    "consent_policy",
    "is_enabled",
    "requires_factor",
    "keeps_images",
    "requires_reason",
    "expires_at",
    "scopes",
    "networks",
    "role",
    "is_active",
    "is_staff",
    "is_superuser",
}
COUNTED = {AuditKind.LOGIN_FAILED, AuditKind.LOCKED_OUT}  # one row an hour: strangers can cause any number


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a user, or nobody the hub knows; in which trace."""

    user_id: int | None = None
    trace_id: str = ""

    @classmethod
    def here(cls, user_id: int | None = None) -> "Actor":
        """Return a user as who does something in the request that this thread answers."""
        return cls(user_id, get_contextvars().get("trace_id", ""))


SERVER = Actor()  # a command on the server, or code that no request called


def actor_of(request: HttpRequest | None) -> Actor:
    """Return who a request of the admin comes from; nobody for one that no middleware has begun."""
    if request is None or not hasattr(request, "traceparent"):
        return SERVER
    user = getattr(request, "user", None)
    return Actor(user.pk if user else None, trace_id(HubRequest.of(request)))


def record(
    kind: AuditKind,
    by: Actor,
    *,
    tenant_id: UUID | None = None,
    user_id: int | None = None,
    api_key_id: int | None = None,
    details: Sequence[str] = (),
) -> None:
    """Record that `by` did something: to the account of `user_id`, or, of the other kinds, to a tenant.

    There `user_id` is the member and `api_key_id` the key that it is about. `details` are names of fields, roles and
    settings, never a personal value.
    """
    if kind in ACCOUNT_KINDS:
        _record_of_account(kind, by, user_id, details)
        return
    assert tenant_id is not None  # noqa: S101 — of these kinds a tenant's is told
    AuditEvent.objects.create(
        tenant_id=tenant_id,
        kind=kind,
        user_id=by.user_id,
        member_id=user_id,
        api_key_id=api_key_id,
        details=list(details),
        trace_id=by.trace_id,
        created_at=datetime.now(UTC),
    )


def record_attempt(kind: AuditKind, by: Actor, name: str) -> None:
    """Record an attempt to log in that failed: for the account that has the name, else for nobody.

    An unknown name is not kept: people type passwords there.
    """
    named = Q(username=name) | Q(email__iexact=name, email__contains="@")
    known = User.objects.filter(named).values_list("pk", flat=True).first()
    record(kind, by, user_id=known)


def _record_of_account(kind: AuditKind, by: Actor, user_id: int | None, details: Sequence[str]) -> None:
    now = datetime.now(UTC)
    # A superuser's account is no tenant's business, member or not. Asked of nobody, too: time must not tell names.
    tenants = Membership.objects.filter(user_id=user_id or 0, user__is_superuser=False)
    parameters = {
        "kind": kind.value,
        "user_id": user_id,
        "by": by.user_id,
        "tenants": list(tenants.values_list("tenant_id", flat=True)),
        "details": list(details),
        "hour": now.replace(minute=0, second=0, microsecond=0) if kind in COUNTED else None,
        "trace_id": by.trace_id,
        "now": now,
    }
    execute(RECORD_ACCOUNT_EVENT, parameters)


def change_of(name: str, before: object, after: object) -> str:
    """Say that a field changed, from what into what; of one that is free text, which may name somebody, not that."""
    return f"{name}: {_in_utc(before)} → {_in_utc(after)}" if name in SAID else name


def _in_utc(value: object) -> object:
    """Return a value, a moment in UTC: whoever wrote it may have done so in another time zone."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def changes_of(form: BaseForm) -> list[str]:
    """Return what a form changed, as details say it."""
    return [change_of(name, form.initial.get(name), form.cleaned_data.get(name)) for name in form.changed_data]
