"""The proof of a customer's consents: all rows of the ledger as CSV, for whoever may see the customer."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from customers.admin.editing import ConsentEditingAdmin
from customers.admin.lines import lines, source_of
from customers.admin.optins import TITLES
from hub.admin.csv import csv_response
from hub.api.responses import utc
from tenants.audit.looks import Looks, write_looks
from tenants.models import ConsentChange, Entity, Way

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


def proof_url(customer: int) -> str:
    """Return the address of a customer's proof."""
    return reverse("admin:customers_customer_proof", args=[customer])


class ConsentProofAdmin(ConsentEditingAdmin):
    """The customers' admin as far as it proves what they agreed to."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.proof_view)
        return [path("<int:pk>/consent-proof/", view, name="customers_customer_proof"), *super().get_urls()]

    def proof_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer with the proof, and count that the user has it; raises Http404 where they may not see the customer."""
        customer = self.get_object(request, str(pk))
        if customer is None:
            raise Http404
        write_looks([Looks(customer.tenant_id, Entity.CUSTOMERS, Way.PROOF, user_id=request.user.pk, record=pk)])
        return csv_response(f"consent-proof-{pk}.csv", HEADER, proof_of(customer))


def proof_of(customer: Any) -> Iterator[tuple[object, ...]]:
    """Yield a row for each channel of each write, the oldest first; each says whom it was about when it was written."""
    changes = ConsentChange.objects.filter(tenant_id=customer.tenant_id, customer=customer.pk)
    for change in changes.order_by("pk"):
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
