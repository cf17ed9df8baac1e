"""What orders can be filtered by when read back."""

import django_filters
from django.db.models import Exists, OuterRef, QuerySet

from hub.api.filters import FlagFilter, HubIdFilter, ValueFilter, moment_range
from hub.api.parameters import EMAIL, field_type
from hub.records.types import Currency
from orders.models import Order, OrderItem
from orders.schemas import OrderItemRecord, OrderRecord


class OrderFilterSet(django_filters.FilterSet):
    """Exact on identifiers, currency, cancellation; ranges over the times. ProductId and Sku look at the lines."""

    HubId = HubIdFilter()
    OrderId = ValueFilter(field_type(OrderRecord, "OrderId"), field_name="order_id")
    CustomerId = ValueFilter(field_type(OrderRecord, "CustomerId"), field_name="customer_id")
    Email = ValueFilter(EMAIL, field_name="email")
    ProductId = ValueFilter(field_type(OrderItemRecord, "ProductId"), method="filter_product_id")
    Sku = ValueFilter(field_type(OrderItemRecord, "Sku"), method="filter_sku")
    Currency = ValueFilter(Currency, field_name="currency")
    IsOrderCancelled = FlagFilter(field_name="is_order_cancelled")
    locals().update(
        moment_range("order_date", "OrderDate"),
        **moment_range("created_at", "CreatedAt"),
        **moment_range("updated_at", "UpdatedAt"),
    )

    class Meta:
        model = Order
        fields: list[str] = []

    def filter_product_id(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        return queryset.filter(_has_line(product_id=value))

    def filter_sku(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        return queryset.filter(_has_line(sku=value))


def _has_line(**named: str) -> Exists:
    return Exists(OrderItem.objects.filter(tenant_id=OuterRef("tenant_id"), order_id=OuterRef("id"), **named))
