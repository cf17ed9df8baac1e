"""The page of one record in quarantine: field by field what was sent, what is wrong and what is stored, and a form."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from tenants.admin.access import tenants_by_id
from tenants.admin.forms import ReasonForm
from tenants.admin.history import HistoryAdmin
from tenants.admin.looks import count_page
from tenants.admin.quarantine_forms import DISMISSALS
from tenants.admin.records import origin_of
from tenants.admin.sections import record_link
from tenants.audit.looks import PERSONAL, Looks, write_looks
from tenants.entities import entity_config, model_label
from tenants.models import Changeset, Entity, QuarantinedRecord, QuarantineState, Role, Tenant, Way
from tenants.quarantine.correcting import (
    Outcome,
    corrected,
    dismiss,
    pairs_of,
    seen_as,
    send_again,
    stored_for,
    taking_of,
)
from tenants.quarantine.fields import Field, fields, places, read_form, told

NEWER = "Something newer is stored than this record. Look at what stands beside it before you send it."
CHANGED = "Nothing was sent: what is stored is not what you were shown. Look again, then decide."
GONE = "Nothing was sent: somebody else has decided about it meanwhile."


def quarantine_looks(request: HttpRequest, rows: Iterable[QuarantinedRecord]) -> None:
    """Count that the request's user is shown records in quarantine, of persons."""
    shown = Counter((row.tenant_id, Entity(row.entity)) for row in rows if row.entity in PERSONAL)
    write_looks(
        Looks(tenant, entity, Way.QUARANTINE, user_id=request.user.pk, records=many)
        for (tenant, entity), many in shown.items()
    )


class CorrectingAdmin(HistoryAdmin):
    """The admin of records in quarantine as far as it shows one, and lets staff correct or dismiss it."""

    change_role = Role.STAFF

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a record; on POST correct and send it, or dismiss it."""
        row = self.get_object(request, object_id) if object_id else None
        if row is None:
            raise Http404
        tenant = Tenant.objects.get(pk=row.tenant_id)
        if request.method != "POST":
            return self.page(request, tenant, row)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return self.decided(request, tenant, row)

    def decided(self, request: HttpRequest, tenant: Tenant, row: QuarantinedRecord) -> HttpResponse:
        """Do what the page's form asks for."""
        tenants_by_id(request, Role.STAFF, [tenant.pk])
        if "dismiss" not in request.POST:
            return self.sent(request, tenant, row)
        reason = request.POST.get("reason", "")
        if reason not in dict(DISMISSALS):
            return self.page(request, tenant, row, said="Say why it is dismissed.", status=400)
        if dismiss(tenant, [row], reason=reason, origin=origin_of(request)):
            self.message_user(request, "Dismissed.", messages.SUCCESS)
        return HttpResponseRedirect(self.returning(request, self.list_url()))

    def sent(self, request: HttpRequest, tenant: Tenant, row: QuarantinedRecord) -> HttpResponse:
        """Send a record as the form makes it, where it is right and what is stored is what was shown."""
        if not row.is_whole:
            return self.page(request, tenant, row, status=400)
        found = self.fields_of(row, [])
        correction, faults = read_form(found, request.POST.dict())
        if faults:
            return self.page(request, tenant, row, found, faults, status=400)
        seen = request.POST.get("seen", "")
        why = ReasonForm({"reason": request.POST.get("why", "")}, required=tenant.requires_reason)
        if not why.is_valid():
            return self.page(request, tenant, row, found, [], why=why, status=400)
        origin = origin_of(request, why.cleaned_data["reason"])
        outcome = send_again(tenant, [row], correction, origin=origin, seen=seen)
        if row.pk in outcome.refused:
            return self.page(request, tenant, row, found, places(outcome.refused[row.pk]), why=why, status=400)
        if outcome.newer:
            stored = stored_for(tenant, taking_of(row), corrected(row, correction))
            return self.page(request, tenant, row, found, [], stored=stored, said=CHANGED, why=why, status=409)
        links = self.links(row, stored_for(tenant, taking_of(row), corrected(row, correction))[:1])
        self.tell(request, outcome, links)
        return HttpResponseRedirect(self.returning(request, self.list_url()))

    def tell(self, request: HttpRequest, outcome: Outcome, links: Sequence[Any] = ()) -> None:
        """Say what became of records that were sent again, with links to what is stored now."""
        raise NotImplementedError

    def fields_of(self, row: QuarantinedRecord, stored: Sequence[Any]) -> list[Field]:
        """Return a record's fields, with what is stored in the first record it means."""
        taking = taking_of(row)
        titles = {flag.name: flag.title for flag in entity_config(row.entity).consents}
        return fields(taking, pairs_of(row), taking.write(stored[0]) if stored else None, titles)

    def page(
        self,
        request: HttpRequest,
        tenant: Tenant,
        row: QuarantinedRecord,
        typed: Sequence[Field] = (),
        faults: Sequence[tuple[str, str]] | None = None,
        *,
        stored: Sequence[Any] | None = None,
        said: str = "",
        why: ReasonForm | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Show a record: as it was sent or as it was `typed`, its `faults`, and what is `stored` for it now."""
        if stored is None:
            stored = stored_for(tenant, taking_of(row), pairs_of(row))
        self.count(request, row, stored)
        shown = self.fields_of(row, stored)
        for one, former in zip(shown, typed, strict=False):
            one.shown, one.is_dropped = former.shown, former.is_dropped
        kept = [(fault["field"], fault["text"]) for fault in row.faults]
        others = told(shown, kept if faults is None else faults)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": row, "title": str(row)}
        context |= {"row": row, "fields": shown, "others": others, "said": said, "reasons": DISMISSALS}
        context |= {"stored": self.links(row, stored), "seen": seen_as(stored), "changesets": self.changesets(row)}
        context |= {"newer": NEWER if any(one.updated_at > row.last_at for one in stored) else ""}
        waits = row.state == QuarantineState.WAITING
        context |= {
            "may_decide": waits and self.may(request, Role.STAFF, row),
            "list_url": self.returning(request, self.list_url()),
        }
        context["why"] = why or ReasonForm(required=tenant.requires_reason)
        context["decision"] = dict(DISMISSALS).get(row.reason, "")
        return TemplateResponse(request, "tenants/quarantined.html", context, status=status)

    def count(self, request: HttpRequest, row: QuarantinedRecord, stored: Sequence[Any]) -> None:
        """Count that the user is shown the record, and the stored one beside it."""
        quarantine_looks(request, [row])
        if row.entity in PERSONAL and stored:
            count_page(request, row.tenant_id, Entity(row.entity), stored[0].pk)

    def links(self, row: QuarantinedRecord, stored: Sequence[Any]) -> list[Any]:
        """Return links to the stored records."""
        model = apps.get_model(model_label(row.entity))._meta.label_lower.replace(".", "_")
        return [record_link(model, one.pk, one) for one in stored]

    def changesets(self, row: QuarantinedRecord) -> list[tuple[str, Any]]:
        """Return links to the changeset of the batch, and to the one that it was corrected in."""
        numbers = {"batch": row.changeset_number, "correction": row.corrected_number}
        found = Changeset.objects.filter(tenant_id=row.tenant_id, number__in=filter(None, numbers.values()))
        pks = dict(found.values_list("number", "pk"))
        return [
            (name, record_link("tenants_changeset", pks[number], f"number {number:,}"))
            for name, number in numbers.items()
            if number in pks
        ]

    def list_url(self) -> str:
        """Return the address of the list."""
        return reverse("admin:tenants_quarantinedrecord_changelist")
