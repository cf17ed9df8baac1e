"""What the admins of history share: the changesets, the consent ledger, the refused requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.admin import display
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from hub.admin.pasting import trace_id_in
from hub.admin.site import KeysetModelAdmin
from hub.admin.table import Sort
from tenants.admin.access import TenantScopedAdmin
from tenants.admin.saved_views import ListWithViews
from tenants.admin.sections import moment, named
from tenants.models import Role


def in_trace(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Keep the rows of the trace that a pasted text names: a traceId, a traceparent, 32 hex digits in any case."""
    trace_id = trace_id_in(text)
    return queryset.filter(trace_id=trace_id) if trace_id else queryset.none()


class HistoryAdmin(ListWithViews, TenantScopedAdmin, KeysetModelAdmin):
    """Rows that the hub alone writes: a tenant's members read them, nobody edits or deletes one."""

    change_role: Role | None = None
    delete_role: Role | None = None
    list_display_links: tuple[str, ...] | None = ("at",)
    list_select_related: tuple[str, ...] = ("tenant",)
    to_the_second = False  # where many rows are written in a minute
    sorts: Mapping[str, Sequence[Sort]] = {"at": (Sort("pk"),)}

    @display(description="when")
    def at(self, row: Any) -> SafeString:
        """When the row was written."""
        return moment(row.created_at, exact=self.to_the_second)

    @display(description="tenant")
    def shop(self, row: Any) -> SafeString:
        """The tenant's name."""
        return named(row.tenant)
