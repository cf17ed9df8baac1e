"""The proof of a customer's consents: all rows of the ledger as CSV, for whoever may see the customer."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse

from customers.admin.lines import lines, source_of, with_given
from customers.admin.optins import TITLES
from hub.admin.csv import csv_response
from hub.api.responses import utc
from tenants.admin.record_pages import RecordPage
from tenants.audit.looks import Looks, write_looks
from tenants.models import ConsentChange, Entity, Role, Way

PROOF = "Consent proof (CSV)"
HEADER = (
    "Time (UTC)",
    "Channel",
    "Before",
    "After",
    "Direction",
    "Source",
    "By",
    "Reason",
    "After staff opted out",
    "Changeset",
    "Hub id",
)


def proof(model_admin: Any, request: HttpRequest, customer: Any) -> HttpResponse:
    """Answer with the proof, and count that the user has it."""
    pk = customer.pk
    write_looks([Looks(customer.tenant_id, Entity.CUSTOMERS, Way.PROOF, user_id=request.user.pk, record=pk)])
    return csv_response(f"consent-proof-{pk}.csv", HEADER, proof_of(customer))


PROOF_PAGE = RecordPage("", "consent-proof", proof, Role.VIEWER)  # the timeline and the ledger lead to it


def proof_url(customer: int) -> str:
    """Return the address of a customer's proof."""
    return PROOF_PAGE.url("customers_customer", customer)


def proof_of(customer: Any) -> Iterator[tuple[object, ...]]:
    """Yield a row for each channel of each write, the oldest first; each says whom it was about when it was written."""
    changes = ConsentChange.objects.filter(tenant_id=customer.tenant_id, customer=customer.pk)
    for change in with_given(changes).order_by("pk"):
        for line in lines(change):
            yield (
                utc(change.created_at),
                TITLES[line.name],
                line.before,
                line.after,
                line.direction,
                source_of(change),
                change.actor,
                change.reason,
                "yes" if line.against_staff else "",
                change.changeset_number,
                change.merged_from or change.customer,
            )
