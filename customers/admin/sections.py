"""What a customer's page shows below its fields: consents with their evidence, and orders."""

from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from customers.admin.optins import TITLES, YES_NO, state_of
from customers.flags import FLAGS, has_flag
from customers.models import Customer
from tenants.admin.sections import LATEST, Section, clipped, moment, money, record_link
from tenants.links import orders_of_customer
from tenants.models import Changeset, ConsentChange, Source


def customer_sections(customer: Customer) -> list[Section]:
    """Return the sections of a customer's page."""
    ledger = ledger_of(customer)
    return [_consents(customer, ledger), _ledger(customer, ledger), _orders(customer)]


def ledger_of(customer: Customer) -> list[Any]:
    """Return the latest changes of a customer's flags, each with its changeset (`pk`, `source`, `actor`)."""
    changes = ConsentChange.objects.filter(tenant_id=customer.tenant_id, customer=customer.pk)
    return list(with_changeset(changes).order_by("-pk")[:LATEST])


def with_changeset(changes: Any) -> Any:
    """Add to each change of the ledger what its changeset says: its hub id, source and actor."""
    changeset = Changeset.objects.filter(tenant_id=OuterRef("tenant_id"), number=OuterRef("changeset_number"))
    return changes.annotate(
        **{f"changeset_{name}": Subquery(changeset.values(name)[:1]) for name in ("pk", "source", "actor")}
    )


def flag_changes(before: int, after: int) -> SafeString:
    """Write the flags that changed: `E-mail opt-in: no → yes`."""
    changed = [name for name in FLAGS if has_flag(before, name) != has_flag(after, name)]
    texts = ((TITLES[name], YES_NO[has_flag(before, name)], YES_NO[has_flag(after, name)]) for name in changed)
    return format_html_join(", ", '<span class="whitespace-nowrap">{}: {} → {}</span>', texts)


def changeset_source(change: Any) -> str:
    """Return through what a change of the ledger came, as the history names it; "" where its changeset is no more."""
    return str(Source(change.changeset_source).label) if change.changeset_source else ""


def changeset_link(change: Any) -> SafeString | str:
    """Return a link from a change of the ledger to its changeset."""
    text = clipped(f"number {change.changeset_number:,}")
    return record_link("tenants_changeset", change.changeset_pk, text) if change.changeset_pk else text


def _consents(customer: Customer, ledger: list[Any]) -> Section:
    last: dict[str, datetime] = {}
    for change in ledger:
        for name in FLAGS:
            if has_flag(change.before, name) != has_flag(change.after, name):
                last.setdefault(name, change.created_at)
    rows = [
        [
            TITLES[name],
            format_html("<strong>{}</strong>", state_of(customer, name)),
            moment(last[name]) if name in last else None,
        ]
        for name in FLAGS
    ]
    return Section(
        "Consents",
        ("Channel", "Now", "Last changed (UTC)"),
        rows,
        note="“Never given” means that nobody ever said yes or no.",
    )


def _ledger(customer: Customer, ledger: list[Any]) -> Section:
    rows = [
        [
            moment(change.created_at),
            flag_changes(change.before, change.after),
            changeset_source(change),
            clipped(change.changeset_actor),
            changeset_link(change),
        ]
        for change in ledger
    ]
    return Section(
        "Consent ledger",
        ("When (UTC)", "What", "Through", "By", "Changeset"),
        rows,
        empty="No consent has changed since this customer came.",
        url=f"{reverse('admin:tenants_consentchange_changelist')}?customer={customer.pk}",
        url_text="All changes",
    )


def _orders(customer: Customer) -> Section:
    orders = orders_of_customer(customer.tenant, customer.customer_id, customer.email, LATEST)
    rows = [
        [
            record_link("orders_order", pk, order_id),
            moment(order_date),
            money(revenue, currency),
            "Cancelled" if cancelled else "",
        ]
        for pk, order_id, order_date, revenue, currency, cancelled in orders
    ]
    return Section(
        "Orders",
        ("Order", "Date (UTC)", "Revenue", ""),
        rows,
        note=f"The latest {LATEST}." if len(rows) == LATEST else "",
        url=f"{reverse('admin:orders_order_changelist')}?customer={customer.pk}",
        url_text="All orders",
    )
