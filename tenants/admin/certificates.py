"""The certificates of erasures in the admin: the list, each as a page to print and as JSON, and whether one is genuine.

They name nobody, so they are for all staff of the tenant, who may erase persons themselves.
"""

from typing import Any

import orjson
from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from hub.admin.pasting import pasted, trace_id_in
from tenants.admin.access import tenants_of
from tenants.admin.day_filters import arrived
from tenants.admin.export_columns import ERASURE_COLUMNS
from tenants.admin.exporting import ExportedList
from tenants.admin.history import HistoryAdmin
from tenants.admin.list_filters import ActorFilter, TenantFilter, exact, hub_id, one_of
from tenants.admin.sections import clipped, link, record_link
from tenants.changes.certificates import Verdict, document, verify
from tenants.models import Changeset, ErasureCertificate, LegalBasis, Role, Source

LONGEST = 20_000  # characters of what is pasted: a certificate has some 1,500
# By the names of `went`: what a certificate says of the person, and of all whom the same changeset erased.
WENT = {"Orders": "Orders made anonymous", "LedgerRows": "Rows of the consent ledger deleted"}
TOGETHER = {"BeforeImages": "Before-images deleted", "LeftOut": "Records in quarantine and rejected rows deleted"}
SAID = {
    Verdict.VALID: "Valid: this hub signed it, and nothing in it was changed since.",
    Verdict.ALTERED: "Not valid: something in it is not as this hub signed it.",
    Verdict.OTHER_KEY: "Signed with another key: by another hub, or before this hub's erasure key was replaced.",
    Verdict.NONE: "This is no certificate of an erasure. Paste all of the JSON, from the first brace to the last.",
}
NOT_YOURS = "It is of no tenant of yours."


class VerifyForm(forms.Form):
    """A certificate, as somebody shows it."""

    certificate = forms.CharField(
        label="The certificate's JSON",
        max_length=LONGEST,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "autocomplete": "off", "spellcheck": "false"}),
    )


@admin.register(ErasureCertificate)
class ErasureCertificateAdmin(ExportedList, HistoryAdmin):
    """One row for each person that was erased."""

    view_role = Role.STAFF
    exports = ERASURE_COLUMNS
    list_display = ("at", "shop", "numbered", "hub_id", "through", "by_whom", "ground", "asked_by", "written_as")
    list_display_links = ("at", "numbered")
    list_filter = (
        TenantFilter,
        one_of("legal_basis", "legal basis", LegalBasis.choices),
        one_of("source", "source", Source.choices),
        ActorFilter,
        exact("reference", "reference"),
        hub_id("hub_id", "hub id"),
        hub_id("changeset_number", "number of the changeset"),
        arrived("day"),
    )
    search_fields = ("number",)
    search_help_text = "Number of a certificate, reference of a request, or a trace id"
    actions_list = ("ask", "verify")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.json_view)
        return [path("<int:pk>/json/", view, name="tenants_erasurecertificate_json"), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Keep the certificates with a number or a reference, or of a trace."""
        readings = pasted(search_term)
        if not readings:
            return queryset, False
        named = Q(number__in=[reading.upper() for reading in readings]) | Q(reference__in=readings)
        if trace_id := trace_id_in(search_term):
            named |= Q(trace_id=trace_id)
        return queryset.filter(named), False

    @action(description="Was this person erased?", url_path="ask", icon="search", permissions=["view"])  # type: ignore[untyped-decorator]
    def ask(self, request: HttpRequest) -> HttpResponse:
        """Lead to the question."""
        return HttpResponseRedirect(reverse("admin:customers_customer_erased"))

    @action(description="Verify a certificate", url_path="verify", icon="verified", permissions=["view"])  # type: ignore[untyped-decorator]
    def verify(self, request: HttpRequest) -> HttpResponse:
        """Say whether a certificate that somebody pastes is genuine."""
        form = VerifyForm(request.POST or None)
        answer = self._verdict(request, form.cleaned_data["certificate"]) if form.is_valid() else {}
        context = {**self._frame(request, "Verify a certificate"), "form": form, **answer}
        return TemplateResponse(request, "tenants/certificate_verify.html", context)

    def _verdict(self, request: HttpRequest, text: str) -> dict[str, Any]:
        verdict, shown = verify(text)
        mine = {str(tenant.pk): tenant for tenant in tenants_of(request.user, Role.STAFF)}
        if shown and str(shown.get("TenantId")) not in mine:
            return {"said": NOT_YOURS, "is_valid": False}
        if verdict != Verdict.VALID:
            return {"said": SAID[verdict], "is_valid": False}
        kept = ErasureCertificate.objects.filter(tenant_id=shown["TenantId"], number=shown["Number"]).first()
        return {"said": SAID[verdict], "is_valid": True, "certificate": kept}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a certificate as a page to print; raises Http404 where the user may not see it."""
        certificate = self._found(request, object_id)
        shown = document(certificate)
        context = {
            **self._frame(request, f"Erasure {certificate.number}"),
            "original": certificate,
            "certificate": certificate,
            "went": [(text, certificate.went.get(name, 0)) for name, text in WENT.items()],
            "together": [(text, certificate.went.get(name, 0)) for name, text in TOGETHER.items()],
            "persons": certificate.went.get("Persons", 1),
            "changeset": self._changeset(certificate),
            "verdict": SAID[verify(orjson.dumps(shown))[0]],
            "json_url": reverse("admin:tenants_erasurecertificate_json", args=[certificate.pk]),
        }
        return TemplateResponse(request, "tenants/certificate.html", context)

    def json_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer with a certificate as a file to keep; raises Http404 where the user may not see it."""
        certificate = self._found(request, str(pk))
        name = f'attachment; filename="erasure-{certificate.number}.json"'
        text = orjson.dumps(document(certificate), option=orjson.OPT_INDENT_2)
        return HttpResponse(text, content_type="application/json", headers={"Content-Disposition": name})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead to the certificate: it has no history, for it is never changed."""
        return HttpResponseRedirect(certificate_url(self._found(request, object_id)))

    def _found(self, request: HttpRequest, object_id: str) -> ErasureCertificate:
        certificate: ErasureCertificate | None = self.get_object(request, object_id)
        if certificate is None:
            raise Http404
        return certificate

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title}

    def _changeset(self, certificate: ErasureCertificate) -> SafeString | str:
        """Return a link to the changeset, as long as that is kept."""
        if certificate.changeset_number is None:
            return "–"
        named = {"tenant_id": certificate.tenant_id, "number": certificate.changeset_number}
        found, text = Changeset.objects.filter(**named).first(), f"number {certificate.changeset_number:,}"
        return record_link("tenants_changeset", found.pk, text) if found else f"{text}, which is no longer kept"

    @display(description="certificate")
    def numbered(self, certificate: ErasureCertificate) -> SafeString:
        return clipped(certificate.number)

    @display(description="through")
    def through(self, certificate: ErasureCertificate) -> str:
        return str(certificate.get_source_display())

    @display(description="by")
    def by_whom(self, certificate: ErasureCertificate) -> SafeString:
        return clipped(certificate.actor)

    @display(description="legal basis")
    def ground(self, certificate: ErasureCertificate) -> str:
        return str(certificate.get_legal_basis_display()) or "–"

    @display(description="reference")
    def asked_by(self, certificate: ErasureCertificate) -> SafeString:
        return clipped(certificate.reference or "–")

    @display(description="changeset")
    def written_as(self, certificate: ErasureCertificate) -> str:
        return f"{certificate.changeset_number:,}" if certificate.changeset_number else "–"


def certificate_url(certificate: ErasureCertificate) -> str:
    """Return the address of a certificate's page."""
    return reverse("admin:tenants_erasurecertificate_change", args=[certificate.pk])


def certificate_link(certificate: ErasureCertificate) -> SafeString:
    """Return a link to a certificate."""
    return link(certificate_url(certificate), certificate.number)
