"""The audit in the admin: what was done to a tenant's configuration, keys and members, for its admins."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from hub.admin.pasting import pasted
from tenants.admin.day_filters import arrived
from tenants.admin.export_columns import AUDIT_COLUMNS
from tenants.admin.exporting import ExportedList
from tenants.admin.history import HistoryAdmin, in_trace
from tenants.admin.list_filters import ExactFilter, HubIdFilter, TenantFilter, hub_id, one_of
from tenants.admin.sections import clipped, moment
from tenants.models import TENANT_CHOICES, ApiKey, AuditEvent, Membership, Role, Tenant, Webhook

SERVER = "a command on the server"


def audit_of(obj: Tenant | ApiKey | Membership | Webhook, parameter: str) -> str:
    """Return the address of an object's part of the audit, which `parameter` filters."""
    tenant_id = obj.pk if isinstance(obj, Tenant) else obj.tenant_id
    named = obj.user.username if isinstance(obj, Membership) else obj.pk
    query = urlencode({"tenant": str(tenant_id), parameter: str(named)})
    return f"{reverse('admin:tenants_auditevent_changelist')}?{query}"


def users_named(names: Iterable[str]) -> list[int]:
    """Return the ids of users, who are on the coordinator, where the rows that name them need not be."""
    return list(User.objects.filter(username__in=names).values_list("pk", flat=True))


class UserFilter(ExactFilter):
    """A user, by name: who did it, or whom it was done to."""

    columns: tuple[str, ...]

    def having(self, queryset: QuerySet[Any], values: list[str]) -> QuerySet[Any]:
        users, named = users_named(values), Q()
        for column in self.columns:
            named |= Q(**{f"{column}__in": users})
        return queryset.filter(named)


class ByFilter(UserFilter):
    """Who did it."""

    title = "actor"
    parameter_name = "user"
    columns = ("user",)


class MemberFilter(UserFilter):
    """What was done to a member, and by them."""

    title = "member"
    parameter_name = "member"
    columns = ("member", "user")


class WebhookFilter(HubIdFilter):
    """What was done to a webhook, which the details name by number."""

    title = "number of the webhook"
    parameter_name = "webhook"

    def about(self, queryset: QuerySet[Any], hub_id: int) -> QuerySet[Any]:
        return queryset.filter(details__contains=[f"webhook #{hub_id}"])


class AuditAdmin(HistoryAdmin):
    """What the pages of the audit share: its rows are for the tenant's admins, and nobody writes one by hand."""

    view_role = Role.ADMIN
    list_display_links = None
    search_help_text = "Trace id, as traceId, traceparent or X-Request-Id has it"
    named: tuple[str, ...]  # users and keys, who are looked up apart: they are on the coordinator

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).prefetch_related(*self.named)
        return found

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Tell whether the user may see the row; no row has a page of its own, for a list shows all there is."""
        return obj is None and super().has_view_permission(request)

    @admin.display(description="by")
    def by_whom(self, row: Any) -> SafeString:
        return clipped(row.user or SERVER)

    @admin.display(description="what")
    def what(self, row: Any) -> str:
        return str(row.get_kind_display())

    @admin.display(description="details")
    def said(self, row: Any) -> SafeString:
        return format_html("<bdi>{}</bdi>", ", ".join(row.details) or "–")

    @admin.display(description="trace id")
    def trace(self, row: Any) -> SafeString:
        return clipped(row.trace_id or "–")

    @admin.display(description="last")
    def last(self, row: Any) -> SafeString:
        return moment(row.last_at)


class TracedAdmin(AuditAdmin):
    """Rows that are found by their trace, which the log has, too."""

    search_fields = ("trace_id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Keep what happened in a trace."""
        return (in_trace(queryset, search_term) if pasted(search_term) else queryset), False


@admin.register(AuditEvent)
class AuditEventAdmin(ExportedList, TracedAdmin):
    """One row for each change of a tenant's configuration, keys or members, and each export."""

    exports = AUDIT_COLUMNS
    list_display = ("at", "shop", "what", "by_whom", "about", "said", "trace")
    list_filter = (
        TenantFilter,
        one_of("kind", "kind of event", TENANT_CHOICES),
        ByFilter,
        MemberFilter,
        hub_id("api_key", "number of the key"),
        WebhookFilter,
        arrived("day"),
    )
    named = ("user", "member", "api_key")

    @admin.display(description="member or key")
    def about(self, event: AuditEvent) -> SafeString:
        if event.member:
            return clipped(event.member)
        return clipped(f"{event.api_key}, #{event.api_key_id}" if event.api_key else "–")
