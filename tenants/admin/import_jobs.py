"""The page of one import: live while it runs, what a dry run would change, and what became of its records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from tenants.admin import import_summary
from tenants.admin.differences import documented_differences
from tenants.admin.figures import list_address
from tenants.admin.forms import ReasonForm
from tenants.admin.import_base import PART, ImportPages, import_looks
from tenants.admin.import_summary import size_text
from tenants.admin.reasons import wants_reason
from tenants.admin.records import origin_of
from tenants.admin.sections import Section, record_link
from tenants.entities import entity_config, model_label
from tenants.imports import jobs, rejects, store
from tenants.imports.problems import NotTaken
from tenants.imports.trying import is_open
from tenants.models import Import, ImportState, RejectedRow, Role

MOST_REJECTED = 20  # that the page shows
MOST_DIFFERENCES = 50
MOST_IN_QUARANTINE = 1000
SENT = ("application/x-ndjson", "ndjson"), ("text/csv; charset=utf-8", "csv")
CHANGED = "Somebody has decided about this import meanwhile: this is how it stands."


@dataclass(frozen=True)
class Difference:
    """What a dry run would do to a record, which its line and identifier name: its status, its fields now and then."""

    status: str
    line: int | None
    identifier: str
    record: Any
    fields: Sequence[tuple[str, str, str]]

    @property
    def names(self) -> str:
        """Return the names of what would change."""
        return ", ".join(name for name, _, _ in self.fields)


class JobPages(ImportPages):
    """The page of an import, and what is asked of it there."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show an import; it is decided about elsewhere."""
        job = self.get_object(request, object_id) if object_id else None
        if job is None:
            raise Http404
        if request.method == "POST":
            raise PermissionDenied
        return self.shown(request, job, ReasonForm(required=wants_reason([job.tenant_id])))

    def shown(self, request: HttpRequest, job: Import, why: ReasonForm, status: int = 200) -> HttpResponse:
        """Show an import, and what is asked before it is confirmed."""
        tried = job.is_dry_run and job.state == ImportState.FINISHED
        found = differences(job) if tried else []
        import_looks(request, job, len(found))
        consents = import_summary.consents(job) if tried else []
        shown: dict[str, Any] = {"tried": tried, "differences": found, "consents": consents}
        shown |= {"gives": sum(each.given for each in consents), "takes": sum(each.taken for each in consents)}
        shown |= {"progress": import_summary.progress(job), "facts": import_summary.facts(job)}
        may_decide = self.may(request, Role.STAFF, job)
        download = self.address("rejected", job) if may_decide and job.state not in import_summary.GOING_ON else ""
        shown |= {"sections": rejected_records(job, download), "links": links(job, may_correct=may_decide)}
        shown["is_open"] = is_open(job)
        shown |= {"columns": import_summary.columns(job), "counts": import_summary.counts(job)}
        shown["is_uploading"] = job.state == ImportState.UPLOADING and job.size != job.announced
        shown |= {"come": size_text(job.size), "all": size_text(job.announced or 0), "part_size": PART}
        shown["in_quarantine"] = MOST_IN_QUARANTINE
        shown["may_go_on"] = shown["is_uploading"] and job.user_id == request.user.pk
        return self.page(request, "tenants/import_job.html", job, **shown, why=why, status=status)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell the page's script how far an import is."""
        answer = JsonResponse(import_summary.progress(self.job_or_404(request, pk, Role.VIEWER)))
        answer["Cache-Control"] = "no-store"
        return answer

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the records of a file stored that was tried: who confirms it is who stores them."""
        job = self.decided(request, pk)
        said = " ".join(request.POST.get("reason", "").split())
        why, origin = ReasonForm({"reason": said}, required=wants_reason([job.tenant_id])), origin_of(request)
        if not is_open(job) or not job.is_dry_run or job.state != ImportState.FINISHED:
            return self.told(request, job, CHANGED)
        if not why.is_valid():
            return self.shown(request, job, why, status=400)
        try:
            store.of_row(job).update(reason=why.cleaned_data["reason"], actor=origin.actor, user_id=origin.user_id)
            jobs.start(job)
        except NotTaken as error:
            return self.told(request, job, str(error))
        return HttpResponseRedirect(self.address("change", job))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End an import, or throw away the file of one that was tried."""
        job = self.decided(request, pk)
        jobs.cancel(job)
        return HttpResponseRedirect(self.address("change", job))

    def decided(self, request: HttpRequest, pk: int) -> Import:
        """Return the job that a form is about; raises Http404 for what is no form, PermissionDenied for viewers."""
        if request.method != "POST":
            raise Http404
        return self.job_or_404(request, pk, Role.STAFF)

    def rejected_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Give the rejected records as a file, in the format they came in: to be mended and sent again."""
        job = self.job_or_404(request, pk, Role.STAFF)
        if request.method == "POST":
            raise Http404
        import_looks(request, job, job.rejected)
        kind, ending = SENT[job.format != "ndjson"]
        headers = {"Content-Disposition": f'attachment; filename="rejected-{job.pk}.{ending}"'}
        headers["Cache-Control"] = "no-store"
        return StreamingHttpResponse(rejects.written(job), content_type=kind, headers=headers)


def differences(job: Import) -> list[Difference]:
    """Return what a dry run would change, as far as it was kept."""
    model = apps.get_model(model_label(job.entity))._meta.label_lower.replace(".", "_")
    taking = entity_config(job.entity).taking("")
    order = list(taking.fields)
    found = []
    for change in job.changes[:MOST_DIFFERENCES]:
        stored = change.get("HubId")
        record = record_link(model, stored, f"#{stored}") if stored else ""
        before, after = change.get("before") or {}, change.get("after") or {}
        known = {**before, **{name: value for name, value in after.items() if value}}
        identifier = next((str(known[name]) for name in taking.identifiers if known.get(name)), "")
        fields = documented_differences(before, after, order)
        found.append(Difference(str(change["status"]), change.get("line"), identifier, record, fields))
    return found


def rejected_records(job: Import, download: str) -> list[Section]:
    """Return the first rejected records of a file, where each stands and what is wrong with it, and where all are."""
    rows = RejectedRow.objects.filter(tenant=job.tenant_id, import_id=job.pk).order_by("line")[:MOST_REJECTED]
    texts = [[f"{row.line:,}", " ".join(dict.fromkeys(fault["text"] for fault in row.faults))] for row in rows]
    if not texts:
        return []
    more = f"The first {len(texts)} of {job.rejected:,}; lines" if job.rejected > len(texts) else "Lines"
    note, url_text = f"{more} count from 1.", "Download the rejected ones"
    return [Section("Rejected records", ("Line", "What is wrong"), texts, note=note, url=download, url_text=url_text)]


def links(job: Import, *, may_correct: bool) -> list[tuple[str, str]]:
    """Return the lists that tell more of what was stored: (address, text)."""
    found: list[tuple[str, str]] = []
    if job.is_dry_run or job.state in import_summary.GOING_ON:
        return found
    if job.created or job.updated:
        found.append((list_address("tenants.changeset", q=job.trace_id), "Its changesets"))
    if job.rejected:
        text = "Correct the rejected ones in the quarantine" if may_correct else "The rejected ones in the quarantine"
        found.append((list_address("tenants.quarantinedrecord", q=job.trace_id, source="import"), text))
    return found
