from tenants.entities import EntityConfig


class OrdersConfig(EntityConfig):
    default = True
    name = "orders"
    verbose_name = "Orders"
    kept = "orders.ingest.KEPT"
    takes = "orders.ingest.take_orders"
    model = "order"
    reads = "orders.serializers.READING"
