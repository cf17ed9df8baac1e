"""Erasing persons in the admin: the question with its ground and reference, and the certificates."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from customers.admin.page import CustomerPageAdmin
from customers.erasure import count_orders_of, erase_customers_by_id, person_of
from customers.models import Customer
from tenants.admin.access import by_tenant, tenants_by_id
from tenants.admin.certificates import certificate_link
from tenants.admin.forms import ReasonForm, validate_one_line
from tenants.admin.question import Question, chosen_ids, counted, joined
from tenants.admin.records import origin_of
from tenants.admin.sections import link
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.reasons import Known
from tenants.models import ErasureCertificate, LegalBasis, Role, Tenant

MOST_REFERENCE = 100
NAMES_SOMEBODY = (
    "This names somebody who is to be erased, and would be kept. Use a number or ticket that does not say who it was."
)
COMES_BACK = (
    "If a partner sends one of them again, through any door, they come back as a new record: this erasure keeps no list"
    " of whom not to take. Have them deleted in the shop system, too. (Only Custobar uploads with is_forgotten, or for"
    " Custobar itself is_deleted, are remembered as a list.)"
)


class ErasureForm(ReasonForm):
    """On what ground somebody is erased, at which request, and why. The certificate has the first two."""

    legal_basis = forms.ChoiceField(
        choices=[("", "Not said"), *LegalBasis.choices],
        required=False,
        label="Legal basis",
        widget=UnfoldAdminSelectWidget,
        help_text="The ground of Art. 17 GDPR. It stands in the certificate of the erasure, and downstream is told.",
    )
    reference = forms.CharField(
        max_length=MOST_REFERENCE,
        required=False,
        label="Reference",
        validators=[validate_one_line],
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="The request's number or ticket. It stands in the certificate, so it must not name the person.",
    )
    field_order = ("legal_basis", "reference", "reason")

    def __init__(self, *args: Any, customers: Sequence[Customer], **kwargs: Any) -> None:
        required = any(customer.tenant.requires_reason for customer in customers)
        super().__init__(*args, required=required, **kwargs)
        self.customers = customers
        self.order_fields(self.field_order)

    def clean_reference(self) -> str:
        reference: str = self.cleaned_data["reference"]
        if reference and known_as(self.customers).stands_in(reference):
            raise forms.ValidationError(NAMES_SOMEBODY)
        return reference


def known_as(customers: Sequence[Customer]) -> Known:
    """Return what customers are known by."""
    texts = [
        value
        for customer in customers
        for value in (
            customer.customer_id,
            customer.email,
            customer.name,
            customer.surname,
            customer.username,
            *(customer.former_ids or ()),
            *(customer.former_emails or ()),
        )
    ]
    return Known(texts, [customer.phone for customer in customers])


class ErasingAdmin(CustomerPageAdmin):
    """The customers' admin as far as it erases persons, and links what proves it."""

    @action(description="Erase…", permissions=["delete"])  # type: ignore[untyped-decorator]
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Customer]) -> HttpResponse:
        """Ask before erasing the persons chosen in the list."""
        return self.ask(request, self.deletion(list(queryset)))

    def deletion(self, records: Sequence[Customer]) -> Question:
        return self._question(records, ErasureForm(customers=records))

    def delete_many_view(self, request: HttpRequest) -> HttpResponse:
        """Erase the persons that a confirmation page named, those of each tenant as one changeset; link the proof."""
        records = list(self.get_queryset(request).select_related("tenant").filter(pk__in=chosen_ids(request)))
        groups = by_tenant(records)
        tenants = tenants_by_id(request, Role.STAFF, groups)
        form = ErasureForm(request.POST, customers=records)
        if not form.is_valid():
            return self.ask(request, self._question(records, form), status=400)
        origin = replace(origin_of(request), **form.cleaned_data)
        done = {
            tenants[tenant_id]: self.delete_records(tenants[tenant_id], [record.pk for record in group], origin)
            for tenant_id, group in groups.items()
        }
        text = f"{counted(sum(receipt.removed for receipt in done.values()), self.opts)} erased."
        proofs = [proof_of(tenant, receipt) for tenant, receipt in done.items() if receipt.number]
        self.message_user(request, format_html("{} {}", text, SafeString(" ".join(proofs))), messages.SUCCESS)
        return HttpResponseRedirect(self.returning(request, self.list_url()))

    def delete_records(self, tenant: Tenant, ids: Sequence[int], origin: Origin) -> Receipt:
        return erase_customers_by_id(tenant, ids, origin=origin)

    def _question(self, records: Sequence[Customer], form: ErasureForm) -> Question:
        groups = by_tenant(records).values()
        orders = sum(count_orders_of(group[0].tenant, list(map(person_of, group))) for group in groups)
        return Question(
            title=f"Erase {counted(len(records), self.opts)}",
            records=records,
            happens=[
                "Their names, identifiers, addresses, numbers, opt-ins, tags and attributes are deleted for good.",
                f"{orders:,} of their orders become anonymous: no e-mail, a keyed hash in place of the CustomerId.",
                "Downstream systems are told to delete their copies.",
                "A signed certificate of each erasure is kept. It names nobody.",
            ],
            stays=[
                "The sales figures of those orders, with their lines.",
                "That something changed and when, by hub id: it names nobody.",
                COMES_BACK,
            ],
            button=f"Yes, erase {counted(len(records), self.opts)}",
            url=self.delete_url(),
            chosen=joined(records),
            back=self.list_url(),
            form=form,
        )


def proof_of(tenant: Tenant, receipt: Receipt) -> SafeString:
    """Return a link to what proves an erasure: its certificate, or the list of those of its changeset."""
    found = ErasureCertificate.objects.filter(tenant=tenant, changeset_number=receipt.number)[:2]
    if len(found) == 1:
        return format_html("Certificate {}.", certificate_link(found[0]))
    url = f"{reverse('admin:tenants_erasurecertificate_changelist')}?tenant={tenant.pk}"
    return format_html("{}.", link(f"{url}&changeset_number={receipt.number}", "Their certificates"))
