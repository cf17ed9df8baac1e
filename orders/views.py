"""The order endpoints (document 001)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from hub.api.filters import list_parameters
from hub.api.parameters import UPSERTS, WRITES, Parameters, field_type, meaning
from hub.records.schemas import parse
from orders.filters import OrderFilterSet
from orders.ingest import delete_order, delete_order_item, upsert_orders
from orders.models import Order
from orders.operations import OPERATIONS
from orders.schemas import ORDERS, OrderItemRecord, OrderRecord
from orders.serializers import GROWING, OrderSerializer
from tenants.api.views import TenantViewSet, reads
from tenants.models import Entity


class OrderViewSet(TenantViewSet):
    """POST and GET /orders/{tenantId}, GET and DELETE /orders/{tenantId}/{orderId}, DELETE …/{orderId}/items."""

    operations = OPERATIONS
    serializer_class = OrderSerializer
    filterset_class = OrderFilterSet
    shows = Entity.ORDERS
    keyset = "order_id"
    growing = GROWING
    in_path = Parameters({"orderId": meaning(field_type(OrderRecord, "OrderId"), "The OrderId.")})
    in_query = {
        "create": Parameters(UPSERTS),
        "list": list_parameters(OrderFilterSet),
        "remove": Parameters(WRITES),
        "remove_item": Parameters(
            {
                "productId": meaning(field_type(OrderItemRecord, "ProductId"), "The line's ProductId."),
                "sku": meaning(field_type(OrderItemRecord, "Sku"), "The line's Sku."),
            },
            needs=all,
            otherwise="Product ID and SKU are required.",
            also=WRITES,
        ),
    }

    def get_queryset(self) -> QuerySet[Order]:
        return Order.objects.filter(tenant_id=self.tenant.pk)

    def create(self, request: Request, **_: Any) -> HttpResponse:
        batch = parse(ORDERS, self.body())
        receipt = upsert_orders(self.tenant, batch.records, origin=self.origin, results=self.wants_results)
        return self.saved("Orders saved.", batch, receipt)

    def remove(self, request: Request, **_: Any) -> HttpResponse:
        order_id = self.ids["orderId"]
        receipt = delete_order(self.tenant, order_id, origin=self.origin)
        return self.removed("Order removed.", receipt, orderId=order_id)

    def remove_item(self, request: Request, **_: Any) -> HttpResponse:
        order_id, product_id, sku = self.ids["orderId"], self.query["productId"], self.query["sku"]
        receipt = delete_order_item(self.tenant, order_id, product_id=product_id, sku=sku, origin=self.origin)
        return self.removed("Order item removed.", receipt, orderId=order_id, productId=product_id, sku=sku)

    @reads
    def list(self, request: Request, **_: Any) -> HttpResponse:
        return self.page("Orders found.")

    @reads
    def retrieve(self, request: Request, **_: Any) -> HttpResponse:
        found = self.get_queryset().filter(order_id=self.ids["orderId"]).first()
        return self.record("Order found.", found, "Order not found.")
