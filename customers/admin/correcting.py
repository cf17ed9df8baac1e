"""The page on which staff correct who a customer is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from customers.admin.next_send import before_sending, next_send
from customers.models import Customer
from customers.rectifying import LABELS, NAMES, SETS, Holder, Taken, rectify, values_of
from tenants.admin.records import RecordAdmin, origin_of
from tenants.admin.rectifying import (
    RectifyForm,
    as_input,
    changes_text,
    chosen,
    clash_of,
    correcting_page,
    read_seen,
    shortened,
    shown_again,
    unchosen_of,
    wanted_of,
    write_seen,
)
from tenants.admin.sections import link, record_link
from tenants.admin.undo_links import undo_links
from tenants.changes.rectifying import ChangedSince, Gone, Rectified, Refused

KINDS: Mapping[str, type] = {name: list if name in SETS else str for name in NAMES}
ONE_A_LINE = "One a line, or with commas between."
HELP = {
    "CustomerId": "The partner's own id: exact, case-sensitive.",
    "Phone": "With its country code, or a national one where the tenant has a default country.",
    "Language": "A BCP 47 tag such as en-US.",
    "Tags": ONE_A_LINE,
    "MailingLists": f"{ONE_A_LINE} Being on one is consent: say why.",
}
ERASED = "The customer was erased meanwhile. Nothing was saved."


def _field(name: str) -> forms.CharField:
    lines = UnfoldAdminTextareaWidget(attrs={"rows": 3, "autocomplete": "off"})
    plain = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "dir": "auto"})
    widget = lines if name in SETS else plain
    return forms.CharField(label=LABELS[name], required=False, strip=False, widget=widget, help_text=HELP.get(name, ""))


class CustomerForm(RectifyForm):
    """What staff correct of a customer; what its values may be, the domain says."""

    locals().update({name: _field(name) for name in NAMES})
    field_order = (*NAMES, "reason", "seen")


def correct(model_admin: RecordAdmin, request: HttpRequest, customer: Customer) -> HttpResponse:
    """Show a customer's form; on POST correct the customer, or say why not beside the field."""
    required = customer.tenant.requires_reason
    if request.method != "POST":
        values = values_of(customer)
        initial = {name: as_input(value) for name, value in values.items()}
        form = CustomerForm(initial={**initial, "seen": write_seen(values)}, requires_reason=required)
        return _page(model_admin, request, customer, form)
    shown = read_seen(request.POST.get("seen", ""), KINDS)
    data, unchosen = chosen(request.POST, shown)
    form, wanted = CustomerForm(data, requires_reason=required), wanted_of(data, shown)
    if not form.is_valid() or unchosen:
        form.refuse(unchosen)
        return _page(model_admin, request, customer, form, **unchosen_of(unchosen, shown, wanted))
    origin = replace(origin_of(request), reason=form.cleaned_data["reason"])
    try:
        rectified = rectify(customer.tenant, customer.pk, shown, wanted, origin=origin)
    except Refused as refused:
        form.refuse(refused.faults)
    except Taken as taken:
        form.refuse(_taken(customer, taken))
    except ChangedSince as since:
        form = CustomerForm(shown_again(data, shown, wanted, since.stored), requires_reason=required)
        return _page(model_admin, request, customer, form, **clash_of(since, wanted))
    except Gone:
        model_admin.message_user(request, ERASED, messages.WARNING)
        return HttpResponseRedirect(model_admin.list_url())
    else:
        _tell(model_admin, request, customer, rectified)
        return HttpResponseRedirect(model_admin.record_url(customer.pk))
    return _page(model_admin, request, customer, form, status=400)


def _page(
    model_admin: RecordAdmin, request: HttpRequest, customer: Customer, form: CustomerForm, **shown: Any
) -> HttpResponse:
    """Show the form; `shown` is what `correcting_page` is told beside."""
    lines, title = before_sending(customer.tenant, values_of(customer)), f"Correct {customer}"
    fields = (*NAMES, "reason")
    return correcting_page(model_admin, request, customer, form, fields, title=title, lines=lines, **shown)


def _taken(customer: Customer, taken: Taken) -> dict[str, list[SafeString]]:
    """Say beside each identifier who has it, with a link to merging the two."""
    return {holder.field: [_holder(customer, holder)] for holder in taken.holders}


def _holder(customer: Customer, holder: Holder) -> SafeString:
    merge = reverse("admin:customers_customer_merge", args=[customer.pk])
    return format_html(
        "{} has it already. Nothing was saved. {}",
        record_link("customers_customer", holder.id, shortened(holder)),
        link(f"{merge}?with={holder.id}", "Merge these two…"),
    )


def _tell(model_admin: RecordAdmin, request: HttpRequest, customer: Customer, rectified: Rectified) -> None:
    """Say what changed, how many orders followed, and what the partner's next send does."""
    if rectified.number is None:
        model_admin.message_user(request, "Nothing was changed.", messages.INFO)
        return
    orders = f"{rectified.followed:,} order{'' if rectified.followed == 1 else 's'} followed." * bool(
        rectified.followed
    )
    renamed = Customer.objects.filter(pk=customer.pk).first() or customer
    said = [changes_text(rectified, LABELS, renamed), orders]
    links = undo_links(request, customer.tenant, rectified.number)
    text = format_html("{} {} {}", *said, links)
    model_admin.message_user(request, text, messages.SUCCESS)
    model_admin.message_user(request, next_send(customer.tenant, rectified), messages.INFO)
