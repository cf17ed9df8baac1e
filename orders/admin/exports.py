"""The columns of an exported list of orders."""

from tenants.admin.exporting import ExportColumn

ORDER_COLUMNS = (
    ExportColumn("Hub id", lambda order: f"{order.pk}", usual=False),
    ExportColumn("Order ID", lambda order: order.order_id),
    ExportColumn("Order date", lambda order: order.order_date),
    ExportColumn("Customer ID", lambda order: order.customer_id),
    ExportColumn("E-mail", lambda order: order.email),
    ExportColumn("Total revenue", lambda order: f"{order.total_revenue.normalize():f}"),
    ExportColumn("Currency", lambda order: order.currency),
    ExportColumn("Total quantity", lambda order: order.total_quantity),
    ExportColumn("Unique quantity", lambda order: order.unique_quantity, usual=False),
    ExportColumn("Cancelled", lambda order: order.is_order_cancelled),
    ExportColumn("Created", lambda order: order.created_at),
    ExportColumn("Updated", lambda order: order.updated_at, usual=False),
)
