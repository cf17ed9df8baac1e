"""Opt-ins in the admin: the cells staff tick, and what they ticked, read back with what they saw."""

from collections.abc import Iterable, Mapping

from django.http import Http404, QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from customers.consents import GIVEN_BITS, ConsentEdit
from customers.flags import FLAGS, as_bits, has_flag
from customers.models import Customer
from hub.admin.site import CHECKBOX
from hub.sql.bigint import is_bigint

NEVER = "Never given"
YES_NO = {True: "yes", False: "no"}
TITLES = {field.name: str(capfirst(field.verbose_name)) for field in Customer._meta.fields if field.name in FLAGS}


def flags_of(customer: Customer) -> int:
    """Return a customer's flags as bits."""
    return as_bits({name: getattr(customer, name) for name in FLAGS})


def was_given(customer: Customer, name: str) -> bool:
    """Tell whether a value of the flag was ever supplied."""
    return bool(customer.given & GIVEN_BITS[name])


def state_of(customer: Customer, name: str) -> str:
    """Return Yes, No or Never given."""
    if getattr(customer, name):
        return "Yes"
    return "No" if was_given(customer, name) else NEVER


def seen(customer: Customer) -> str:
    """Write down what an editor is shown: hub id and flags."""
    return f"{customer.pk}:{flags_of(customer)}"


def edit_of(shown: str, wanted: Mapping[str, bool]) -> ConsentEdit:
    """Return an edit of the flags that differ from what was shown; raises Http404 for what `seen` did not write."""
    parts = shown.split(":")
    if len(parts) != 2 or not all(map(is_bigint, parts)):
        raise Http404
    customer, flags = map(int, parts)
    return ConsentEdit(
        customer, flags, {name: value for name, value in wanted.items() if value != has_flag(flags, name)}
    )


def edits_of_list(post: QueryDict) -> list[ConsentEdit]:
    """Return the edits that a submitted list holds: a row each in `seen`, hub ids of ticked boxes under each flag."""
    ticked = {name: set(post.getlist(name)) for name in FLAGS}
    edits = []
    for shown in post.getlist("seen"):
        hub_id = shown.partition(":")[0]
        edits.append(edit_of(shown, {name: hub_id in ids for name, ids in ticked.items()}))
    return [edit for edit in edits if edit.flags]


def flag_cell(customer: Customer, name: str) -> SafeString:
    """Return a flag as staff see it in the list: a box to tick where they may, and a dash where it was never given.

    Written without Django's widgets: 300 of them would take 150 ms of a page that has 200.
    """
    state = state_of(customer, name)
    typed = getattr(customer, "typed", None)
    ticked = name in typed if typed is not None else state == "Yes"
    mark = SafeString("") if state != NEVER else format_html('<span class="hub-never" title="{}">–</span>', NEVER)
    if not getattr(customer, "may_act", False):
        return format_html('<span class="hub-flag">{}</span>', mark or state)
    return format_html(
        '<label class="hub-flag"{}><input type="checkbox" class="{}" name="{}" value="{}" aria-label="{} of {}" '
        'autocomplete="off"{}>{}</label>',
        SafeString("") if typed is None else format_html(' data-was="{}"', "yes" if state == "Yes" else "no"),
        CHECKBOX,
        name,
        customer.pk,
        TITLES[name],
        customer,
        SafeString(" checked") if ticked else "",
        mark,
    )


def seen_field(customer: Customer) -> SafeString:
    """Return the hidden field that carries what the editor is shown, or was when it was ticked."""
    shown = getattr(customer, "shown", None) or seen(customer)
    return format_html('<input type="hidden" name="seen" value="{}" autocomplete="off">', shown)


def as_typed(customers: Iterable[Customer], post: QueryDict) -> None:
    """Show customers in a list that was refused as they were ticked, with what the editor had seen of them."""
    seen_of = {shown.partition(":")[0]: shown for shown in post.getlist("seen")}
    ticked = {name: set(post.getlist(name)) for name in FLAGS}
    for customer in customers:
        if shown := seen_of.get(str(customer.pk)):
            customer.shown = shown  # type: ignore[attr-defined]
            customer.typed = {name for name, ids in ticked.items() if str(customer.pk) in ids}  # type: ignore[attr-defined]
