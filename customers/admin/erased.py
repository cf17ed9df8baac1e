"""Whether a person was erased: answered from the keyed hash of what they were known by, which is stored nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from customers.models import Customer
from hub.records.emails import normal_email
from hub.records.phones import normal_phone
from tenants.admin.access import access_of, tenants_of
from tenants.admin.certificates import certificate_link
from tenants.admin.records import RecordAdmin
from tenants.changes.certificates import certificates_of, kept_away
from tenants.models import ErasureCertificate, Role, Source, Tenant
from tenants.quarantine.names import PHONE


class AskForm(forms.Form):
    """Of which tenant somebody may have been a customer, and what they were known by."""

    tenant = forms.ChoiceField(label="Tenant", widget=UnfoldAdminSelectWidget)
    who = forms.CharField(
        label="E-mail, CustomerId or phone",
        max_length=320,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=(
            "As it was then, or before; a CustomerId as it was written, or all in capitals or small letters. It is"
            " compared by its keyed hash, and neither stored nor logged."
        ),
    )

    def __init__(self, *args: Any, tenants: Sequence[Tenant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(tenant.pk), str(tenant)) for tenant in tenants]
        self.fields["tenant"] = forms.ChoiceField(label="Tenant", choices=choices, widget=UnfoldAdminSelectWidget)
        if len(choices) == 1:
            self.fields["tenant"].widget = forms.HiddenInput()
            self.initial["tenant"] = choices[0][0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of whoever has an identifier: their erasures, whether they are kept away, who has it now."""

    certificates: Sequence[ErasureCertificate]
    doors: Sequence[str]
    customers: Sequence[Customer]

    @property
    def linked(self) -> list[tuple[ErasureCertificate, SafeString]]:
        """The certificates, each with its link."""
        return [(one, certificate_link(one)) for one in self.certificates]

    @property
    def returned(self) -> list[tuple[Customer, bool]]:
        """The customers that have the identifier now, and whether each came after the last erasure."""
        last = self.certificates[0].created_at if self.certificates else None
        return [(one, last is not None and one.created_at > last) for one in self.customers]


def answer(tenant: Tenant, text: str) -> Answer:
    """Return what is known of a person by what somebody typed: an e-mail, a CustomerId or a phone in any form."""
    email, is_phone = normal_email(text), PHONE.fullmatch(text)
    phone = normal_phone(text, tenant.default_country) if is_phone else None
    ids = {text, text.upper(), text.lower()}
    pairs = [*(("CustomerId", each) for each in ids), ("Email", email), ("Phone", phone)]
    pairs += [("Phone", text)] if is_phone else []
    named = Q(customer_id__in=ids) | Q(phone__in=[value for value in (text, phone) if value])
    named |= Q(email=email) if email else Q()
    doors = [Source(door).label if door else "any door" for door in kept_away(tenant, pairs)]
    now = Customer.objects.filter(named, tenant=tenant).order_by("-pk")[:10]
    return Answer(certificates_of(tenant, pairs), doors, list(now))


@action(description="Was this person erased?", url_path="erased", icon="person_off", permissions=["change"])  # type: ignore[untyped-decorator]
def erased(model_admin: RecordAdmin, request: HttpRequest) -> HttpResponse:
    """Answer whether a person was erased, of a tenant where the user is staff; what is typed is in no address."""
    tenants = {str(tenant.pk): tenant for tenant in tenants_of(request.user, Role.STAFF).order_by("name")}
    if not tenants or not access_of(request).may(Role.STAFF, None):
        raise PermissionDenied
    form = AskForm(request.POST or None, tenants=list(tenants.values()))
    said = answer(tenants[form.cleaned_data["tenant"]], form.cleaned_data["who"]) if form.is_valid() else None
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Was this person erased?",
    }
    return TemplateResponse(request, "tenants/person_erased.html", {**context, "form": form, "answer": said})
