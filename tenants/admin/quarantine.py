"""The quarantine in the admin: records that batches left out, found, corrected and sent, dismissed, many at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action

from hub.admin.pasting import pasted, trace_id_in
from hub.records.emails import normal_email
from tenants.admin.access import access_of, by_tenant, tenants_by_id
from tenants.admin.correcting import CorrectingAdmin, quarantine_looks
from tenants.admin.day_filters import arrived
from tenants.admin.export_columns import QUARANTINE_COLUMNS
from tenants.admin.exporting import ExportedList
from tenants.admin.list_filters import TenantFilter, one_of, yes_no
from tenants.admin.lists import of_staff
from tenants.admin.palette import Findable
from tenants.admin.quarantine_forms import CodeFilter, CorrectForm, DismissForm, FieldFilter
from tenants.admin.question import Question, chosen_ids, counted, joined, question_page
from tenants.admin.reasons import wants_reason
from tenants.admin.records import origin_of
from tenants.admin.sections import clipped, moment
from tenants.audit.looks import PERSONAL
from tenants.changes.erasure import spelled_alike
from tenants.models import Entity, QuarantinedRecord, QuarantineState, Role, Source
from tenants.quarantine.correcting import Outcome, dismiss, send_again

MOST_AT_ONCE = 100


@admin.register(QuarantinedRecord)
class QuarantineAdmin(ExportedList, Findable, CorrectingAdmin):
    """Records that batches left out: the tenant's staff decide about them, the hub deletes them after 30 days."""

    exports = QUARANTINE_COLUMNS
    list_display = ("at", "shop", "kind", "named", "first_faults", "source", "times", "withdraws", "stands")
    list_display_links = ("at", "named")
    list_filter = (
        TenantFilter,
        one_of("state", "state", QuarantineState.choices),
        one_of("entity", "kind of record", Entity.choices),
        CodeFilter,
        FieldFilter,
        one_of("source", "source", Source.choices),
        yes_no("is_withdrawal", "withdraws consent"),
        arrived("day first sent"),
    )
    search_fields = ("trace_id",)
    search_help_text = "An identifier in the record: CustomerId, e-mail, phone, OrderId, ProductId; or a trace id"
    sorts = {}
    most_at_once = MOST_AT_ONCE
    actions = ("send_chosen", "dismiss_chosen")

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "tenants_quarantinedrecord"
        return [
            path("send/", wrap(self.send_many_view), name=f"{name}_send_many"),
            path("dismiss/", wrap(self.dismiss_many_view), name=f"{name}_dismiss_many"),
            *super().get_urls(),
        ]

    def may_act(self, request: HttpRequest, row: QuarantinedRecord) -> bool:
        return access_of(request).may(Role.STAFF, row.tenant_id)

    def all_of(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().all_of(request, of_staff(request, queryset))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, and count that its user saw whom it shows."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        shown = (getattr(response, "context_data", None) or {}).get("cl")
        if shown:
            quarantine_looks(request, shown.result_list)
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[QuarantinedRecord], search_term: str
    ) -> tuple[QuerySet[QuarantinedRecord], bool]:
        """Keep the records that a pasted identifier, or a trace id, names."""
        readings = pasted(search_term)
        if not readings:
            return queryset, False
        phones = [digits for _, digits in spelled_alike(("Phone", text) for text in readings)]
        names = {*readings, *phones, *filter(None, map(normal_email, readings))}
        named = Q(names__overlap=list(names))
        for name in ("OrderId", "ProductId"):
            named |= Q(**{f"identifiers__{name}__in": readings})
        if trace_id := trace_id_in(search_term):
            named |= Q(trace_id=trace_id)
        return queryset.filter(named), False

    def looks_of(self, rows: Sequence[Any]) -> Counter[Entity]:
        return Counter(Entity(row.entity) for row in rows if row.entity in PERSONAL)

    def may_name(self, term: str) -> bool:
        return trace_id_in(term) is not None

    def count_found(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        quarantine_looks(request, rows)

    # The list's columns

    @admin.display(description="last sent")
    def at(self, row: QuarantinedRecord) -> SafeString:
        """When the record came the last time."""
        return moment(row.last_at)

    @admin.display(description="record")
    def kind(self, row: QuarantinedRecord) -> str:
        return str(row.get_entity_display())

    @admin.display(description="identifiers")
    def named(self, row: QuarantinedRecord) -> SafeString:
        return clipped(row)

    @admin.display(description="what is wrong")
    def first_faults(self, row: QuarantinedRecord) -> SafeString:
        more = len(row.codes) - 1
        return clipped((row.codes[0] if row.codes else "–") + (f" and {more} more" if more > 0 else ""))

    @admin.display(description="withdraws")
    def withdraws(self, row: QuarantinedRecord) -> str:
        return "yes" if row.is_withdrawal else "–"

    @admin.display(description="state")
    def stands(self, row: QuarantinedRecord) -> str:
        return str(row.get_state_display())

    # Many at a time

    @action(description="Correct and send again…", permissions=["change"])  # type: ignore[untyped-decorator]
    def send_chosen(self, request: HttpRequest, queryset: QuerySet[QuarantinedRecord]) -> HttpResponse:
        """Ask what to do to the records chosen in the list before they are sent again."""
        rows = list(queryset)
        return self.ask(request, self.sending(rows, CorrectForm(required=wants_reason(row.tenant_id for row in rows))))

    def sending(self, rows: Sequence[QuarantinedRecord], form: CorrectForm) -> Question:
        """Return the question asked before records are sent again."""
        newer = "What was stored meanwhile: a record whose customer, order or product has changed since is left alone."
        return Question(
            title=f"Send {counted(len(rows), self.opts)} again",
            records=rows,
            happens=[
                "Each goes through the checks that it was left out by. Those that are right are stored, in the"
                " order they were sent in; what is wrong with the others is said here.",
                "It is recorded as a changeset with your name.",
            ],
            stays=[newer, "Records that were cut because of their size, and those that are decided about."],
            button="Send again",
            url=reverse("admin:tenants_quarantinedrecord_send_many"),
            chosen=joined(rows),
            back=self.list_url(),
            destroys=False,
            form=form,
        )

    @action(description="Dismiss…", permissions=["change"])  # type: ignore[untyped-decorator]
    def dismiss_chosen(self, request: HttpRequest, queryset: QuerySet[QuarantinedRecord]) -> HttpResponse:
        """Ask before the records chosen in the list are dismissed."""
        rows = list(queryset)
        withdrawals = sum(row.is_withdrawal for row in rows)
        happens = ["They wait no more, and go 30 days after they were last sent."]
        if withdrawals:
            happens.append(f"{withdrawals:,} of them withdraw consent: nobody's consent is withdrawn by a dismissal.")
        return self.ask(
            request,
            Question(
                title=f"Dismiss {counted(len(rows), self.opts)}",
                records=rows,
                happens=happens,
                stays=["What is stored."],
                button="Dismiss",
                url=reverse("admin:tenants_quarantinedrecord_dismiss_many"),
                chosen=joined(rows),
                back=self.list_url(),
                form=DismissForm(),
            ),
        )

    def ask(self, request: HttpRequest, question: Question, *, status: int = 200) -> HttpResponse:
        """Show a confirmation page; raises PermissionDenied where the user is not staff of every record's tenant."""
        return question_page(self, request, question, status=status)

    def send_many_view(self, request: HttpRequest) -> HttpResponse:
        """Send the records again that a confirmation page named, those of a tenant, kind and door as one changeset."""
        rows = self.chosen(request)
        form = CorrectForm(request.POST, required=wants_reason(row.tenant_id for row in rows))
        if not form.is_valid():
            return self.ask(request, self.sending(rows, form), status=400)
        tenants = tenants_by_id(request, Role.STAFF, {row.tenant_id for row in rows})
        for group in alike(rows):
            try:
                correction = form.correction(group[0])
            except ValueError as error:
                self.message_user(request, f"Nothing was sent. {error}", messages.ERROR)
                continue
            origin = origin_of(request, form.cleaned_data["reason"])
            self.tell(request, send_again(tenants[group[0].tenant_id], group, correction, origin=origin))
        return HttpResponseRedirect(self.returning(request, self.list_url()))

    def dismiss_many_view(self, request: HttpRequest) -> HttpResponse:
        """Dismiss the records that a confirmation page named."""
        rows, form = self.chosen(request), DismissForm(request.POST)
        if not form.is_valid():
            return self.refused(request, form)
        tenants = tenants_by_id(request, Role.STAFF, {row.tenant_id for row in rows})
        done = sum(
            dismiss(tenants[pk], group, reason=form.cleaned_data["reason"], origin=origin_of(request))
            for pk, group in by_tenant(rows).items()
        )
        self.message_user(request, f"{counted(done, self.opts)} dismissed.", messages.SUCCESS)
        return HttpResponseRedirect(self.returning(request, self.list_url()))

    def chosen(self, request: HttpRequest) -> list[QuarantinedRecord]:
        """Return the records that a confirmation page named, the first hundred at most; raises Http404 for none."""
        return list(self.get_queryset(request).filter(pk__in=chosen_ids(request)[:MOST_AT_ONCE]).order_by("pk"))

    def refused(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Go back to the list with what is wrong with a form."""
        said = " ".join(str(text) for texts in form.errors.values() for text in texts)
        self.message_user(request, f"Nothing was changed. {said}", messages.ERROR)
        return HttpResponseRedirect(self.returning(request, self.list_url()))

    def tell(self, request: HttpRequest, outcome: Outcome, links: Sequence[Any] = ()) -> None:
        """Say what became of records that were sent again, with links to what is stored now."""
        if outcome.stored:
            counts: Mapping[str, int] = {
                name: getattr(outcome.receipt, name) for name in ("created", "updated", "unchanged")
            }
            said = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number) or "nothing changed"
            text = f"{counted(len(outcome.stored), self.opts)} sent: {said}"
            where = format_html_join(", ", "{}", ((link,) for link in links))
            said_so = format_html("{}: {}.", text, where) if where else f"{text}."
            self.message_user(request, said_so, messages.SUCCESS)
        for texts in list(outcome.receipt.warnings.values())[:10]:
            self.message_user(request, " ".join(texts), messages.WARNING)
        if outcome.newer:
            text = (
                f"{counted(len(outcome.newer), self.opts)} left alone: something newer is stored. Open each by itself."
            )
            self.message_user(request, text, messages.WARNING)
        if outcome.refused:
            found = dict.fromkeys(fault.text for faults in outcome.refused.values() for fault in faults)
            text = f"{counted(len(outcome.refused), self.opts)} still wrong: {' '.join(list(found)[:5])}"
            self.message_user(request, text, messages.ERROR)
        if outcome.gone:
            text = f"{counted(len(outcome.gone), self.opts)} no longer waiting."
            self.message_user(request, text, messages.WARNING)


def alike(rows: Sequence[QuarantinedRecord]) -> list[list[QuarantinedRecord]]:
    """Group records by tenant, kind and door: each group is one batch."""
    groups: dict[tuple[Any, str, str], list[QuarantinedRecord]] = {}
    for row in rows:
        groups.setdefault((row.tenant_id, row.entity, row.source), []).append(row)
    return list(groups.values())
