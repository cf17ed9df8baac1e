"""What products can be filtered by when read back."""

import django_filters
from django.db.models import Exists, OuterRef, QuerySet

from hub.api.filters import FlagFilter, moment_range
from products.models import Product, Variant


class ProductFilterSet(django_filters.FilterSet):
    """Exact on identifiers and flags; ranges over the times. What a variant has finds its product."""

    ProductId = django_filters.CharFilter(field_name="product_id", strip=False)
    VariantId = django_filters.CharFilter(method="filter_variant", strip=False)
    Sku = django_filters.CharFilter(method="filter_variant", strip=False)
    Currency = django_filters.CharFilter(method="filter_variant")
    Language = django_filters.CharFilter(method="filter_variant")
    IsAvailable = FlagFilter(method="filter_variant")
    IsOfflineExclusive = FlagFilter(field_name="is_offline_exclusive")
    locals().update(moment_range("created_at", "CreatedAt"), **moment_range("updated_at", "UpdatedAt"))

    class Meta:
        model = Product
        fields: list[str] = []

    def filter_variant(self, queryset: QuerySet[Product], name: str, value: str | bool) -> QuerySet[Product]:
        column = VARIANT_COLUMNS[name]
        same = Variant.objects.filter(tenant_id=OuterRef("tenant_id"), product_id=OuterRef("id"), **{column: value})
        return queryset.filter(Exists(same))


VARIANT_COLUMNS = {
    "VariantId": "variant_id",
    "Sku": "sku",
    "Currency": "currency",
    "Language": "language",
    "IsAvailable": "is_available",
}
