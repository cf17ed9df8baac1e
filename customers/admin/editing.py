"""Staff's edits of opt-ins in the admin: on the list, on the record and in bulk, all through edit_consents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from unfold.decorators import action

from customers.admin.edited import MOST_CONFLICTS, conflict_texts, edited_text
from customers.admin.optins import NEVER, TITLES, YES_NO, edit_of, edits_of_list, seen, state_of
from customers.consents import ConsentEdit, Edited, edit_consents
from customers.flags import FLAGS
from customers.models import Customer
from tenants.admin.access import tenants_by_id
from tenants.admin.question import Question, chosen_or_404, counted
from tenants.admin.reasons import reason_form
from tenants.admin.records import RecordAdmin, origin_of
from tenants.admin.saving import saved
from tenants.admin.sections import yes_or_no
from tenants.models import Role, Tenant


class ConsentEditingAdmin(RecordAdmin):
    """The customers' admin as far as it edits opt-ins; who changed meanwhile is left alone, and named."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.set_flag_view)
        return [path("opt-ins/", view, name="customers_customer_set_flag"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, or save what was ticked in it."""
        if request.method == "POST" and "_save" in request.POST:
            return self.save_list(request, edits_of_list(request.POST))
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def save_list(self, request: HttpRequest, edits: Sequence[ConsentEdit]) -> HttpResponse:
        """Save what was ticked in the list; where the reason is missing or wrong, show it again, as it was ticked."""
        form = reason_form(self.edited(request, edits), request.POST)
        if edits and not form.is_valid():
            request.refused = form  # type: ignore[attr-defined]  # for ConsentChangeList
            response: HttpResponse = super().changelist_view(request)
            response.status_code = 400
            return response
        self.edit(request, edits, form.cleaned_data["reason"] if edits else "")
        return saved(request, HttpResponseRedirect(request.get_full_path()))

    def set_flag_view(self, request: HttpRequest) -> HttpResponse:
        """Set the flag that a confirmation page named, of the customers it named."""
        name, value = request.POST.get("flag", ""), request.POST.get("value") == "yes"
        edits = [ConsentEdit(edit.customer, edit.seen, {name: value}) for edit in map(as_seen, chosen_or_404(request))]
        if name not in FLAGS:
            return HttpResponseRedirect(self.list_url())
        customers = self.edited(request, edits)
        form = reason_form(customers, request.POST)
        if not form.is_valid():
            question = replace(self.bulk_edit(customers, name, value), chosen=request.POST["chosen"], form=form)
            return self.ask(request, question, status=400)
        self.edit(request, edits, form.cleaned_data["reason"])
        return HttpResponseRedirect(self.returning(request, self.list_url()))

    def edited(self, request: HttpRequest, edits: Sequence[ConsentEdit]) -> list[Customer]:
        """Return the customers that edits are about, of those whom the user may see."""
        return list(self.get_queryset(request).filter(pk__in=[edit.customer for edit in edits]).order_by("-pk"))

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        """Save the record's page: the flags that differ from what it showed."""
        wanted = {name: form.cleaned_data[name] for name in FLAGS}
        edit = edit_of(form.cleaned_data["seen"], wanted)
        edits = [ConsentEdit(obj.pk, edit.seen, edit.flags)] if edit.flags else []
        self.edit(request, edits, form.cleaned_data["reason"])

    def response_change(self, request: HttpRequest, obj: Customer) -> HttpResponse:
        """Go back to the record's page, which shows what is stored now."""
        return saved(request, HttpResponseRedirect(request.get_full_path()))

    def edit(self, request: HttpRequest, edits: Sequence[ConsentEdit], reason: str = "") -> None:
        """Apply edits, each tenant's as one changeset, and say what happened; raises PermissionDenied for a viewer."""
        origin = origin_of(request, reason)
        found = self.get_queryset(request).filter(pk__in=[edit.customer for edit in edits])
        rows = list(found.values_list("pk", "tenant_id", "given"))
        tenant_ids, given = {pk: tenant_id for pk, tenant_id, _ in rows}, {pk: bits for pk, _, bits in rows}
        tenants = tenants_by_id(request, Role.STAFF, tenant_ids.values())
        for tenant in tenants.values():
            own = [edit for edit in edits if tenant_ids.get(edit.customer) == tenant.pk]
            self.tell(request, tenant, edit_consents(tenant, own, origin=origin), own, given)
        if gone := len(edits) - len(tenant_ids):
            self.message_user(request, f"{counted(gone, self.opts)} no longer there.", messages.WARNING)
        if not edits:
            self.message_user(request, "Nothing was changed.", messages.INFO)

    def tell(
        self,
        request: HttpRequest,
        tenant: Tenant,
        edited: Edited,
        edits: Sequence[ConsentEdit],
        given: Mapping[int, int],
    ) -> None:
        """Say what changed, with a way back, and for each flag that was left alone what is stored and by whom."""
        if edited.changes.received:
            self.message_user(request, edited_text(request, tenant, edited, edits, given), messages.SUCCESS)
        for text in conflict_texts(tenant, edited.conflicts[:MOST_CONFLICTS]):
            self.message_user(request, text, messages.WARNING)
        if (more := len(edited.conflicts) - MOST_CONFLICTS) > 0:
            rest = f"{counted(more, self.opts)} more changed meanwhile and were left alone."
            self.message_user(request, rest, messages.WARNING)

    def bulk_edit(self, customers: Sequence[Customer], name: str, value: bool) -> Question:
        """Return the question asked before a flag of many customers is set."""
        states = [state_of(customer, name) for customer in customers]
        wanted = yes_or_no(value)
        happens = [f"{TITLES[name]} becomes {wanted.lower()} for {counted(len(customers), self.opts)}."]
        happens += [
            f"{states.count(state):,} of them: {state.lower()} → {wanted.lower()}."
            for state in ("Yes", "No", NEVER)
            if state != wanted and state in states
        ]
        return Question(
            title=verb(name, value),
            records=customers,
            happens=[*happens, "It is recorded in the consent ledger with your name and the time."],
            stays=[f"{states.count(wanted):,} of them are so already.", "Everything else about them."],
            button=verb(name, value),
            url=reverse("admin:customers_customer_set_flag"),
            chosen=",".join(map(seen, customers)),
            back=self.list_url(),
            fields={"flag": name, "value": YES_NO[value]},
            destroys=False,
        )


def as_seen(shown: str) -> ConsentEdit:
    """Return an edit that changes nothing yet, of what was shown."""
    return edit_of(shown, {})


def verb(name: str, value: bool) -> str:
    """Say what setting a flag is called."""
    if name == "is_excluded":
        return "Exclude" if value else "Include again"
    return f"{TITLES[name].removesuffix(' opt-in')}: opt {'in' if value else 'out'}"


def flag_action(name: str, value: bool) -> Callable[..., HttpResponse]:
    """Return an action that asks before it sets a flag of the customers chosen in the list."""

    def set_flag(self: ConsentEditingAdmin, request: HttpRequest, queryset: QuerySet[Customer]) -> HttpResponse:
        return self.ask(request, self.bulk_edit(list(queryset), name, value))

    set_flag.__name__ = f"{name}_{YES_NO[value]}"
    found: Callable[..., HttpResponse] = action(description=f"{verb(name, value)}…", permissions=["change"])(set_flag)
    return found


FLAG_ACTIONS = tuple(flag_action(name, value) for name in FLAGS for value in (True, False))
