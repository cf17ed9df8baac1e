"""Accounts in the admin: what happened to accounts, and how the audit hears of it.

Log-ins, failures and log-outs are told by Django's signals: forms, the theme, and whatever else may log somebody in all
end there, and at no other place.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model, QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tenants.admin.access import access_of
from tenants.admin.audit import TracedAdmin, UserFilter
from tenants.admin.day_filters import arrived
from tenants.admin.list_filters import TenantFilter, one_of
from tenants.admin.sections import clipped
from tenants.audit.events import Actor, actor_of, record, record_attempt
from tenants.models import ACCOUNT_CHOICES, AccountEvent, AuditKind, Role


@receiver(user_logged_in)
def logged_in(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Record a log-in."""
    record(AuditKind.LOGGED_IN, Actor(user.pk, actor_of(request).trace_id), user_id=user.pk)


@receiver(user_logged_out)
def logged_out(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Record a log-out, of a session that was somebody's."""
    if user is not None:
        record(AuditKind.LOGGED_OUT, Actor(user.pk, actor_of(request).trace_id), user_id=user.pk)


@receiver(user_login_failed)
def login_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Record a failed log-in."""
    record_attempt(AuditKind.LOGIN_FAILED, actor_of(request), str(credentials.get("username", "")))


class AccountFilter(UserFilter):
    """Whose account it is, and what they did to others'."""

    title = "user"
    parameter_name = "user"
    columns = ("user", "by")


class ThenMemberFilter(TenantFilter):
    """The tenant whose member the user was then."""

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(tenants__contains=[UUID(value)])


@admin.register(AccountEvent)
class AccountEventAdmin(TracedAdmin):
    """What happened to the accounts of a tenant's members while they were members; to all for superusers."""

    list_display = ("at", "what", "account", "by_whom", "said", "times", "last", "trace")
    list_select_related = ()
    list_filter = (ThenMemberFilter, one_of("kind", "kind of event", ACCOUNT_CHOICES), AccountFilter, arrived("day"))
    named = ("user", "by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountEvent]:
        access = access_of(request)
        found: QuerySet[AccountEvent] = admin.ModelAdmin.get_queryset(self, request).prefetch_related(*self.named)
        mine = [tenant_id for tenant_id in access.roles if access.may(Role.ADMIN, tenant_id)]
        return found if access.everywhere else found.filter(tenants__overlap=mine)

    def tenant_id_of(self, obj: Model | None) -> UUID | None:
        """Return None: no tenant owns an account, and rows that are another's are not in the queryset."""
        return None

    @admin.display(description="account")
    def account(self, event: AccountEvent) -> SafeString | str:
        return clipped(event.user) if event.user else "an unknown name"

    @admin.display(description="by")
    def by_whom(self, row: AccountEvent) -> SafeString:
        return clipped(row.by or "–")
