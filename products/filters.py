"""What products can be filtered by when read back."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet

from hub.api.filters import FlagFilter, HubIdFilter, SeveralFilter, ValueFilter, moment_range
from hub.api.parameters import field_type
from hub.records.types import Currency, Language
from hub.sql.several import IsAny
from products.models import Product, Variant
from products.schemas import ProductRecord, VariantRecord

PRODUCT_ID = field_type(ProductRecord, "ProductId")
VARIANT_ID, SKU = field_type(VariantRecord, "VariantId"), field_type(VariantRecord, "Sku")


class ProductFilterSet(django_filters.FilterSet):
    """Exact on identifiers and flags; ranges over the times. What a variant has finds its product."""

    HubId = HubIdFilter()
    ProductId = ValueFilter(PRODUCT_ID, field_name="product_id")
    ProductId__in = SeveralFilter(PRODUCT_ID, field_name="product_id")
    VariantId = ValueFilter(VARIANT_ID, method="filter_variant")
    VariantId__in = SeveralFilter(VARIANT_ID, method="filter_variants")
    Sku = ValueFilter(SKU, method="filter_variant")
    Sku__in = SeveralFilter(SKU, method="filter_variants")
    Currency = ValueFilter(Currency, method="filter_variant")
    Language = ValueFilter(Language, method="filter_variant")
    IsAvailable = FlagFilter(method="filter_variant")
    IsOfflineExclusive = FlagFilter(field_name="is_offline_exclusive")
    locals().update(moment_range("created_at", "CreatedAt"), **moment_range("updated_at", "UpdatedAt"))

    class Meta:
        model = Product
        fields: list[str] = []

    def filter_variant(self, queryset: QuerySet[Product], name: str, value: str | bool) -> QuerySet[Product]:
        return queryset.filter(_has_variant(**{VARIANT_COLUMNS[name]: value}))

    def filter_variants(self, queryset: QuerySet[Product], name: str, value: Sequence[str]) -> QuerySet[Product]:
        return queryset.filter(_has_variant(IsAny(VARIANT_COLUMNS[name.removesuffix("__in")], value)))


VARIANT_COLUMNS = {
    "VariantId": "variant_id",
    "Sku": "sku",
    "Currency": "currency",
    "Language": "language",
    "IsAvailable": "is_available",
}


def _has_variant(*conditions: Any, **named: str | bool) -> Exists:
    same = Variant.objects.filter(*conditions, tenant_id=OuterRef("tenant_id"), product_id=OuterRef("id"), **named)
    return Exists(same)
