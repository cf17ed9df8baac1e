"""The page on which staff correct an order's cancelled flag and whose it is; for the rest, what the partner sends."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from hub.records.emails import normal_email
from hub.sql.prepared import Row
from orders.models import Order
from orders.rectifying import LABELS, NAMES, RECTIFIED, is_anonymous, rectify, values_of
from orders.serializers import OrderSerializer
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
from tenants.admin.sections import record_link
from tenants.admin.undo_links import undo_links
from tenants.changes.rectifying import ChangedSince, Gone, Rectified, Refused, asked_for
from tenants.links import customers_of_order
from tenants.models import Tenant

KINDS: Mapping[str, type] = {name: bool if name == "IsOrderCancelled" else str for name in NAMES}
HUB_ONLY = {"HubId", "CreatedAt", "UpdatedAt"}
OVERWRITES = (
    "The partner's next send of OrderId {order_id} will write over CustomerId and Email, which every record of an order"
    " has, and over cancelled where the record has IsOrderCancelled: have it corrected there, too."
)
NOBODY = "No customer has this CustomerId or e-mail."
SEVERAL = "{many} customers have it: fill in the CustomerId and the e-mail yourself."
BY_PHONE = "This customer is known by phone alone: an order can't name it."
GONE = "The order was deleted meanwhile. Nothing was saved."


def _text(label: str, help_text: str = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "dir": "auto"})
    return forms.CharField(label=label, required=False, strip=False, widget=widget, help_text=help_text)


class OrderForm(RectifyForm):
    """What staff correct of an order; `customer` fills in the identifiers of one who is there."""

    IsOrderCancelled = forms.ChoiceField(
        label=LABELS["IsOrderCancelled"], choices=[("no", "No"), ("yes", "Yes")], widget=UnfoldAdminSelectWidget
    )
    customer = _text("Give it to a customer", "A CustomerId or an e-mail of a customer who is here, or nothing.")
    CustomerId = _text(LABELS["CustomerId"], "As the partner would send it: exact, case-sensitive.")
    Email = _text(LABELS["Email"], "As the partner would send it.")
    field_order = ("IsOrderCancelled", "customer", "CustomerId", "Email", "reason", "seen")

    def give_to(self, tenant: Tenant, wanted: dict[str, Any]) -> dict[str, Any]:
        """Return what is wanted, with the identifiers of the customer that was chosen; else say what is wrong."""
        text = (self.cleaned_data.get("customer") or "").strip()
        if not text:
            return wanted
        found = customers_named(tenant, text)
        if len(found) != 1:
            self.add_error("customer", SEVERAL.format(many=len(found)) if found else NOBODY)
            return wanted
        _, _, _, customer_id, email = found[0]
        if not (customer_id or email):
            self.add_error("customer", BY_PHONE)
        # An order must have a CustomerId; that of a customer without one is the e-mail, as in shops' files.
        return {**wanted, "CustomerId": customer_id or email, "Email": email}


def customers_named(tenant: Tenant, text: str) -> list[Row]:
    """Return the customers who have a CustomerId, or else an e-mail."""
    return customers_of_order(tenant, text, None) or customers_of_order(tenant, None, normal_email(text))


def correct(model_admin: RecordAdmin, request: HttpRequest, order: Order) -> HttpResponse:
    """Show an order's form; on POST correct the order, or say why not beside the field."""
    required = order.tenant.requires_reason
    if request.method != "POST":
        values = values_of(order)
        initial = {name: as_input(value) for name, value in values.items()}
        form = OrderForm(initial={**initial, "seen": write_seen(values)}, requires_reason=required)
        return _page(model_admin, request, order, form)
    shown = read_seen(request.POST.get("seen", ""), KINDS)
    data, unchosen = chosen(request.POST, shown)
    form, wanted = OrderForm(data, requires_reason=required), wanted_of(data, shown)
    wanted = form.give_to(order.tenant, wanted) if form.is_valid() else wanted
    if not form.is_valid() or unchosen:
        form.refuse(unchosen)
        return _page(model_admin, request, order, form, **unchosen_of(unchosen, shown, wanted))
    origin = replace(origin_of(request), reason=form.cleaned_data["reason"])
    try:
        rectified = rectify(order.tenant, order.pk, shown, wanted, origin=origin)
    except Refused as refused:
        form.refuse(refused.faults)
    except ChangedSince as since:
        again_data = shown_again(data, shown, wanted, since.stored)
        again_data.update({"customer": "", **{name: as_input(wanted[name]) for name in asked_for(shown, wanted)}})
        form = OrderForm(again_data, requires_reason=required)
        return _page(model_admin, request, order, form, **clash_of(since, wanted))
    except Gone:
        model_admin.message_user(request, GONE, messages.WARNING)
        return HttpResponseRedirect(model_admin.list_url())
    else:
        _tell(model_admin, request, order, rectified)
        return HttpResponseRedirect(model_admin.record_url(order.pk))
    return _page(model_admin, request, order, form, status=400)


def _page(model_admin: RecordAdmin, request: HttpRequest, order: Order, form: OrderForm, **shown: Any) -> HttpResponse:
    """Show the form with the body that the partner may send; `shown` is what `correcting_page` is told beside."""
    order.refresh_from_db()
    fields = ("IsOrderCancelled", "reason") if is_anonymous(order.customer_id) else form.field_order[:-1]
    about: dict[str, Any] = {"title": f"Correct order {order}", "lines": [OVERWRITES.format(order_id=order.order_id)]}
    body: dict[str, Any] = {"body": body_of(order), "order_id": order.order_id, "template": "orders/rectify.html"}
    return correcting_page(model_admin, request, order, form, fields, **about, **body, **shown)


def body_of(order: Order) -> str:
    """Return the body by which the partner sends an order as it stands; "" for one that no partner could send.

    An anonymous sale has no e-mail, and an order that lost its lines has none.
    """
    record = OrderSerializer().to_representation(order)
    kept = {name: value for name, value in _said(record).items() if name not in HUB_ONLY}
    if not order.given & 1 << RECTIFIED["IsOrderCancelled"].bit:
        del kept["IsOrderCancelled"]  # nobody ever said so
    kept["OrderItems"] = list(map(_said, kept["OrderItems"]))
    if is_anonymous(order.customer_id) or not order.email or not kept["OrderItems"]:
        return ""
    return orjson.dumps([kept], option=orjson.OPT_INDENT_2, default=_exactly).decode()


def _said(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}


def _exactly(amount: Decimal) -> orjson.Fragment:
    """Write an amount that a float has no room for."""
    return orjson.Fragment(str(amount))


def _tell(model_admin: RecordAdmin, request: HttpRequest, order: Order, rectified: Rectified) -> None:
    """Say what changed, whose the order is now, and what the partner's next send does."""
    if rectified.number is None:
        model_admin.message_user(request, "Nothing was changed.", messages.INFO)
        return
    whose = _whose(order, rectified) if set(rectified.changed) - {"IsOrderCancelled"} else ""
    links = undo_links(request, order.tenant, rectified.number)
    text = format_html("{} {} {}", changes_text(rectified, LABELS, order), whose, links)
    model_admin.message_user(request, text, messages.SUCCESS)
    model_admin.message_user(request, OVERWRITES.format(order_id=shortened(order.order_id)), messages.INFO)


def _whose(order: Order, rectified: Rectified) -> SafeString | str:
    """Say which customers the order names now."""
    after = rectified.after
    found = customers_of_order(order.tenant, after["CustomerId"], after["Email"])
    if not found:
        return "No customer has these identifiers."
    pk, name, surname, customer_id, email = found[0]
    called = " ".join(filter(None, [name, surname])) or customer_id or email
    others = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return format_html("It is an order of {}{}.", record_link("customers_customer", pk, shortened(called)), others)
