"""The admin of exports that are made in the background: one's own, how far each is, and its file to download.

Nobody sees another's, superusers included: who asked is who takes it, as long as they may take the list along.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.decorators import display

from hub.middleware.requests import HubRequest, trace_id
from hub.sql.bigint import is_bigint
from tenants.admin.access import access_of, write_times_in
from tenants.admin.day_filters import arrived
from tenants.admin.export_taken import count_taken, record_taken
from tenants.admin.exporting import TOO_MANY, ExportedList, file_response
from tenants.admin.history import HistoryAdmin
from tenants.admin.import_summary import size_text, worker_is_there
from tenants.admin.list_filters import TenantFilter, one_of
from tenants.admin.sections import clipped, moment
from tenants.audit.events import Actor
from tenants.exports import jobs, store
from tenants.models import Entity, Export, ExportState, Role

PATIENCE = timedelta(seconds=8)  # in which a worker takes what waits, if there is one
PAGES = ("change", "download", "progress", "cancel", "again")
TITLES = {
    ExportState.WAITING: "Waiting to be made",
    ExportState.RUNNING: "Being made",
    ExportState.READY: "Ready",
    ExportState.FAILED: "Failed",
    ExportState.CANCELLED: "Cancelled",
    ExportState.REMOVED: "Removed",
    ExportState.EXPIRED: "No longer kept",
}
ENDED = {
    ExportState.CANCELLED: "Nothing of it is kept.",
    ExportState.REMOVED: "A person was erased from this tenant after the file was begun, so it was deleted: no file may"
    " hold somebody who was erased.",
    ExportState.EXPIRED: "A file is kept for 24 hours.",
}
CLEARED = "What was searched for was deleted with it: it may have named the person. Go to the list to export it anew."
NO_WORKER = (
    "Waiting for the background worker, which does not seem to run: whoever runs the hub starts it (manage.py serve, or"
    " manage.py procrastinate worker). It begins by itself then."
)
BUSY = "Waiting for the background worker, which makes another export. This one begins when its turn comes."
LABELS = {
    "waiting": "info",
    "running": "info",
    "ready": "success",
    "failed": "danger",
    "cancelled": "warning",
    "removed": "warning",
    "expired": "warning",
}


def state_of(export: Export) -> ExportState:
    """Return how far an export is: one whose time is over has expired, though its file is not yet deleted."""
    return ExportState.EXPIRED if jobs.is_over(export) else ExportState(export.state)


def progress(export: Export) -> dict[str, Any]:
    """Return how far an export is, for its page and the script there."""
    state = state_of(export)
    of = f" of {export.expected:,}" if export.expected is not None else ""
    return {
        "title": TITLES[state],
        "percent": min(99, export.read * 100 // export.expected) if export.expected else 0,
        "read": f"{export.read:,}{of}",
        "warning": _waiting_for(export),
        "goesOn": state in jobs.ON_THEIR_WAY,
    }


def _waiting_for(export: Export) -> str:
    """Say why an export that waits has not begun; nothing where it has, or may in a moment."""
    if export.state != ExportState.WAITING or datetime.now(UTC) - export.created_at < PATIENCE:
        return ""
    return BUSY if worker_is_there() else NO_WORKER


def list_of(export: Export) -> Any:
    """Return the admin of the list that an export is of."""
    return admin.site.get_model_admin(apps.get_model(export.listing))


@admin.register(Export)
class ExportAdmin(HistoryAdmin):
    """One's own exports that are made in the background."""

    view_role = Role.STAFF
    list_display = ("at", "shop", "what", "state_now", "records", "how_big", "until")
    list_display_links = ("at", "what")
    list_filter = (TenantFilter, one_of("state", "state", ExportState.choices), arrived("day asked for"))
    list_before_template = "tenants/exports.html"

    class Media:
        css = {"all": ["tenants/tenants.css"]}

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "tenants_export"
        return [
            path("<int:pk>/download/", wrap(self.download_view), name=f"{name}_download"),
            path("<int:pk>/progress/", wrap(self.progress_view), name=f"{name}_progress"),
            path("<int:pk>/cancel/", wrap(self.cancel_view), name=f"{name}_cancel"),
            path("<int:pk>/again/", wrap(self.again_view), name=f"{name}_again"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        """Return the user's own."""
        found: QuerySet[Export] = super().get_queryset(request).filter(user_id=request.user.pk)
        return found

    # The page of one

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show how far an export is; loaded again by itself where there is no script."""
        export = self.own(request, object_id or "")
        if request.method == "POST":
            raise PermissionDenied
        state = state_of(export)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": export}
        context |= {"title": f"Export of {self.what_of(export)}", "export": export, "progress": progress(export)}
        context |= {"state": state.value, "said": ENDED.get(state, ""), "cleared": CLEARED, "facts": self.facts(export)}
        context |= {"may_repeat": export.is_repeatable and state not in (*jobs.ON_THEIR_WAY, ExportState.READY)}
        context["urls"] = {page: self.address(page, export) for page in PAGES}
        context["list_url"] = reverse(f"admin:{export.listing.replace('.', '_')}_changelist")
        return TemplateResponse(request, "tenants/export_job.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell the page's script how far an export is."""
        answer = JsonResponse(progress(self.own(request, str(pk))))
        answer["Cache-Control"] = "no-store"
        return answer

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End an export that is being made, or delete the file of one that is ready."""
        export = self.posted(request, pk)
        jobs.cancel(export)
        return HttpResponseRedirect(self.address("change", export))

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have an export made once more that has no file."""
        export = self.posted(request, pk)
        if state_of(export) in (*jobs.ON_THEIR_WAY, ExportState.READY) or not export.is_repeatable:
            return HttpResponseRedirect(self.address("change", export))
        try:
            export = jobs.ask_again(export, trace_id(HubRequest.of(request)))
        except jobs.TooMany:
            self.message_user(request, TOO_MANY, messages.WARNING)
        return HttpResponseRedirect(self.address("change", export))

    def download_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Give the file to who asked for it, and record that they took it."""
        export = self.own(request, str(pk))
        if not access_of(request).may(list_of(export).export_role, export.tenant_id):
            raise PermissionDenied
        if state_of(export) != ExportState.READY:
            return HttpResponseRedirect(self.address("change", export))
        by = Actor(request.user.pk, trace_id(HubRequest.of(request)))
        count_taken(export.tenant, by, {Entity(name): many for name, many in export.looked.items()}, begins=True)
        record_taken(export.tenant, by, self.what_of(export), export.format, export.rows, export.filters)
        named = export.listing.rpartition(".")[2]
        size = {"Content-Length": str(export.size)}
        return file_response(store.pieces(export), export.tenant, named, export.format, size)

    def own(self, request: HttpRequest, pk: str) -> Export:
        """Return an export of the user's; raises Http404 for another's, or where they lost the role."""
        export: Export | None = self.get_queryset(request).filter(pk=pk).first() if is_bigint(pk) else None
        if export is None:
            raise Http404
        write_times_in([export.tenant.time_zone])
        return export

    def posted(self, request: HttpRequest, pk: int) -> Export:
        """Return the export that a form is about; raises Http404 for what is no form."""
        if request.method != "POST":
            raise Http404
        return self.own(request, str(pk))

    def address(self, page: str, export: Export) -> str:
        """Return the address of a page about an export."""
        return reverse(f"admin:tenants_export_{page}", args=[export.pk])

    def what_of(self, export: Export) -> str:
        """Say of what list an export is."""
        listed: ExportedList = list_of(export)
        return listed._what

    def facts(self, export: Export) -> list[tuple[str, Any]]:
        """Say what was asked for."""
        listed: ExportedList = list_of(export)
        parts = listed.export_parts
        facts = [("Asked for", moment(export.created_at)), ("Tenant", export.tenant.name)]
        facts += [("Filtered", ", ".join(export.filters) or "not at all"), ("Columns", ", ".join(export.columns))]
        if parts:
            facts.append(("Rows", f"a row per {parts.noun if export.by_part else parts.record}"))
        facts.append(("Format", export.format.upper()))
        if state_of(export) == ExportState.READY:
            facts += [("Rows in the file", f"{export.rows:,}"), ("Size", size_text(export.size))]
            facts.append(("Kept until", moment(jobs.kept_until(export))))
        return facts

    # The list's columns

    @display(description="list")  # type: ignore[untyped-decorator]
    def what(self, export: Export) -> SafeString:
        return clipped(capfirst(self.what_of(export)))

    @display(description="state", label=LABELS)  # type: ignore[untyped-decorator]
    def state_now(self, export: Export) -> tuple[str, str]:
        state = state_of(export)
        return state.value, str(state.label)

    @display(description="records")  # type: ignore[untyped-decorator]
    def records(self, export: Export) -> str:
        return str(progress(export)["read"])

    @display(description="size")  # type: ignore[untyped-decorator]
    def how_big(self, export: Export) -> str:
        return size_text(export.size) if state_of(export) == ExportState.READY else "–"

    @display(description="kept until")  # type: ignore[untyped-decorator]
    def until(self, export: Export) -> SafeString | str:
        return moment(jobs.kept_until(export)) if state_of(export) == ExportState.READY else "–"
