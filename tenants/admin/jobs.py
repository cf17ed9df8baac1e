"""The admin of the background worker's jobs, procrastinate's own, for superusers: on the hub's base, as every page."""

from django.contrib import admin
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

from hub.admin.site import HubModelAdmin
from tenants.admin.list_filters import exact, one_of

STATES = [(state, state) for state in ProcrastinateJob.STATUSES]

admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(ProcrastinateJobAdmin, HubModelAdmin):  # type: ignore[misc]
    """Jobs are read, tried again and cancelled; their list is filtered by what its own filters offer."""

    list_filter = [one_of("status", "status", STATES), exact("task_name", "task"), exact("queue_name", "queue")]
