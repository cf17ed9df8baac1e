"""How an order is written when read back."""

from rest_framework import serializers

from hub.api.serializers import MomentField, MoneyField, fields_of, of_row
from hub.api.weights import InParts
from hub.sql.hashes import HashedParts, content_hash, members_of
from orders.ingest import ORDERS
from orders.models import Order, OrderItem
from tenants.entities import Reading
from tenants.reconciling import reconciliation

GROWING = InParts(Order, "items", OrderItem, "order_id", ("product_id", "sku", "size", "color", "brand"))

HASHED = {"OrderId": ("order_id", "text"), **members_of(ORDERS)}
HASHED_ITEMS = HashedParts(
    "OrderItems",
    OrderItem._meta.db_table,
    "order_id",
    "p.line_no",
    {
        "ProductId": ("product_id", "text"),
        "Sku": ("sku", "text"),
        "Quantity": ("quantity", "integer"),
        "Price": ("price", "numeric(16,4)"),
        "OriginalPrice": ("original_price", "numeric(16,4)"),
        "Size": ("size", "text"),
        "Color": ("color", "text"),
        "Brand": ("brand", "text"),
        "IsGift": ("is_gift", "boolean"),
    },
)
HASH = content_hash(HASHED, ORDERS.name, tenant=f"{ORDERS.name}.tenant_id", parts=HASHED_ITEMS)
RECONCILIATION = reconciliation(
    ORDERS.name, "order_id", content_hash(HASHED, "t", tenant="%(tenant_id)s", parts=HASHED_ITEMS)
)


class OrderItemSerializer(serializers.Serializer[OrderItem]):
    """The documented fields of a line item."""

    ProductId = serializers.CharField(source="product_id")
    Sku = serializers.CharField(source="sku")
    Quantity = serializers.IntegerField(source="quantity")
    Price = MoneyField(source="price")
    OriginalPrice = MoneyField(source="original_price")
    Size = serializers.CharField(source="size")
    Color = serializers.CharField(source="color")
    Brand = serializers.CharField(source="brand")
    IsGift = serializers.BooleanField(source="is_gift")


class OrderSerializer(serializers.Serializer[Order]):
    """The documented fields with the line items, and the hub id that changes name the order by."""

    HubId = serializers.IntegerField(source="id")
    OrderId = serializers.CharField(source="order_id")
    locals().update(fields_of(ORDERS))
    OrderItems = OrderItemSerializer(source="items", many=True)
    CreatedAt = MomentField(source="created_at")
    UpdatedAt = MomentField(source="updated_at")


READING = Reading(
    write=OrderSerializer().to_representation,
    of_row=of_row(OrderSerializer()),
    keys=lambda order: {"OrderId": order.order_id},
    of_keys=("order_id",),
    growing=GROWING,
)
