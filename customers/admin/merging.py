"""The page that merges two customers: the other one is found, what comes of both is chosen, seen, and confirmed."""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.admin.comparing import COMPARED, LABELS, FlagLine, ValueLine, flag_lines, totals, value_lines
from customers.admin.parting import parting_url
from customers.duplicates import suspected
from customers.flags import FLAGS
from customers.merging.choices import BOTH, KEPT, LOST, SETS, Choices, Row, by_hand, differ, dropped, value_of
from customers.merging.merge import MergeOvertaken, MergeRefused, Seen, count_following, merge
from customers.models import Customer
from hub.sql.bigint import is_bigint
from tenants.admin.access import access_of
from tenants.admin.forms import ReasonForm
from tenants.admin.looks import count_page
from tenants.admin.record_pages import RecordPage
from tenants.admin.records import origin_of
from tenants.admin.sections import record_link
from tenants.changes.images import MERGES_KEPT_FOR
from tenants.identity import COLUMNS, identifiers_of
from tenants.models import Entity, Role, Tenant

MOST_FOUND = 10
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
OVERTAKEN = "Nothing was merged: {} Look again, then decide."
LOOK_AGAIN = "This is what would happen with what you chose: look, then confirm."
NO_REASON = "Say why: consents come out otherwise than both customers agree on."


def merge_page(model_admin: Any, request: HttpRequest, record: Customer) -> HttpResponse:
    """Find the customer to merge with, or show both; merge them on POST, where both are as they were shown."""
    if "with" not in request.GET:
        return _choose(model_admin, request, record)
    other = _other(model_admin, request, record)
    if request.method == "POST":
        return _merge(model_admin, request, record, other)
    return _compare(model_admin, request, record, other)


MERGE = RecordPage("Merge…", "merge", merge_page)


def merge_url(kept: int, lost: int | None = None) -> str:
    """Return the address of the page that merges a customer with another."""
    address = reverse("admin:customers_customer_merge", args=[kept])
    return f"{address}?with={lost}" if lost else address


def _other(model_admin: Any, request: HttpRequest, record: Customer) -> Customer:
    """Return the other customer; raises Http404 for one of another tenant, for the same one, and for none."""
    text = request.GET.get("with", "")
    other = model_admin.get_object(request, text) if is_bigint(text) else None
    if other is None or other.tenant_id != record.tenant_id or other.pk == record.pk:
        raise Http404
    if not access_of(request).may(Role.STAFF, other.tenant_id):
        raise PermissionDenied
    return other  # type: ignore[no-any-return]


def _frame(model_admin: Any, request: HttpRequest, record: Customer, title: str) -> dict[str, Any]:
    frame = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "original": record}
    return {**frame, "title": title, "back": model_admin.record_url(record.pk)}


def _choose(model_admin: Any, request: HttpRequest, record: Customer) -> HttpResponse:
    """Show a search within the tenant, and who may be the same person."""
    term = request.GET.get("q", "").strip()
    own = Customer.objects.filter(tenant_id=record.tenant_id).exclude(pk=record.pk)
    found = list(model_admin.get_search_results(request, own, term)[0].order_by("-pk")[:MOST_FOUND]) if term else []
    hinted = own.in_bulk(suspected(record.tenant, record))
    count_page(request, record.tenant_id, Entity.CUSTOMERS, record.pk)
    context = _frame(model_admin, request, record, f"Merge {record} with another customer")
    context |= {"term": term, "found": _named(record, found), "hinted": _named(record, hinted.values())}
    return TemplateResponse(request, "tenants/merge_choose.html", context)


def _named(record: Customer, others: Any) -> list[tuple[str, Customer]]:
    return [(merge_url(record.pk, other.pk), other) for other in others]


def row_of(customer: Customer) -> dict[str, Any]:
    """Return a customer as the rules of a merge read one."""
    return {field.attname: getattr(customer, field.attname) for field in Customer._meta.concrete_fields}


def choices_of(post: QueryDict | Mapping[str, str], kept: Row, lost: Row) -> Choices:
    """Return what was chosen; what is no choice of the page counts as nothing chosen."""
    sides = {name: str(post.get(f"side:{name}", "")) for name in differ(kept, lost)}
    sides = {
        name: side for name, side in sides.items() if side in ((KEPT, LOST, BOTH) if name in SETS else (KEPT, LOST))
    }
    said = {name: post.get(f"flag:{name}") for name in FLAGS}
    return Choices(sides, {name: value == "yes" for name, value in said.items() if value in ("yes", "no")})


def _compare(
    model_admin: Any,
    request: HttpRequest,
    kept: Customer,
    lost: Customer,
    *,
    said: str = "",
    status: int = 200,
    form: ReasonForm | None = None,
) -> HttpResponse:
    tenant, rows = kept.tenant, (row_of(kept), row_of(lost))
    choices = choices_of(request.POST, *rows)
    for one in (kept, lost):
        count_page(request, one.tenant_id, Entity.CUSTOMERS, one.pk)
    values: list[ValueLine] = value_lines(*rows, choices)
    flags: list[FlagLine] = flag_lines(kept, lost, choices)
    context = _frame(model_admin, request, kept, f"Merge {lost} into {kept}") | {
        "kept": kept,
        "lost": lost,
        "values": values,
        "flags": flags,
        "totals": [totals(one) for one in (kept, lost)],
        "swap": merge_url(lost.pk, kept.pk),
        "happens": _happens(tenant, *rows, choices),
        "stays": _stays(),
        "next": next_send(tenant, *rows, choices),
        "form": form or ReasonForm(initial=request.POST.dict(), required=tenant.requires_reason),
        "said": said,
        "seen": [seen(kept), seen(lost)],
        "shown": [shown(row) for row in rows],
        "previewed": previewed(*rows, choices),
    }
    return TemplateResponse(request, "tenants/merge.html", context, status=status)


def previewed(kept: Row, lost: Row, choices: Choices) -> str:
    """Write down what the preview depends on: identifiers, and the consents as they come out by hand."""
    named = {name: value_of(name, kept, lost, choices) for name in COLUMNS.values()}
    return str(zlib.crc32(orjson.dumps([named, sorted(by_hand(kept, lost, choices))])))


def shown(row: Row) -> str:
    """Write down the values of a page, each as a checksum: what has changed is told from it when it is sent back."""
    return " ".join(f"{name}={zlib.crc32(repr(row[name]).encode()):x}" for name in COMPARED)


def _merge(model_admin: Any, request: HttpRequest, kept: Customer, lost: Customer) -> HttpResponse:
    """Merge as it was chosen, where that is what the page showed."""
    tenant, rows = kept.tenant, (row_of(kept), row_of(lost))
    choices = choices_of(request.POST, *rows)
    if changed := _changed(request, kept, lost):
        return _compare(model_admin, request, kept, lost, said=OVERTAKEN.format(changed), status=409)
    if "_merge" not in request.POST or request.POST.get("previewed") != previewed(*rows, choices):
        return _compare(model_admin, request, kept, lost, said=LOOK_AGAIN)
    form = ReasonForm(request.POST, required=tenant.requires_reason)
    if not form.is_valid():
        return _compare(model_admin, request, kept, lost, status=400, form=form)
    reason = form.cleaned_data["reason"]
    if by_hand(*rows, choices) and not reason:
        return _compare(model_admin, request, kept, lost, said=NO_REASON, status=400)
    try:
        receipt = merge(
            tenant,
            _seen(request, "seen_kept"),
            _seen(request, "seen_lost"),
            choices,
            origin=replace(origin_of(request), reason=reason),
        )
    except MergeOvertaken as overtaken:
        gone = [f"#{id_}" for id_ in overtaken.changed]
        messages.error(request, f"Nothing was merged: {' and '.join(gone)} changed this moment, or went. Look again.")
        return HttpResponseRedirect(merge_url(kept.pk, lost.pk))
    except MergeRefused as refused:
        return _compare(model_admin, request, kept, lost, said=str(refused), status=409)
    messages.success(request, _done(kept, lost, receipt.number or 0))
    return HttpResponseRedirect(model_admin.record_url(kept.pk))


def _done(kept: Customer, lost: Customer, number: int) -> SafeString:
    return format_html(
        "#{} is one with {} now. {} for {} days.",
        lost.pk,
        record_link("customers_customer", kept.pk, f"{kept} #{kept.pk}"),
        format_html('<a class="underline" href="{}">Undo the merge</a>', parting_url(kept.pk, number)),
        MERGES_KEPT_FOR.days,
    )


def seen(customer: Customer) -> str:
    """Write down whom the page shows: hub id, and when the row last changed (microseconds)."""
    return f"{customer.pk}:{(customer.updated_at - EPOCH) // MICROSECOND}"


def _seen(request: HttpRequest, name: str) -> Seen:
    """Return who was shown and as of when. Raises Http404 for what the page did not write."""
    parts = request.POST.get(name, "").split(":")
    if len(parts) != 2 or not all(map(is_bigint, parts)):
        raise Http404
    try:
        return Seen(int(parts[0]), EPOCH + MICROSECOND * int(parts[1]))
    except OverflowError:
        raise Http404 from None


def _changed(request: HttpRequest, kept: Customer, lost: Customer) -> str:
    """Say what of the two changed since the page was made; nothing where nothing did. Raises Http404 for others."""
    told = []
    for name, customer in (("kept", kept), ("lost", lost)):
        if _seen(request, f"seen_{name}").id != customer.pk:
            raise Http404
        if request.POST.get(f"seen_{name}") == seen(customer):
            continue
        before = set(request.POST.get(f"shown_{name}", "").split())
        columns = [one.partition("=")[0] for one in shown(row_of(customer)).split() if one not in before]
        what = ", ".join(LABELS[column] for column in columns) or "something"
        told.append(f"{what} of #{customer.pk} changed meanwhile.")
    return " ".join(told)


def _happens(tenant: Tenant, kept: Row, lost: Row, choices: Choices) -> list[str]:
    """Say what the merge does."""
    orders = count_following(tenant, kept, lost, choices)
    lines = [
        f"#{kept['id']} becomes what is chosen above; #{lost['id']} goes, and all of it is found at #{kept['id']}.",
        "Its consent ledger moves along, row by row, and says whom each row was about.",
        "Downstream systems are told: one is changed, the other deleted.",
    ]
    if orders:
        many = "1 order comes" if orders == 1 else f"{orders:,} orders come"
        lines.insert(1, f"{many} to name #{kept['id']} by the identifiers chosen, in place of those that nobody keeps.")
    return lines


def _stays() -> list[str]:
    return [
        "All other orders: they name the customer that is kept already.",
        "Former identifiers of both, so that an erasure finds everything.",
        f"It can be undone for {MERGES_KEPT_FOR.days} days, unless the person is erased.",
    ]


def next_send(tenant: Tenant, kept: Row, lost: Row, choices: Choices) -> list[str]:
    """Say what the partner's next records do that name either of the two, by the tenant's priority."""
    first, second, _ = identifiers_of(tenant)
    lines = []
    for name, also in ((first, ""), (second, f" and without {LABELS[COLUMNS[first]]}")):
        column = COLUMNS[name]
        gone = dropped(column, kept, lost, choices)
        if gone is None:
            continue
        others = _carriers(tenant, column, gone, (kept["id"], lost["id"])) if name == second else []
        does = f"reaches #{others[0]}, who has it, too" if others else "creates a new customer"
        present = value_of(column, kept, lost, choices)
        lines.append(
            f"The partner's next record with {LABELS[column]} {gone}{also} {does}: it should send {present} instead."
        )
    if not lines:
        return [f"The partner's next record under the identifiers of either changes #{kept['id']}."]
    return [*lines, "An order that the partner sends once more names whom the partner has it name."]


def _carriers(tenant: Tenant, column: str, value: str, but: tuple[int, int]) -> list[int]:
    found = Customer.objects.filter(**{"tenant_id": tenant.pk, column: value}).exclude(pk__in=but)
    return list(found.order_by("pk").values_list("pk", flat=True)[:1])
