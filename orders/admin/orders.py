"""Orders in the admin: with their lines, the customer they name and the products their SKUs resolve to."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from orders.admin.correcting import correct
from orders.admin.sections import order_sections
from orders.ingest import delete_order_items_by_id, delete_orders_by_id
from orders.models import Order, OrderItem
from tenants.admin.access import tenant_ids_of, tenants_of
from tenants.admin.list_filters import ChoiceFilter, ExactFilter, HubIdFilter, TenantFilter, arrived, date_range, yes_no
from tenants.admin.parts import RecordWithPartsAdmin
from tenants.admin.question import Question, counted, joined
from tenants.admin.record_pages import RecordPage
from tenants.admin.searching import MOST_MATCHES, Column
from tenants.admin.sections import Section, clipped, money, yes_or_no
from tenants.changes.changesets import Origin, Receipt
from tenants.health import last_snapshots
from tenants.links import order_ids_of
from tenants.models import Entity, Tenant


class CurrencyFilter(ExactFilter):
    """An ISO 4217 code, in any case."""

    title = "currency"
    parameter_name = "currency"

    def normal(self, value: str) -> str:
        return value.upper()


class CustomerFilter(HubIdFilter):
    """The orders of a customer, by hub id: no e-mail stands in the address."""

    title = "hub id of the customer"
    parameter_name = "customer"

    def about(self, queryset: QuerySet[Order], hub_id: int) -> QuerySet[Order]:
        return queryset.filter(pk__in=order_ids_of(hub_id, MOST_MATCHES))


class FaultFilter(ChoiceFilter):
    """Orders with a fault: the newest thousand of each tenant, as of its last snapshot.

    Looking for them anew takes a second at 1e6 orders; the snapshot has them, and is what the home page counts.
    """

    title = "fault, as last measured"
    parameter_name = "fault"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.tenants = tenants_of(request.user)
        return [
            ("orders_without_customer", "No such customer"),
            ("lines_without_variant", "A SKU that no variant has"),
        ]

    def chosen(self, queryset: QuerySet[Order], value: str) -> QuerySet[Order]:
        snapshots = last_snapshots(self.tenants.values_list("pk", flat=True))
        ids = chain.from_iterable(snapshot.orders.get(value, ()) for snapshot in snapshots)
        return queryset.filter(pk__in=list(ids))


@admin.register(Order)
class OrderAdmin(RecordWithPartsAdmin):
    """Orders are the partner's documents: read, or deleted; staff correct whether they were cancelled, and whose."""

    entity = Entity.ORDERS
    pages = (RecordPage("Correct…", "correct", correct),)
    identifiers = ("order_id", "customer_id", "email")
    line_identifiers = ("sku", "product_id")
    search_help_text = "Order ID, customer ID, e-mail, SKU or product ID, or how it begins"
    change_role = None
    parts = "items"
    parts_stay = ("The order's totals, as the partner sent them.",)
    list_display = ("order_id", "date", "revenue", "buyer", "email_address", "shop", "status")
    list_filter = (
        TenantFilter,
        date_range("order_date", "order date"),
        CurrencyFilter,
        yes_no("is_order_cancelled", "cancellation"),
        CustomerFilter,
        FaultFilter,
        arrived("day of creation"),
    )
    fieldsets = (
        (
            "Order",
            {
                "fields": (
                    ("order_id", "date"),
                    ("customer_id", "email"),
                    ("revenue", "cancelled"),
                    ("total_quantity", "unique_quantity"),
                )
            },
        ),
        ("Record", {"fields": (("tenant", "hub_id"), ("came", "changed"))}),
    )
    readonly_fields = ("date", "revenue", "cancelled", "hub_id", "came", "changed")

    @admin.display(description="order date (UTC)")
    def date(self, order: Order) -> str:
        return f"{order.order_date:%Y-%m-%d %H:%M}"

    @admin.display(description="revenue")
    def revenue(self, order: Order) -> str:
        return money(order.total_revenue, order.currency)

    @admin.display(description="customer id")
    def buyer(self, order: Order) -> SafeString:
        return clipped(order.customer_id)

    @admin.display(description="e-mail")
    def email_address(self, order: Order) -> SafeString:
        return clipped(order.email or "–")

    @admin.display(description="status")
    def status(self, order: Order) -> str:
        return "Cancelled" if order.is_order_cancelled else ""

    @admin.display(description="cancelled")
    def cancelled(self, order: Order) -> str:
        return yes_or_no(order.is_order_cancelled)

    def columns(self, request: HttpRequest, within: QuerySet[Order]) -> list[Column]:
        """Look at the line items too."""
        lines = OrderItem.objects.filter(tenant_id__in=tenant_ids_of(request)).order_by()
        return [*super().columns(request, within), *(Column(lines, name, "order_id") for name in self.line_identifiers)]

    def sections(self, record: Order) -> list[Section]:
        return order_sections(record)

    def deletion(self, records: Sequence[Order]) -> Question:
        number = counted(len(records), self.opts)
        return Question(
            title=f"Delete {number}",
            records=records,
            happens=[f"{number}, with all line items, deleted for good."],
            stays=["The customers and the products they name."],
            button=f"Yes, delete {number}",
            url=self.delete_url(),
            chosen=joined(records),
            back=self.list_url(),
        )

    def delete_records(self, tenant: Tenant, ids: Sequence[int], origin: Origin) -> Receipt:
        return delete_orders_by_id(tenant, ids, origin=origin)

    def delete_parts(self, tenant: Tenant, ids: Sequence[int], origin: Origin) -> Receipt:
        return delete_order_items_by_id(tenant, ids, origin=origin)
