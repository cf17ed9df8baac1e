from tenants.entities import EntityConfig


class OrdersConfig(EntityConfig):
    default = True
    name = "orders"
    verbose_name = "Orders"
    tables = "orders.columns.COLUMNS"
    kept = "orders.ingest.KEPT"
    model = "order"
    exports = "orders.exporting.EXPORTING"
    reads = "orders.serializers.READING"
    takes = {"": "orders.taking.TAKING"}
