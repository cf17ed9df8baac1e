"""A customer's opt-ins with their evidence beside them: what they are, since when, through what, by whom and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.forms import BoundField, ModelForm
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.admin.lines import AGAINST_STAFF, source_of
from customers.admin.optins import NEVER, TITLES, state_of
from customers.flags import FLAGS, has_flag
from customers.models import Customer
from tenants.admin.sections import moment
from tenants.models import ConsentChange

MOST_LOOKED_AT = 200  # rows of the ledger, the latest


@dataclass(frozen=True, slots=True)
class Switch:
    """An opt-in of a customer: its title and state, the evidence for it, and the box of those who may change it."""

    title: str
    state: str
    field: BoundField | None = None
    since: SafeString | str = ""
    how: SafeString | str = ""
    why: str = ""
    against_staff: str = ""


def switches_of(customer: Customer, form: "ModelForm[Any]", changes: Sequence[ConsentChange]) -> list[Switch]:
    """Return a customer's switches; `changes` are the latest rows of their ledger, the newest first."""
    return [_switch(customer, form, name, changes) for name in FLAGS]


def latest_changes(customer: Customer) -> list[ConsentChange]:
    """Return the latest rows of a customer's ledger, the newest first."""
    changes = ConsentChange.objects.filter(tenant_id=customer.tenant_id, customer=customer.pk)
    return list(changes.order_by("-pk")[:MOST_LOOKED_AT])


def _switch(customer: Customer, form: "ModelForm[Any]", name: str, changes: Sequence[ConsentChange]) -> Switch:
    state, field = state_of(customer, name), form[name] if name in form.fields else None
    last = next((change for change in changes if has_flag(change.channels, name)), None)
    if last is None or state == NEVER:
        return Switch(TITLES[name], state, field)
    how = format_html("{}, <bdi>{}</bdi>", source_of(last), last.actor) if last.actor else source_of(last)
    against = AGAINST_STAFF if has_flag(last.against_staff, name) else ""
    return Switch(TITLES[name], state, field, moment(last.created_at), how, last.reason, against)
