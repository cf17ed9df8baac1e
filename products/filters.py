"""What products can be filtered by when read back."""

import django_filters
from django.db.models import Exists, OuterRef, QuerySet

from hub.api.filters import FlagFilter, HubIdFilter, ValueFilter, moment_range
from hub.api.parameters import field_type
from hub.records.types import Currency, Language
from products.models import Product, Variant
from products.schemas import ProductRecord, VariantRecord


class ProductFilterSet(django_filters.FilterSet):
    """Exact on identifiers and flags; ranges over the times. What a variant has finds its product."""

    HubId = HubIdFilter()
    ProductId = ValueFilter(field_type(ProductRecord, "ProductId"), field_name="product_id")
    VariantId = ValueFilter(field_type(VariantRecord, "VariantId"), method="filter_variant")
    Sku = ValueFilter(field_type(VariantRecord, "Sku"), method="filter_variant")
    Currency = ValueFilter(Currency, method="filter_variant")
    Language = ValueFilter(Language, method="filter_variant")
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
