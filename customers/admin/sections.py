"""What a customer's page shows below its fields: consents with their evidence, and orders."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from customers.admin.ledger import changeset_link, with_changeset
from customers.admin.lines import lines, source_of, written
from customers.admin.optins import TITLES, state_of
from customers.admin.proof import PROOF, proof_url
from customers.flags import FLAGS
from customers.models import Customer
from tenants.admin.sections import LATEST, Section, clipped, moment, money, record_link
from tenants.links import orders_of_customer
from tenants.models import ConsentChange


def customer_sections(customer: Customer) -> list[Section]:
    """Return the sections of a customer's page."""
    ledger = ledger_of(customer)
    return [_consents(customer, ledger), _ledger(customer, ledger), _orders(customer)]


def ledger_of(customer: Customer) -> list[Any]:
    """Return the latest rows of a customer's ledger, each with its changeset's hub id."""
    changes = ConsentChange.objects.filter(tenant_id=customer.tenant_id, customer=customer.pk)
    return list(with_changeset(changes).order_by("-pk")[:LATEST])


def _consents(customer: Customer, ledger: list[Any]) -> Section:
    last: dict[str, datetime] = {}
    for change in ledger:
        for line in lines(change):
            last.setdefault(line.name, change.created_at)
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
        ("Channel", "Now", "Since"),
        rows,
        note="“Never given” means that nobody ever said yes or no.",
    )


def _ledger(customer: Customer, ledger: list[Any]) -> Section:
    rows = [
        [
            moment(change.created_at),
            written(change),
            source_of(change),
            clipped(change.actor),
            change.reason or None,
            changeset_link(change),
        ]
        for change in ledger
    ]
    return Section(
        "Consent ledger",
        ("When", "What", "Through", "By", "Why", "Changeset"),
        rows,
        empty="Nobody has ever said anything of this customer's consents.",
        links=[(proof_url(customer.pk), PROOF)],
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
        ("Order", "Date", "Revenue", ""),
        rows,
        note=f"The latest {LATEST}." if len(rows) == LATEST else "",
        url=f"{reverse('admin:orders_order_changelist')}?customer={customer.pk}",
        url_text="All orders",
    )
