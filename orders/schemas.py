"""Order records as document 001 describes them."""

from typing import Annotated, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from hub.records.schemas import STRICT, Schema
from hub.records.types import Count, Currency, Flag, Moment, Money, PositiveCount, RequiredEmail, identifier, text

MOST_ORDERS = 500
MOST_LINES = 1000  # of an order
CustomerIdText = Annotated[str, identifier(100)]


@with_config(STRICT)
class OrderItemRecord(TypedDict, total=False):
    """One line item. It has no past: what is left out is not set."""

    ProductId: Required[Annotated[str, identifier(100)]]
    """Id of the product that was bought; it need not be known."""
    Sku: Required[Annotated[str, identifier(100)]]
    """Stock keeping unit of the variant that was bought."""
    Quantity: Required[PositiveCount]
    """How many were bought."""
    Price: Required[Money]
    """Price of one, as it was paid."""
    OriginalPrice: Money | None
    """Price of one before discounts."""
    Size: Annotated[str, text(200)] | None
    """Size, as the shop calls it."""
    Color: Annotated[str, text(200)] | None
    """Colour, as the shop calls it."""
    Brand: Annotated[str, text(200)] | None
    """Brand of the product."""
    IsGift: Flag | None
    """Whether the line is a gift."""


@with_config(STRICT)
class OrderRecord(TypedDict, total=False):
    """One order with all its line items: the order is the document."""

    OrderId: Required[Annotated[str, identifier(100)]]
    """Your own id of the order: exact, case-sensitive; an order that is sent again is updated."""
    CustomerId: Required[CustomerIdText]
    """Your own id of the customer; the order may come before the customer."""
    Email: Required[RequiredEmail]
    """E-mail address of the customer, in its one form."""
    OrderDate: Required[Moment]
    """When the order was placed: ISO 8601 with Z or an offset, stored as UTC."""
    TotalRevenue: Required[Money]
    """What the order brought in all, in its currency."""
    Currency: Required[Currency]
    """ISO 4217 code, withdrawn ones as well, in any case."""
    OrderItems: Required[Annotated[list[OrderItemRecord], Field(min_length=1, max_length=MOST_LINES)]]
    """The order's lines: they replace the stored ones."""
    TotalQuantity: Count | None
    """How many pieces the order has."""
    UniqueQuantity: Count | None
    """How many different products the order has."""
    IsOrderCancelled: Flag | None
    """Whether the order was cancelled."""


ORDERS = Schema(OrderRecord, "orders", MOST_ORDERS, by_column=True)
