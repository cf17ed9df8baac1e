from tenants.entities import EntityConfig


class ProductsConfig(EntityConfig):
    default = True
    name = "products"
    verbose_name = "Products"
    model = "product"
    reads = "products.serializers.READING"
