"""The columns of an exported list of products."""

from tenants.admin.exporting import ExportColumn

PRODUCT_COLUMNS = (
    ExportColumn("Hub id", lambda product: f"{product.pk}", usual=False),
    ExportColumn("Product ID", lambda product: product.product_id),
    ExportColumn("Name", lambda product: product.product_name),
    ExportColumn("Taxonomy", lambda product: product.taxonomy),
    ExportColumn("Offline exclusive", lambda product: product.is_offline_exclusive),
    ExportColumn("Created", lambda product: product.created_at),
    ExportColumn("Updated", lambda product: product.updated_at, usual=False),
)
