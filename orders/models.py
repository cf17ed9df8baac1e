"""The orders of a tenant, with their line items."""

from django.db import models

from hub.sql.tenancy import TenantForeignKey
from tenants.models import TenantOwned


class Order(TenantOwned):
    """A sale. It names its customer by CustomerId and e-mail; the link is looked up when read, never required."""

    order_id = models.CharField("order id", max_length=100)
    customer_id = models.CharField("customer id", max_length=100)
    email = models.CharField("e-mail", max_length=255, null=True)
    order_date = models.DateTimeField()
    total_revenue = models.DecimalField(max_digits=16, decimal_places=4)
    currency = models.CharField(max_length=3)
    total_quantity = models.IntegerField(null=True)
    unique_quantity = models.IntegerField(null=True)
    is_order_cancelled = models.BooleanField("cancelled", default=False)
    given = models.IntegerField(default=0, editable=False)
    created_at = models.DateTimeField("created", editable=False)
    updated_at = models.DateTimeField("updated", editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "order_id"], name="order_id_in_tenant")]
        indexes = [
            models.Index(fields=["tenant", "customer_id"], name="order_by_customer_id"),
            models.Index(fields=["tenant", "email"], name="order_by_email", condition=models.Q(email__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.order_id


class OrderItem(TenantOwned):
    """A line of an order, numbered from 1. A line has no past: it is replaced with its order."""

    order = TenantForeignKey(Order, models.CASCADE, related_name="items")
    line_no = models.IntegerField("line")
    product_id = models.CharField("product id", max_length=100)
    sku = models.CharField("SKU", max_length=100)
    quantity = models.IntegerField()
    price = models.DecimalField(max_digits=16, decimal_places=4)
    original_price = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    size = models.CharField(max_length=200, null=True)
    color = models.CharField(max_length=200, null=True)
    brand = models.CharField(max_length=200, null=True)
    is_gift = models.BooleanField("gift", default=False)

    class Meta:
        ordering = ["line_no"]
        constraints = [models.UniqueConstraint(fields=["tenant", "order", "line_no"], name="line_of_order")]
        indexes = [
            models.Index(fields=["tenant", "sku"], name="line_by_sku"),
            models.Index(fields=["tenant", "product_id"], name="line_by_product_id"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"
