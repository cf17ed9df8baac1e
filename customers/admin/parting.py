"""The page that takes a merge back: what it does, what stays as it was changed since, and what no consent does."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from customers.admin.comparing import LABELS
from customers.admin.optins import TITLES
from customers.merging.parting import GONE, Parting, part, plan_parting, why_not_parted
from customers.models import Customer
from tenants.admin.access import access_of
from tenants.admin.forms import ReasonForm
from tenants.admin.looks import count_page
from tenants.admin.records import origin_of
from tenants.admin.sections import Section, link, moment, record_link, touching
from tenants.changes.images import MERGES_KEPT_FOR
from tenants.changes.undo import PlanChanged
from tenants.models import BeforeImage, Changeset, Entity, Operation, Role

OTHERWISE = "Meanwhile something else was written. This is what would happen now: look again, then decide."
NAME = "customers_customer_unmerge"


def parting_url(kept: int, number: int) -> str:
    """Return the address of the page that takes a merge back, by its changeset's number."""
    return reverse(f"admin:{NAME}", args=[kept, number])


def parting_pattern(model_admin: Any) -> URLPattern:
    """Return the page's address below the list's."""

    def opened(request: HttpRequest, pk: int, number: int) -> HttpResponse:
        record = model_admin.get_object(request, str(pk))
        if record is None:
            raise Http404
        if not access_of(request).may(Role.STAFF, record.tenant_id):
            raise PermissionDenied
        return parting_page(model_admin, request, record, _merge_or_404(record, number))

    address = "<int:pk>/unmerge/<int:number>/"
    pattern: URLPattern = path(address, model_admin.admin_site.admin_view(opened), name=NAME)
    return pattern


def _merge_or_404(record: Customer, number: int) -> Changeset:
    merges = Changeset.objects.filter(tenant_id=record.tenant_id, operation=Operation.MERGE, entity=Entity.CUSTOMERS)
    changeset = merges.filter(number=number, updated_ids=[record.pk]).first()
    if changeset is None:
        raise Http404
    return changeset


def parting_page(model_admin: Any, request: HttpRequest, record: Customer, changeset: Changeset) -> HttpResponse:
    """Show what taking a merge back would do; do it on POST, where it is still that."""
    form = ReasonForm(request.POST or None, required=record.tenant.requires_reason)
    if request.method != "POST":
        return _plan_page(model_admin, request, record, changeset, form)
    if not form.is_valid():
        return _plan_page(model_admin, request, record, changeset, form, status=400)
    origin = replace(origin_of(request), reason=form.cleaned_data["reason"])
    try:
        part(record.tenant, changeset, planned=request.POST.get("planned", ""), origin=origin)
    except PlanChanged:
        return _plan_page(model_admin, request, record, changeset, form, said=OTHERWISE, status=409)
    (lost,) = changeset.deleted_ids
    text = format_html("{} is a customer again.", record_link("customers_customer", lost, f"#{lost}"))
    messages.success(request, text)
    return HttpResponseRedirect(model_admin.record_url(record.pk))


def _plan_page(
    model_admin: Any,
    request: HttpRequest,
    record: Customer,
    changeset: Changeset,
    form: ReasonForm,
    *,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    refusal = why_not_parted(changeset)
    plan = None if refusal else plan_parting(record.tenant, changeset)
    refusal = refusal or (plan.refusal if plan else GONE)
    count_page(request, record.tenant_id, Entity.CUSTOMERS, record.pk)
    context = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "original": record}
    context |= {"title": f"Undo the merge of #{changeset.deleted_ids[0]} into {record}", "said": said, "form": form}
    context |= {"refusal": refusal, "back": model_admin.record_url(record.pk), "plan": plan}
    if plan and not refusal:
        context |= {"happens": happens(plan), "stays": stays(plan)}
    return TemplateResponse(request, "tenants/unmerge.html", context, status=status)


def happens(plan: Parting) -> list[str]:
    """Say what taking the merge back does."""
    kept, lost = plan.kept["id"], plan.lost["id"]
    lines = [
        f"#{lost} comes back as it was, under the same hub id, with its part of the consent ledger.",
        f"#{kept} gets back what it was before the merge.",
    ]
    if plan.orders:
        one = plan.orders == 1
        lines.append(
            f"{plan.orders:,} order{' names' if one else 's name'} whom {'it' if one else 'they'} named before."
        )
    return [*lines, "It is recorded as a changeset of its own, with your name."]


def stays(plan: Parting) -> list[str]:
    """Say what does not become what it was, and why."""
    kept, lost = plan.kept["id"], plan.lost["id"]
    lines = []
    if plan.stays:
        lines.append(f"{', '.join(LABELS[name] for name in plan.stays)} of #{kept}: changed since the merge.")
    for hub_id, before, after in ((kept, plan.kept, plan.back), (lost, plan.lost, plan.come)):
        if withheld := [TITLES[name] for name in plan.withheld(before, after)]:
            lines.append(f"{', '.join(withheld)} of #{hub_id} stay{'s' if len(withheld) == 1 else ''} withdrawn.")
    return [*lines, "Consent that somebody withdrew since the merge: it stays withdrawn, for both."]


def merges_of(customer: Customer) -> list[Section]:
    """Return the section of a customer's page that names who was merged into it, where one can be taken back."""
    changesets = touching(Changeset.objects.filter(tenant_id=customer.tenant_id), Entity.CUSTOMERS, customer.pk)
    images = BeforeImage.objects.filter(
        tenant_id=customer.tenant_id,
        entity=Entity.CUSTOMERS,
        record=customer.pk,
        kept_until__gt=timezone.now(),
    )
    numbers = list(images.values_list("changeset_number", flat=True))
    if not numbers:
        return []
    rows = [
        [
            moment(merge.created_at),
            f"#{merge.deleted_ids[0]}",
            merge.actor,
            merge.reason or None,
            link(parting_url(customer.pk, merge.number), "Undo the merge…"),
        ]
        for merge in changesets.filter(number__in=numbers, operation=Operation.MERGE).order_by("-number")
    ]
    note = f"For {MERGES_KEPT_FOR.days} days a merge can be undone."
    return [Section("Merged into this customer", ("When", "Who", "By", "Why", ""), rows, note=note)]
