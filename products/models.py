"""The products of a tenant, with their variants."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from hub.sql.tenancy import TenantForeignKey
from tenants.models import TenantOwned


class Product(TenantOwned):
    """An article of the catalogue; what is sold are its variants."""

    product_id = models.CharField("product id", max_length=100)
    product_name = models.CharField("name", max_length=500)
    taxonomy = ArrayField(models.TextField(), default=list)
    is_offline_exclusive = models.BooleanField("offline exclusive", default=False)
    given = models.IntegerField(default=0, editable=False)
    created_at = models.DateTimeField("created", editable=False)
    updated_at = models.DateTimeField("updated", editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "product_id"], name="product_id_in_tenant")]

    def __str__(self) -> str:
        return self.product_name


class Variant(TenantOwned):
    """One of a product's variants: what a line item's SKU names. The same VariantId may occur in two products.

    `position` grows in the order in which a product's variants were first sent, with gaps.
    """

    product = TenantForeignKey(Product, models.CASCADE, related_name="variants")
    position = models.IntegerField(editable=False)
    variant_id = models.CharField("variant id", max_length=100)
    sku = models.CharField("SKU", max_length=100)
    name = models.CharField(max_length=500)
    original_price = models.DecimalField(max_digits=16, decimal_places=4)
    currency = models.CharField(max_length=3)
    is_available = models.BooleanField("available")
    image = models.CharField(max_length=2000, null=True)
    size = models.CharField(max_length=200, null=True)
    stock = models.IntegerField(null=True)
    sale_price = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    language = models.CharField(max_length=10, null=True)
    brand_name = models.CharField("brand", max_length=200, null=True)
    given = models.IntegerField(default=0, editable=False)
    created_at = models.DateTimeField("created", editable=False)
    updated_at = models.DateTimeField("updated", editable=False)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["tenant", "product", "variant_id"], name="variant_of_product")]
        indexes = [models.Index(fields=["tenant", "sku"], name="variant_by_sku")]

    def __str__(self) -> str:
        return self.name
