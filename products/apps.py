from tenants.entities import EntityConfig


class ProductsConfig(EntityConfig):
    default = True
    name = "products"
    verbose_name = "Products"
    tables = "products.columns.COLUMNS"
    kept = "products.ingest.KEPT"
    model = "product"
    exports = "products.exporting.EXPORTING"
    reads = "products.serializers.READING"
    takes = {"": "products.taking.TAKING"}
