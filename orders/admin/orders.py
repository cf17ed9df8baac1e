"""Orders in the admin: with their lines, the customer they name and the products their SKUs resolve to."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.decorators import action

from hub.admin.table import Sort
from hub.records.currencies import CURRENCIES
from orders.admin.correcting import correct
from orders.admin.exports import ORDER_COLUMNS, ORDER_LINES
from orders.admin.head import order_head
from orders.admin.sections import order_sections
from orders.admin.unknown_skus import unknown_skus_csv, unknown_skus_page
from orders.ingest import delete_order_items_by_id, delete_orders_by_id
from orders.models import Order, OrderItem
from tenants.admin.access import tenant_ids_of, tenants_of
from tenants.admin.day_filters import arrived, date_range
from tenants.admin.exporting import ExportedList
from tenants.admin.head import Head
from tenants.admin.list_filters import ChoiceFilter, ExactFilter, HubIdFilter, TenantFilter, yes_no
from tenants.admin.parts import RecordWithPartsAdmin
from tenants.admin.question import Question, counted, joined
from tenants.admin.record_pages import RecordPage
from tenants.admin.searching import MOST_MATCHES, Column, is_name
from tenants.admin.sections import Section, clipped, moment, money, yes_or_no
from tenants.changes.changesets import Origin, Receipt
from tenants.entities import entity_config
from tenants.health import last_snapshots
from tenants.links import order_ids_of, order_ids_of_customers
from tenants.models import Entity, Tenant

MOST_PEOPLE = 200  # whose orders a name finds


class CurrencyFilter(ExactFilter):
    """An ISO 4217 code, in any case."""

    title = "currency"
    parameter_name = "currency"

    def normal(self, value: str) -> str:
        return value.upper()

    def names_nobody(self, value: str) -> bool:
        return value.upper() in CURRENCIES


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
class OrderAdmin(ExportedList, RecordWithPartsAdmin):
    """Orders are the partner's documents: read, or deleted; staff correct whether they were cancelled, and whose."""

    entity = Entity.ORDERS
    pages = (RecordPage("Correct…", "correct", correct),)
    identifiers = ("order_id", "customer_id", "email")
    line_identifiers = ("sku", "product_id")
    search_help_text = "Order ID, customer, SKU …"
    search_help = (
        "Order ID, customer ID, e-mail, SKU or product ID, or how it begins; hub id; a customer's name, any part of it"
    )
    change_role = None
    actions_list = ("unknown_skus",)
    exports = ORDER_COLUMNS
    export_parts = ORDER_LINES
    parts = "items"
    parts_stay = ("The order's totals, as the partner sent them.",)
    list_display = ("number", "date", "revenue", "buyer", "email_address", "shop", "status", "created")
    sorts = {
        "number": (Sort("order_id"),),
        "buyer": (Sort("customer_id"),),
        "email_address": (Sort("email"),),
        "created": (Sort("pk"),),
    }
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

    @admin.display(description="order ID")
    def number(self, order: Order) -> SafeString:
        return clipped(order.order_id)

    @admin.display(description="order date")
    def date(self, order: Order) -> SafeString:
        return moment(order.order_date)

    @admin.display(description="revenue")
    def revenue(self, order: Order) -> str:
        return money(order.total_revenue, order.currency)

    @admin.display(description="customer ID")
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

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(unknown_skus_csv, self))
        return [path("unknown-skus/csv/", view, name="orders_order_unknown_skus_csv"), *super().get_urls()]

    @action(description="Unknown SKUs", url_path="unknown-skus", icon="help_center")  # type: ignore[untyped-decorator]
    def unknown_skus(self, request: HttpRequest) -> HttpResponse:
        """Show the sold SKUs that no variant has."""
        return unknown_skus_page(self, request)

    def columns(self, request: HttpRequest, within: QuerySet[Order]) -> list[Column]:
        """Look at the line items too."""
        lines = OrderItem.objects.filter(tenant_id__in=tenant_ids_of(request)).order_by()
        return [*super().columns(request, within), *(Column(lines, name, "order_id") for name in self.line_identifiers)]

    def head(self, request: HttpRequest, record: Order) -> Head:
        return order_head(record, self.tenant_in_head(request, record))

    def by_words(self, request: HttpRequest, within: QuerySet[Order], text: str) -> list[int]:
        """Return the orders of customers who are called so; numbers and e-mails are identifiers of orders, too."""
        if not is_name(text):
            return []
        tenants = tenant_ids_of(request)
        people = entity_config(Entity.CUSTOMERS).finding(tenants, text, MOST_PEOPLE)
        return order_ids_of_customers(tenants, people, MOST_MATCHES) if people else []

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
