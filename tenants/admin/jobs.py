"""The admin of the background worker's jobs, procrastinate's own, for superusers: on the hub's base, as every page."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from unfold.admin import TabularInline

from hub.admin.site import HubModelAdmin
from tenants.admin.list_filters import exact, one_of
from tenants.admin.sections import clipped, moment
from tenants.system.jobs import short

STATES = [(state, state) for state in ProcrastinateJob.STATUSES]
BAD = {"failed", "aborted"}
FIELDS = ("name", "task_name", "state", "attempts", "scheduled_at", "queue_name", "lock", "arguments")

admin.site.unregister(ProcrastinateJob)


class EventInline(TabularInline):
    """What happened to a job, the first first."""

    model = ProcrastinateEvent
    fields = readonly_fields = ("what", "when")
    ordering = ("pk",)
    verbose_name_plural = "what happened"
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="what")
    def what(self, event: ProcrastinateEvent) -> str:
        return str(event.type).replace("_", " ")

    @admin.display(description="when")
    def when(self, event: ProcrastinateEvent) -> SafeString:
        return moment(event.at, exact=True) if event.at else SafeString("–")


@admin.register(ProcrastinateJob)
class JobAdmin(ProcrastinateJobAdmin, HubModelAdmin):  # type: ignore[misc]
    """Jobs are read, tried again and cancelled; their list is filtered by what its own filters offer."""

    list_display = ["name", "state", "attempts", "last_event", "arguments"]
    list_filter = [one_of("status", "status", STATES), exact("task_name", "task"), exact("queue_name", "queue")]
    ordering = ("-pk",)
    list_per_page = 50
    fields = list(FIELDS)
    readonly_fields = FIELDS
    inlines = [EventInline]
    actions = ["retry", "cancel", "abort"]

    @admin.action(description="Try again what failed, or what a dead worker was at")
    def retry(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        super().retry(request, queryset)

    @admin.action(description="Cancel what waits")
    def cancel(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        super().cancel(request, queryset)

    @admin.action(description="Cancel what waits, and stop what runs")
    def abort(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        super().abort(request, queryset)

    def get_readonly_fields(self, request: Any, obj: ProcrastinateJob | None = None) -> Any:
        return self.readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcrastinateJob]:
        found: QuerySet[ProcrastinateJob] = super().get_queryset(request)
        return found

    @admin.display(description="job", ordering="pk")
    def name(self, job: ProcrastinateJob) -> SafeString:
        return format_html("{}, {}", short(job.task_name), job.pk)

    @admin.display(description="status")
    def state(self, job: ProcrastinateJob) -> SafeString:
        return format_html('<span class="health-badge {}">{}</span>', "bad" if job.status in BAD else "", job.status)

    @admin.display(description="last event")
    def last_event(self, job: ProcrastinateJob) -> SafeString | str:
        events: Any = job.procrastinateevent_set.all()
        last = max(events, key=lambda event: event.pk, default=None)
        return format_html("{}, {}", str(last.type).replace("_", " "), moment(last.at)) if last else "–"

    @admin.display(description="arguments")
    def arguments(self, job: ProcrastinateJob) -> SafeString:
        return clipped(json.dumps(job.args))
