"""The columns of an exported list of products, and of their variants."""

from decimal import Decimal

from tenants.admin.export_rows import ExportColumn, ExportParts


def amount(value: Decimal | None) -> str:
    """Write an amount with as many decimals as say something."""
    return "" if value is None else f"{value.normalize():f}"


PRODUCT_COLUMNS = (
    ExportColumn("Hub id", lambda product: f"{product.pk}", usual=False),
    ExportColumn("Product ID", lambda product: product.product_id),
    ExportColumn("Name", lambda product: product.product_name),
    ExportColumn("Taxonomy", lambda product: product.taxonomy),
    ExportColumn("Offline exclusive", lambda product: product.is_offline_exclusive),
    ExportColumn("Created", lambda product: product.created_at),
    ExportColumn("Updated", lambda product: product.updated_at, usual=False),
)
PRODUCT_VARIANTS = ExportParts(
    "variants",
    "variant",
    "product",
    (
        ExportColumn("Variant: ID", lambda variant: variant.variant_id),
        ExportColumn("Variant: SKU", lambda variant: variant.sku),
        ExportColumn("Variant: name", lambda variant: variant.name),
        ExportColumn("Variant: original price", lambda variant: amount(variant.original_price)),
        ExportColumn("Variant: sale price", lambda variant: amount(variant.sale_price)),
        ExportColumn("Variant: currency", lambda variant: variant.currency),
        ExportColumn("Variant: available", lambda variant: variant.is_available),
        ExportColumn("Variant: stock", lambda variant: variant.stock),
        ExportColumn("Variant: size", lambda variant: variant.size, usual=False),
        ExportColumn("Variant: brand", lambda variant: variant.brand_name, usual=False),
        ExportColumn("Variant: language", lambda variant: variant.language, usual=False),
        ExportColumn("Variant: image", lambda variant: variant.image, usual=False),
    ),
)
