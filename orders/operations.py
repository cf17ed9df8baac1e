"""What the OpenAPI document says of the order endpoints."""

from hub.api.openapi.answers import stored
from hub.api.openapi.operations import Operation
from orders.models import Order
from orders.schemas import ORDERS, OrderRecord
from orders.serializers import OrderSerializer
from tenants.api.answers import Removed
from tenants.api.operations import paged, read, removed, saved
from tenants.api.reconciling import compared

StoredOrder = stored("StoredOrder", OrderSerializer, Order, OrderRecord)


class RemovedOrder(Removed):
    """What deleting an order did."""

    orderId: str
    """The OrderId that was asked for."""


class RemovedItem(RemovedOrder):
    """What deleting lines of an order did."""

    productId: str
    """The ProductId that was asked for."""
    sku: str
    """The Sku that was asked for."""


OPERATIONS = {
    "create": Operation(
        "Orders",
        "Upsert orders",
        "Stores up to 500 orders with their lines in one transaction: all of them, or none where one has a fault. The "
        "lines that are sent replace those that are stored. Customer and products need not be known.",
        saved("Orders"),
        takes=("Prefer",),
        body=ORDERS.body,
        examples={
            "an order with one line": [
                {
                    "OrderId": "O-789",
                    "CustomerId": "C-123",
                    "Email": "john.doe@example.com",
                    "OrderDate": "2025-08-22T21:00:00Z",
                    "TotalRevenue": 59.98,
                    "Currency": "USD",
                    "OrderItems": [{"ProductId": "P-42", "Sku": "SKU-42-BLK-S", "Quantity": 2, "Price": 29.99}],
                }
            ]
        },
    ),
    "list": Operation(
        "Orders",
        "Read orders",
        "Orders page by page, filtered: `next` is the address of the next page. ProductId and Sku look at the lines.",
        paged(StoredOrder, "A page of orders."),
    ),
    "retrieve": Operation(
        "Orders",
        "Read one order",
        "The order with its lines.",
        read(StoredOrder, "The order."),
        takes=("If-None-Match",),
    ),
    "reconcile": compared("Orders", "OrderId"),
    "remove": Operation(
        "Orders", "Delete an order", "Deletes an order with its lines.", removed("Order removed.", RemovedOrder)
    ),
    "remove_item": Operation(
        "Orders",
        "Delete a line item",
        "Deletes every line of the order with this ProductId and Sku. The order stays, even without lines.",
        removed("Order item removed.", RemovedItem),
    ),
}
