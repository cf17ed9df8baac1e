"""The order endpoints (document 001)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from hub.api.filters import list_parameters
from hub.api.parameters import UPSERTS, WRITES, Parameters, field_type, meaning
from hub.api.selection import selectable
from orders.filters import OrderFilterSet
from orders.ingest import delete_order, delete_order_item, upsert_orders
from orders.models import Order
from orders.operations import OPERATIONS
from orders.schemas import ORDERS, OrderItemRecord, OrderRecord
from orders.serializers import GROWING, HASH, RECONCILIATION, OrderSerializer
from tenants.api.idempotency import writes
from tenants.api.reconciling import differences, read_question, texts_of
from tenants.api.views import TenantViewSet, reads
from tenants.models import Entity
from tenants.scopes import Scope

RECONCILED_BY = texts_of(field_type(OrderRecord, "OrderId"))


class OrderViewSet(TenantViewSet):
    """POST and GET /orders/{tenantId}, GET and DELETE /orders/{tenantId}/{orderId}, DELETE …/{orderId}/items."""

    operations = OPERATIONS
    serializer_class = OrderSerializer
    filterset_class = OrderFilterSet
    shows = Entity.ORDERS
    keyset = "order_id"
    growing = GROWING
    needs = {
        "create": Scope.WRITE_ORDERS,
        "list": Scope.READ_ORDERS,
        "retrieve": Scope.READ_ORDERS,
        "reconcile": Scope.READ_ORDERS,
        "remove": Scope.ERASE_ORDERS,
        "remove_item": Scope.ERASE_ORDERS,
    }
    hash_sql = HASH
    in_path = Parameters({"orderId": meaning(field_type(OrderRecord, "OrderId"), "The OrderId.")})
    in_query = {
        "create": Parameters(UPSERTS),
        "list": list_parameters(OrderFilterSet, OrderSerializer, ["OrderId"]),
        "retrieve": selectable(OrderSerializer),
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

    @writes
    def create(self, request: Request, **_: Any) -> HttpResponse:
        batch = self.parsed(ORDERS)
        receipt = self.stored(upsert_orders, batch)
        return self.saved("Orders saved.", batch, receipt)

    @writes
    def remove(self, request: Request, **_: Any) -> HttpResponse:
        order_id = self.ids["orderId"]
        receipt = self.write(delete_order, order_id)
        return self.removed("Order removed.", receipt, orderId=order_id)

    @writes
    def remove_item(self, request: Request, **_: Any) -> HttpResponse:
        order_id, product_id, sku = self.ids["orderId"], self.query["productId"], self.query["sku"]
        receipt = self.write(delete_order_item, order_id, product_id=product_id, sku=sku)
        return self.removed("Order item removed.", receipt, orderId=order_id, productId=product_id, sku=sku)

    @reads
    def reconcile(self, request: Request, **_: Any) -> HttpResponse:
        question = read_question(self.body(), RECONCILED_BY)
        return differences(self, message="Orders compared.", how=RECONCILIATION, question=question)

    @reads
    def list(self, request: Request, **_: Any) -> HttpResponse:
        return self.page("Orders found.")

    @reads
    def retrieve(self, request: Request, **_: Any) -> HttpResponse:
        found = self.records().filter(order_id=self.ids["orderId"]).first()
        return self.record("Order found.", found, "Order not found.")
