"""The admin of imports: every file of records that came, who sent it, how far it is and what became of its records."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.decorators import display

from hub.admin.pasting import pasted, trace_id_in
from tenants.admin.day_filters import arrived
from tenants.admin.import_jobs import JobPages
from tenants.admin.import_previews import PreviewPages
from tenants.admin.import_summary import SOURCES, STATES, through
from tenants.admin.import_uploads import UploadPages
from tenants.admin.list_filters import ActorFilter, ChoiceFilter, TenantFilter, one_of, yes_no
from tenants.admin.sections import clipped
from tenants.models import Entity, FileFormat, Import, ImportState


class ThroughFilter(ChoiceFilter):
    """Through what a file came."""

    title = "through"
    parameter_name = "through"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(SOURCES.items())

    def chosen(self, queryset: QuerySet[Import], value: str) -> QuerySet[Import]:
        by_key, by_user = Q(api_key__isnull=False), Q(user__isnull=False)
        return queryset.filter({"api": by_key, "admin": by_user & ~by_key, "command": ~by_key & ~by_user}[value])


@admin.register(Import)
class ImportAdmin(UploadPages, PreviewPages, JobPages):
    """Viewers see which files came and what became of them; staff upload, try and store them."""

    list_display = ("at", "file", "shop", "entity", "state_of", "by", "new", "changed", "so_already", "left_out")
    list_display_links = ("at", "file")
    list_filter = (
        TenantFilter,
        one_of("entity", "kind of record", Entity.choices),
        one_of("state", "state", ImportState.choices),
        one_of("format", "format", FileFormat.choices),
        yes_no("is_dry_run", "only tried"),
        ThroughFilter,
        ActorFilter,
        arrived("day uploaded"),
    )
    search_fields = ("file_name",)
    search_help_text = "A part of the file's name, or a trace id"
    list_before_template = "tenants/imports.html"

    class Media:
        css = {"all": ["tenants/tenants.css", "tenants/imports.css"]}

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "tenants_import"
        return [
            path("<int:pk>/part/", wrap(self.part_view), name=f"{name}_part"),
            path("<int:pk>/preview/", wrap(self.preview_view), name=f"{name}_preview"),
            path("<int:pk>/progress/", wrap(self.progress_view), name=f"{name}_progress"),
            path("<int:pk>/confirm/", wrap(self.confirm_view), name=f"{name}_confirm"),
            path("<int:pk>/cancel/", wrap(self.cancel_view), name=f"{name}_cancel"),
            path("<int:pk>/rejected/", wrap(self.rejected_view), name=f"{name}_rejected"),
            *super().get_urls(),
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Import], search_term: str
    ) -> tuple[QuerySet[Import], bool]:
        """Keep the files whose name holds a pasted text, and those of a trace."""
        readings = pasted(search_term)
        if not readings:
            return queryset, False
        named = Q(file_name__icontains=readings[0])
        if trace_id := trace_id_in(search_term):
            named |= Q(trace_id=trace_id)
        return queryset.filter(named), False

    # The list's columns

    @display(description="file")  # type: ignore[untyped-decorator]
    def file(self, job: Import) -> SafeString:
        return clipped(job)

    @display(description="state", label=STATES)  # type: ignore[untyped-decorator]
    def state_of(self, job: Import) -> str:
        """How far it is; a dry run that has finished has stored nothing."""
        return "tried" if job.is_dry_run and job.state == ImportState.FINISHED else job.state

    @display(description="by")  # type: ignore[untyped-decorator]
    def by(self, job: Import) -> SafeString:
        return clipped(f"{job.actor} ({through(job)})")

    @display(description="created")  # type: ignore[untyped-decorator]
    def new(self, job: Import) -> str:
        return f"{job.created:,}"

    @display(description="updated")  # type: ignore[untyped-decorator]
    def changed(self, job: Import) -> str:
        return f"{job.updated:,}"

    @display(description="unchanged")  # type: ignore[untyped-decorator]
    def so_already(self, job: Import) -> str:
        return f"{job.unchanged:,}"

    @display(description="rejected")  # type: ignore[untyped-decorator]
    def left_out(self, job: Import) -> str:
        return f"{job.rejected:,}"
