"""The admin of refused requests: what a tenant's partners asked wrongly, without any value they sent."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from hub.admin.pasting import pasted
from hub.sql.bigint import is_bigint
from tenants.admin.history import HistoryAdmin, in_trace
from tenants.admin.list_filters import ExactFilter, TenantFilter, arrived
from tenants.admin.sections import clipped
from tenants.models import RefusedRequest


class StatusFilter(ExactFilter):
    """The status that was answered."""

    title = "status"
    parameter_name = "status"

    def normal(self, value: str) -> str:
        """Return the value as it is stored; one that can't be a status becomes 0, which finds nothing."""
        return value if is_bigint(value) and len(value) == 3 else "0" if value else ""


@admin.register(RefusedRequest)
class RefusedRequestAdmin(HistoryAdmin):
    """Written by the hub alone, and deleted by it after 30 days."""

    list_display = ("at", "shop", "status", "method", "route", "first_mistakes")
    list_filter = (TenantFilter, StatusFilter, arrived("day"))
    search_fields = ("trace_id",)
    search_help_text = "Trace id, as traceId or traceparent have it"
    fields = ("tenant", "at", "status", "method", "route", "mistakes", "key", "trace_id")
    readonly_fields = ("at", "mistakes", "key")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[RefusedRequest], search_term: str
    ) -> tuple[QuerySet[RefusedRequest], bool]:
        """Keep the requests of a trace."""
        return (in_trace(queryset, search_term) if pasted(search_term) else queryset), False

    @admin.display(description="mistakes")
    def first_mistakes(self, refused: RefusedRequest) -> SafeString:
        more = len(refused.codes) - 2
        return clipped(", ".join(refused.codes[:2]) + (f" and {more} more" if more > 0 else "") or "–")

    @admin.display(description="mistakes")
    def mistakes(self, refused: RefusedRequest) -> str:
        return ", ".join(refused.codes) or "–"

    @admin.display(description="API key")
    def key(self, refused: RefusedRequest) -> str:
        return str(refused.api_key or "–")
