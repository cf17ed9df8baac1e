"""Products in the admin: with their variants and what they sold."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from hub.admin.table import Sort
from hub.sql.prepared import Row
from products.admin.exports import PRODUCT_COLUMNS, PRODUCT_VARIANTS
from products.admin.head import product_head
from products.admin.searching import ids_by_name
from products.admin.sections import MOST_SALES, product_sections
from products.ingest import delete_products_by_id, delete_variants_by_id
from products.models import Product, Variant
from tenants.admin.access import tenant_ids_of
from tenants.admin.day_filters import arrived
from tenants.admin.exporting import ExportedList
from tenants.admin.head import Head
from tenants.admin.list_filters import ChoiceFilter, ExactFilter, TenantFilter, yes_no
from tenants.admin.parts import RecordWithPartsAdmin
from tenants.admin.question import Question, counted, joined
from tenants.admin.searching import Column
from tenants.admin.sections import Section, clipped, day, yes_or_no
from tenants.changes.changesets import Origin, Receipt
from tenants.links import sales_of_product
from tenants.models import Entity, Tenant


def has_variant(**named: Any) -> Exists:
    """Tell whether a product has a variant."""
    return Exists(Variant.objects.filter(tenant_id=OuterRef("tenant_id"), product_id=OuterRef("pk"), **named))


class AvailabilityFilter(ChoiceFilter):
    """What can be bought: a product is available when one of its variants is."""

    title = "availability"
    parameter_name = "available"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("yes", "Available"),
            ("no", "Not available"),
            ("some", "A variant is not available"),
            ("out", "A variant is out of stock"),
            ("none", "Without variants"),
        ]

    def chosen(self, queryset: QuerySet[Product], value: str) -> QuerySet[Product]:
        conditions = {
            "yes": has_variant(is_available=True),
            "no": has_variant() & ~has_variant(is_available=True),
            "some": has_variant(is_available=False),
            "out": has_variant(stock=0),
            "none": ~has_variant(),
        }
        return queryset.filter(conditions[value])


class VariantCurrencyFilter(ExactFilter):
    """The currency of a variant, in any case."""

    title = "currency"
    parameter_name = "currency"

    def normal(self, value: str) -> str:
        return value.upper()

    def having(self, queryset: QuerySet[Product], values: list[str]) -> QuerySet[Product]:
        return queryset.filter(has_variant(currency__in=values))


@admin.register(Product)
class ProductAdmin(ExportedList, RecordWithPartsAdmin):
    """Products are the partner's: read, or deleted, never edited."""

    entity = Entity.PRODUCTS
    exports = PRODUCT_COLUMNS
    export_parts = PRODUCT_VARIANTS
    identifiers = ("product_id",)
    search_help_text = "Name, product ID, SKU …"
    search_help = "Any part of a product's name; product ID, SKU or variant ID, or how it begins; hub id"
    change_role = None
    parts = "variants"
    parts_stay = ("Order lines that name their SKUs.",)
    list_display = ("name", "number", "category", "shop", "variants_available", "updated", "created")
    sorts = {"number": (Sort("product_id"),), "created": (Sort("pk"),)}
    list_filter = (
        TenantFilter,
        AvailabilityFilter,
        VariantCurrencyFilter,
        yes_no("is_offline_exclusive", "offline exclusive"),
        arrived("day of creation"),
    )
    fieldsets = (
        (
            "Product",
            {"fields": ("product_name", ("product_id", "offline_exclusive"), "category")},
        ),
        ("Record", {"fields": (("tenant", "hub_id"), ("came", "changed"))}),
    )
    readonly_fields = ("offline_exclusive", "category", "hub_id", "came", "changed")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        found: QuerySet[Product] = super().get_queryset(request).prefetch_related("variants")
        return found

    @admin.display(description="product")
    def name(self, product: Product) -> SafeString:
        return clipped(product.product_name)

    @admin.display(description="product ID")
    def number(self, product: Product) -> SafeString:
        return clipped(product.product_id)

    @admin.display(description="category")
    def category(self, product: Product) -> str:
        return " › ".join(product.taxonomy)

    @admin.display(description="variants available")
    def variants_available(self, product: Product) -> str:
        variants = product.variants.all()
        return f"{sum(variant.is_available for variant in variants)} of {len(variants)}"

    @admin.display(description="updated")
    def updated(self, product: Product) -> SafeString:
        return day(product.updated_at)

    @admin.display(description="offline exclusive")
    def offline_exclusive(self, product: Product) -> str:
        return yes_or_no(product.is_offline_exclusive)

    def columns(self, request: HttpRequest, within: QuerySet[Product]) -> list[Column]:
        """Look at the variants too; no index leads to a variant id, but a catalogue is small."""
        variants = Variant.objects.filter(tenant_id__in=tenant_ids_of(request)).order_by()
        return [
            *super().columns(request, within),
            *(Column(variants, name, "product_id") for name in ("sku", "variant_id")),
        ]

    def head(self, request: HttpRequest, record: Product) -> Head:
        return product_head(record, self.sales(record), self.tenant_in_head(request, record))

    def sales(self, record: Any) -> list[Row]:
        """Return what a product sold, asked once for a page."""
        if not hasattr(record, "sales"):
            record.sales = sales_of_product(record.tenant, record.product_id, MOST_SALES)
        sales: list[Row] = record.sales
        return sales

    def by_words(self, request: HttpRequest, within: QuerySet[Product], text: str) -> list[int]:
        return ids_by_name(within, text)

    def sections(self, record: Product) -> list[Section]:
        return product_sections(record, self.sales(record))

    def deletion(self, records: Sequence[Product]) -> Question:
        number = counted(len(records), self.opts)
        variants = sum(len(product.variants.all()) for product in records)
        return Question(
            title=f"Delete {number}",
            records=records,
            happens=[f"{number}, with {counted(variants, Variant._meta)}, deleted for good."],
            stays=["Order lines that name them, with their prices and quantities."],
            button=f"Yes, delete {number}",
            url=self.delete_url(),
            chosen=joined(records),
            back=self.list_url(),
        )

    def delete_records(self, tenant: Tenant, ids: Sequence[int], origin: Origin) -> Receipt:
        return delete_products_by_id(tenant, ids, origin=origin)

    def delete_parts(self, tenant: Tenant, ids: Sequence[int], origin: Origin) -> Receipt:
        return delete_variants_by_id(tenant, ids, origin=origin)
