"""What the pages of imports share: the job that an address names, the addresses about it, and who looked into it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from hub.sql.bigint import is_bigint
from tenants.admin.access import write_times_in
from tenants.admin.history import HistoryAdmin
from tenants.audit.looks import PERSONAL, Looks, write_looks
from tenants.models import Entity, Import, Role, Way

PAGES = ("change", "part", "preview", "progress", "confirm", "cancel", "rejected")
PART = 2 * 1024 * 1024  # bytes of a part of a file; a form of the admin may have half a megabyte more


class ImportPages(HistoryAdmin):
    """The admin of imports as far as its pages have something in common."""

    def job_or_404(self, request: HttpRequest, pk: int, role: Role) -> Import:
        """Return a job; raises Http404 where the user sees none, PermissionDenied without the role on its tenant."""
        job: Import | None = self.get_queryset(request).filter(pk=pk).first() if is_bigint(str(pk)) else None
        if job is None:
            raise Http404
        if not self.may(request, role, job):
            raise PermissionDenied
        write_times_in([job.tenant.time_zone])
        return job

    def address(self, page: str, job: Import) -> str:
        """Return the address of a page about a job."""
        return reverse(f"admin:tenants_import_{page}", args=[job.pk])

    def page(self, request: HttpRequest, template: str, job: Import, **shown: Any) -> HttpResponse:
        """Answer with a page about a job."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": job, "title": str(job)}
        context |= {"job": job, "may_decide": self.may(request, Role.STAFF, job)}
        context["urls"] = {page: self.address(page, job) for page in PAGES}
        status = shown.pop("status", 200)
        return TemplateResponse(request, template, {**context, **shown}, status=status)

    def told(self, request: HttpRequest, job: Import, text: str) -> HttpResponse:
        """Go back to an import with a message."""
        self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(self.address("change", job))


def import_looks(request: HttpRequest, job: Import, records: int) -> None:
    """Count that the request's user is shown records of a file, of persons."""
    if records and job.entity in PERSONAL:
        write_looks([Looks(job.tenant_id, Entity(job.entity), Way.IMPORT, user_id=request.user.pk, records=records)])
