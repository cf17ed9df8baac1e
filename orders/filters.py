"""What orders can be filtered by when read back."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet

from hub.api.filters import FlagFilter, HubIdFilter, SeveralFilter, ValueFilter, moment_range
from hub.api.parameters import EMAIL, field_type
from hub.records.types import Currency
from hub.sql.several import IsAny
from orders.models import Order, OrderItem
from orders.schemas import OrderItemRecord, OrderRecord

ORDER_ID, CUSTOMER_ID = field_type(OrderRecord, "OrderId"), field_type(OrderRecord, "CustomerId")
PRODUCT_ID, SKU = field_type(OrderItemRecord, "ProductId"), field_type(OrderItemRecord, "Sku")


class OrderFilterSet(django_filters.FilterSet):
    """Exact on identifiers, currency, cancellation; ranges over the times. ProductId and Sku look at the lines."""

    HubId = HubIdFilter()
    OrderId = ValueFilter(ORDER_ID, field_name="order_id")
    OrderId__in = SeveralFilter(ORDER_ID, field_name="order_id")
    CustomerId = ValueFilter(CUSTOMER_ID, field_name="customer_id")
    CustomerId__in = SeveralFilter(CUSTOMER_ID, field_name="customer_id")
    Email = ValueFilter(EMAIL, field_name="email")
    Email__in = SeveralFilter(EMAIL, field_name="email")
    ProductId = ValueFilter(PRODUCT_ID, method="filter_line")
    ProductId__in = SeveralFilter(PRODUCT_ID, method="filter_lines")
    Sku = ValueFilter(SKU, method="filter_line")
    Sku__in = SeveralFilter(SKU, method="filter_lines")
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

    def filter_line(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        return queryset.filter(_has_line(**{LINE_COLUMNS[name]: value}))

    def filter_lines(self, queryset: QuerySet[Order], name: str, value: Sequence[str]) -> QuerySet[Order]:
        return queryset.filter(_has_line(IsAny(LINE_COLUMNS[name.removesuffix("__in")], value)))


LINE_COLUMNS = {"ProductId": "product_id", "Sku": "sku"}


def _has_line(*conditions: Any, **named: str) -> Exists:
    same = OrderItem.objects.filter(*conditions, tenant_id=OuterRef("tenant_id"), order_id=OuterRef("id"), **named)
    return Exists(same)
