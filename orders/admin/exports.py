"""The columns of an exported list of orders, and of their lines."""

from decimal import Decimal

from tenants.admin.export_rows import ExportColumn, ExportParts


def amount(value: Decimal | None) -> str:
    """Write an amount with as many decimals as say something."""
    return "" if value is None else f"{value.normalize():f}"


ORDER_COLUMNS = (
    ExportColumn("Hub id", lambda order: f"{order.pk}", usual=False),
    ExportColumn("Order ID", lambda order: order.order_id),
    ExportColumn("Order date", lambda order: order.order_date),
    ExportColumn("Customer ID", lambda order: order.customer_id),
    ExportColumn("E-mail", lambda order: order.email),
    ExportColumn("Total revenue", lambda order: amount(order.total_revenue)),
    ExportColumn("Currency", lambda order: order.currency),
    ExportColumn("Total quantity", lambda order: order.total_quantity),
    ExportColumn("Unique quantity", lambda order: order.unique_quantity, usual=False),
    ExportColumn("Cancelled", lambda order: order.is_order_cancelled),
    ExportColumn("Created", lambda order: order.created_at),
    ExportColumn("Updated", lambda order: order.updated_at, usual=False),
)
ORDER_LINES = ExportParts(
    "items",
    "line",
    "order",
    (
        ExportColumn("Line: number", lambda line: line.line_no),
        ExportColumn("Line: product ID", lambda line: line.product_id),
        ExportColumn("Line: SKU", lambda line: line.sku),
        ExportColumn("Line: quantity", lambda line: line.quantity),
        ExportColumn("Line: price", lambda line: amount(line.price)),
        ExportColumn("Line: original price", lambda line: amount(line.original_price), usual=False),
        ExportColumn("Line: size", lambda line: line.size, usual=False),
        ExportColumn("Line: color", lambda line: line.color, usual=False),
        ExportColumn("Line: brand", lambda line: line.brand, usual=False),
        ExportColumn("Line: gift", lambda line: line.is_gift, usual=False),
    ),
)
