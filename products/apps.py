from tenants.entities import EntityConfig


class ProductsConfig(EntityConfig):
    default = True
    name = "products"
    verbose_name = "Products"
    kept = "products.ingest.KEPT"
    takes = "products.ingest.take_products"
    model = "product"
    reads = "products.serializers.READING"
