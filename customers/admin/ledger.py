"""The consent ledger in the admin: what changed, from what to what, when and through what."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from customers.admin.sections import changeset_link, changeset_source, flag_changes, with_changeset
from customers.models import Customer
from hub.admin.pasting import pasted
from tenants.admin.access import access_of, tenant_ids_of
from tenants.admin.history import HistoryAdmin
from tenants.admin.list_filters import TenantFilter, arrived, hub_id
from tenants.admin.lists import ReplicatedList
from tenants.admin.searching import Column, as_pasted, hub_ids_in, otherwise
from tenants.admin.sections import clipped, record_link
from tenants.models import ConsentChange


@admin.register(ConsentChange)
class ConsentChangeAdmin(ReplicatedList, HistoryAdmin):
    """The consent ledger: what changed, from what to what, when and through what."""

    list_display = ("at", "shop", "customer_link", "change", "source", "by", "changeset")
    list_display_links = None
    list_filter = (TenantFilter, hub_id("customer", "customer's hub id"), arrived("when"))
    search_fields = ("customer",)
    search_help_text = "Hub id, customer ID, e-mail or phone of a customer"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConsentChange]:
        found: QuerySet[ConsentChange] = with_changeset(super().get_queryset(request))
        return found

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
        return flag_changes(change.before, change.after)

    @admin.display(description="through")
    def source(self, change: Any) -> SafeString:
        return clipped(changeset_source(change))

    @admin.display(description="by")
    def by(self, change: Any) -> SafeString:
        return clipped(change.changeset_actor)

    @admin.display(description="changeset")
    def changeset(self, change: Any) -> SafeString | str:
        return changeset_link(change)
