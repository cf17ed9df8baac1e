"""Who called without a tenant, for superusers: counts by network and hour, and the last calls whole."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from hub.admin.pasting import pasted
from hub.admin.site import KeysetModelAdmin
from tenants.admin.day_filters import date_range
from tenants.admin.history import in_trace
from tenants.admin.list_filters import exact
from tenants.admin.sections import moment
from tenants.models import StrangerCount, StrangerRequest


class StrangersAdmin(KeysetModelAdmin):
    """Rows that the hub alone writes, and a list shows whole: superusers read them."""

    list_display_links = None

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and self.has_module_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(StrangerCount)
class StrangerCountAdmin(StrangersAdmin):
    """Kept for 30 days, at most 1,000 rows an hour."""

    list_display = ("since", "network", "status", "requests")
    list_filter = (exact("network", "network"), date_range("hour", "hour"))

    @admin.display(description="hour from")
    def since(self, row: StrangerCount) -> SafeString:
        return moment(row.hour)


@admin.register(StrangerRequest)
class StrangerRequestAdmin(StrangersAdmin):
    """The last 1,000."""

    list_display = ("at", "network", "status", "code", "method", "route", "milliseconds", "size", "trace_id")
    list_filter = (exact("network", "network"),)
    search_fields = ("trace_id",)
    search_help_text = "Trace id, as traceId or traceparent have it"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StrangerRequest], search_term: str
    ) -> tuple[QuerySet[StrangerRequest], bool]:
        """Keep the requests of a trace."""
        return (in_trace(queryset, search_term) if pasted(search_term) else queryset), False

    @admin.display(description="when")
    def at(self, row: StrangerRequest) -> SafeString:
        return moment(row.created_at, exact=True)
