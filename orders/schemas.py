"""Order records as document 001 describes them."""

from typing import Annotated, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from hub.records.schemas import STRICT, Schema
from hub.records.types import Count, Currency, Flag, Moment, Money, PositiveCount, RequiredEmail, identifier, text

MOST_ORDERS = 500
MOST_LINES = 1000  # of an order


@with_config(STRICT)
class OrderItemRecord(TypedDict, total=False):
    """One line item. It has no past: what is left out is not set."""

    ProductId: Required[Annotated[str, identifier(100)]]
    Sku: Required[Annotated[str, identifier(100)]]
    Quantity: Required[PositiveCount]
    Price: Required[Money]
    OriginalPrice: Money | None
    Size: Annotated[str, text(200)] | None
    Color: Annotated[str, text(200)] | None
    Brand: Annotated[str, text(200)] | None
    IsGift: Flag | None


@with_config(STRICT)
class OrderRecord(TypedDict, total=False):
    """One order with all its line items: the order is the document."""

    OrderId: Required[Annotated[str, identifier(100)]]
    CustomerId: Required[Annotated[str, identifier(100)]]
    Email: Required[RequiredEmail]
    OrderDate: Required[Moment]
    TotalRevenue: Required[Money]
    Currency: Required[Currency]
    OrderItems: Required[Annotated[list[OrderItemRecord], Field(min_length=1, max_length=MOST_LINES)]]
    TotalQuantity: Count | None
    UniqueQuantity: Count | None
    IsOrderCancelled: Flag | None


ORDERS = Schema(OrderRecord, "orders", MOST_ORDERS, by_column=True)
