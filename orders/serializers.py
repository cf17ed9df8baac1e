"""How an order is written when read back."""

from rest_framework import serializers

from hub.api.serializers import MomentField, MoneyField, fields_of, of_row
from hub.api.weights import InParts
from orders.ingest import ORDERS
from orders.models import Order, OrderItem
from tenants.entities import Reading

GROWING = InParts(Order, "items", OrderItem, "order_id", ("product_id", "sku", "size", "color", "brand"))


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
