"""A customer's page: the head, the opt-ins with their evidence, orders, notes and the timeline."""

from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.utils import prettify_json

from customers.admin.editing import ConsentEditingAdmin
from customers.admin.evidence import latest_changes, switches_of
from customers.admin.head import Totals, chips_of, facts_of, identifiers_of, totals_of
from customers.admin.notes import shown_notes
from customers.admin.proof import PROOF, proof_url
from customers.admin.sections import orders_section
from customers.admin.timeline import timeline_of
from customers.models import Customer
from tenants.admin.access import access_of
from tenants.admin.head import Head
from tenants.admin.sections import Section, link
from tenants.models import Role


class CustomerPageAdmin(ConsentEditingAdmin):
    """The customers' admin as far as it shows one customer."""

    def head(self, request: HttpRequest, record: Any) -> Head:
        """Return who a customer is, and what they bought."""
        tenant = self.tenant_in_head(request, record)
        chips = chips_of(record)
        if not access_of(request).may(Role.STAFF, record.tenant_id):
            chips = [replace(chip, url="") for chip in chips]
        return Head(str(record), identifiers_of(record), tenant, chips, facts_of(self.totals(record)))

    def glance(self, record: Any) -> list[Section]:
        return [orders_section(record, self.totals(record))]

    def totals(self, record: Any) -> Totals:
        """Return what a customer's orders come to, asked once for a page."""
        if not hasattr(record, "totals"):
            record.totals = totals_of(record)
        totals: Totals = record.totals
        return totals

    def history(self, record: Any) -> list[Section]:
        """Return nothing: the timeline tells it."""
        return []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Show the opt-ins with their evidence, notes and the timeline."""
        if obj is not None:
            form = context["adminform"].form
            context["switches"] = switches_of(obj, form, latest_changes(obj))
            context |= {name: form[name] for name in ("seen",) if name in form.fields}
            context |= {"why": form["reason"]} if "reason" in form.fields else {}
            context |= shown_notes(self, request, obj)
            asked = {name: request.GET.get(name, "") for name in ("show", "before")}
            context |= {"timeline": timeline_of(obj, **asked), "timeline_links": self.links(obj)}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def links(self, customer: Customer) -> list[tuple[str, str]]:
        """Return where more is told than the timeline does."""
        changes, ledger = (reverse(f"admin:tenants_{name}_changelist") for name in ("changeset", "consentchange"))
        return [
            (f"{changes}?record=customers:{customer.pk}", "All changes"),
            (f"{ledger}?customer={customer.pk}", "Consent ledger"),
            (proof_url(customer.pk), PROOF),
        ]

    @admin.display(description="tags")
    def tag_links(self, customer: Customer) -> SafeString | str:
        """The customer's tags, each a link to all who have it."""
        return self.searches("tag", customer.tags)

    @admin.display(description="attributes")
    def attributes_shown(self, customer: Customer) -> SafeString | str:
        """The customer's attributes as JSON; a dash where there are none."""
        return (prettify_json(customer.attributes, None) if customer.attributes else "") or "–"

    @admin.display(description="mailing lists")
    def list_links(self, customer: Customer) -> SafeString | str:
        """The customer's mailing lists, each a link to all who are on it."""
        return self.searches("list", customer.mailing_lists)

    def searches(self, kind: str, entries: list[str]) -> SafeString | str:
        """Return a link for each entry, to the list filtered by it."""
        found = ((link(f"{self.list_url()}?{urlencode({'q': f'{kind}:{entry}'})}", entry),) for entry in entries)
        return format_html_join(" ", '<span class="record-chip">{}</span>', found) or "–"
