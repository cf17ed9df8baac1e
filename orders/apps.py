from tenants.entities import EntityConfig


class OrdersConfig(EntityConfig):
    default = True
    name = "orders"
    verbose_name = "Orders"
    model = "order"
    reads = "orders.serializers.READING"
