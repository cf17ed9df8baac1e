"""The consent ledger in the admin: who or what changed which consent, from what to what, when and why."""

from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.admin.exports import LEDGER_COLUMNS
from customers.admin.lines import DIRECTIONS, in_direction, source_of, with_given, written
from customers.admin.optins import TITLES
from customers.admin.proof import proof_url
from customers.flags import ALL, FLAGS
from customers.models import Customer
from hub.admin.pasting import pasted, trimmed
from hub.sql.bigint import is_bigint
from tenants.admin.access import access_of, tenant_ids_of
from tenants.admin.day_filters import arrived
from tenants.admin.exporting import ExportedList
from tenants.admin.history import HistoryAdmin
from tenants.admin.list_filters import (
    YES_NO,
    ActorFilter,
    ChoiceFilter,
    HoldsFilter,
    TenantFilter,
    YesNoFilter,
    hub_id,
    one_of,
)
from tenants.admin.lists import ReplicatedList
from tenants.admin.searching import Column, as_pasted, hub_ids_in, otherwise
from tenants.admin.sections import clipped, record_link
from tenants.models import Changeset, ConsentChange, Source


def with_changeset(changes: QuerySet[ConsentChange]) -> QuerySet[Any]:
    """Add to each row of the ledger its changeset's hub id, null where that is no more, and what `lines` asks for."""
    changeset = Changeset.objects.filter(tenant_id=OuterRef("tenant_id"), number=OuterRef("changeset_number"))
    found: QuerySet[Any] = with_given(changes).annotate(changeset_pk=Subquery(changeset.values("pk")[:1]))
    return found


def changeset_link(change: Any) -> SafeString | str:
    """Return a link from a row of the ledger to its changeset, as long as that is there."""
    text = clipped(f"number {change.changeset_number:,}")
    return record_link("tenants_changeset", change.changeset_pk, text) if change.changeset_pk else text


class ChannelFilter(ChoiceFilter):
    """Which channel a row is about."""

    title = "channel"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(TITLES.items())

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        found: QuerySet[Any] = queryset.alias(about=F("channels").bitand(1 << FLAGS[value])).exclude(about=0)
        return found


class DirectionFilter(ChoiceFilter):
    """Whether consent was given, withdrawn, or brought along; where a channel is chosen, of that one."""

    title = "direction"
    parameter_name = "direction"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        channel = FLAGS.get(request.GET.get(ChannelFilter.parameter_name, ""))
        self.channels = ALL if channel is None else 1 << channel

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return DIRECTIONS

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return in_direction(queryset, value, self.channels)


class AgainstStaffFilter(YesNoFilter):
    """Whether a source opted somebody in after staff had opted them out."""

    title = "opt-in after an opt-out by staff"
    parameter_name = "against_staff"

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.exclude(against_staff=0) if value == "yes" else queryset.filter(against_staff=0)


class HasReasonFilter(ChoiceFilter):
    """Whether somebody said why."""

    title = "whether a reason is given"
    parameter_name = "has_reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return YES_NO

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.exclude(reason="") if value == "yes" else queryset.filter(reason="")


class ReasonFilter(HoldsFilter):
    """A text that the reason holds, in any case; looked for where there is a reason, which an index knows."""

    title = "words of the reason"
    parameter_name = "reason"

    def held(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        return super().held(queryset.exclude(reason=""), text)


@admin.register(ConsentChange)
class ConsentChangeAdmin(ExportedList, ReplicatedList, HistoryAdmin):
    """The consent ledger: a row for each customer and write, a line in it for each channel."""

    list_display = ("at", "shop", "customer_link", "change", "through", "by", "why", "changeset")
    list_display_links = None
    exports = LEDGER_COLUMNS
    list_before_template = "tenants/ledger_proof.html"
    list_filter = (
        TenantFilter,
        ChannelFilter,
        DirectionFilter,
        one_of("source", "source", Source.choices),
        ActorFilter,
        HasReasonFilter,
        ReasonFilter,
        AgainstStaffFilter,
        hub_id("customer", "hub id of the customer"),
        arrived("day"),
    )
    search_fields = ("customer",)
    search_help_text = "Hub id, customer ID, e-mail or phone of a customer"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConsentChange]:
        return with_changeset(super().get_queryset(request))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list; where it is one customer's, with a link to their proof."""
        customer = trimmed(request.GET.get("customer", "")).lstrip("#")
        known = is_bigint(customer) and access_of(request).limit(Customer.objects.filter(pk=customer)).exists()
        context = {**(extra_context or {}), "proof_url": proof_url(int(customer)) if known else ""}
        return super().changelist_view(request, context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ConsentChange], search_term: str
    ) -> tuple[QuerySet[ConsentChange], bool]:
        """Keep the changes of the customer that the term names, with a whole identifier."""
        readings = pasted(search_term)
        if not readings:
            return queryset, False
        tenant_ids = tenant_ids_of(request)
        customers = access_of(request).limit(Customer.objects.filter(tenant_id__in=tenant_ids))
        columns = [Column(customers, name, lookup="exact") for name in ("customer_id", "email", "phone")]
        ids = {*hub_ids_in(readings), *(as_pasted(columns, readings) or otherwise(columns, readings))}
        return queryset.filter(customer__in=ids, tenant_id__in=tenant_ids), False

    @admin.display(description="customer")
    def customer_link(self, change: ConsentChange) -> SafeString:
        return record_link("customers_customer", change.customer, f"#{change.customer}")

    @admin.display(description="change")
    def change(self, change: ConsentChange) -> SafeString:
        return written(change)

    @admin.display(description="through")
    def through(self, change: ConsentChange) -> SafeString:
        return clipped(source_of(change))

    @admin.display(description="by")
    def by(self, change: ConsentChange) -> SafeString:
        return clipped(change.actor)

    @admin.display(description="why")
    def why(self, change: ConsentChange) -> SafeString:
        return format_html("<bdi>{}</bdi>", change.reason or "–")

    @admin.display(description="changeset")
    def changeset(self, change: Any) -> SafeString | str:
        return changeset_link(change)
