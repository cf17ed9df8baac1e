"""What orders can be filtered by when read back."""

import django_filters
from django.db.models import Exists, OuterRef, QuerySet

from hub.api.filters import FlagFilter, moment_range
from orders.models import Order, OrderItem


class OrderFilterSet(django_filters.FilterSet):
    """Exact on identifiers, currency, cancellation; ranges over the times. ProductId and Sku look at the lines."""

    OrderId = django_filters.CharFilter(field_name="order_id", strip=False)
    CustomerId = django_filters.CharFilter(field_name="customer_id", strip=False)
    Email = django_filters.CharFilter(method="filter_email")
    ProductId = django_filters.CharFilter(method="filter_product_id", strip=False)
    Sku = django_filters.CharFilter(method="filter_sku", strip=False)
    Currency = django_filters.CharFilter(field_name="currency")
    IsOrderCancelled = FlagFilter(field_name="is_order_cancelled")
    locals().update(
        moment_range("order_date", "OrderDate"),
        **moment_range("created_at", "CreatedAt"),
        **moment_range("updated_at", "UpdatedAt"),
    )

    class Meta:
        model = Order
        fields: list[str] = []

    def filter_email(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        return queryset.filter(email=value.strip().lower())

    def filter_product_id(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        return queryset.filter(_has_line(product_id=value))

    def filter_sku(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        return queryset.filter(_has_line(sku=value))


def _has_line(**named: str) -> Exists:
    return Exists(OrderItem.objects.filter(tenant_id=OuterRef("tenant_id"), order_id=OuterRef("id"), **named))
