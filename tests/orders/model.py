"""What a sequence of order upserts and deletes leaves behind, said as plainly as Python can.

Nothing here is clever: one record after the other, one dict an order. The hub's set-based SQL must come to the same.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

Json = dict[str, Any]

OPTIONAL = {"TotalQuantity": None, "UniqueQuantity": None, "IsOrderCancelled": False}
OPTIONAL_OF_LINE = {"OriginalPrice": None, "Size": None, "Color": None, "Brand": None, "IsGift": False}


class Orders:
    """The orders of one tenant, by OrderId.

    `given` are the fields an order was ever sent: supplying one for the first time is a change, whatever its value.
    Lines keep their numbers when one of them is deleted; the next time the order is sent they are counted anew.
    """

    def __init__(self) -> None:
        self.fields: dict[str, Json] = {}
        self.lines: dict[str, dict[int, Json]] = {}
        self.given: dict[str, set[str]] = {}

    def upsert(self, records: Sequence[Json]) -> None:
        for record in records:
            order_id = record["OrderId"]
            sent = {name: value for name, value in record.items() if value is not None and name != "OrderItems"}
            self.fields.setdefault(order_id, dict(OPTIONAL)).update(sent)
            self.given.setdefault(order_id, set()).update(sent)
            self.lines[order_id] = {number: _line(item) for number, item in enumerate(record["OrderItems"], start=1)}

    def delete(self, order_id: str) -> None:
        for kept in (self.fields, self.lines, self.given):
            kept.pop(order_id, None)

    def delete_item(self, order_id: str, product_id: str, sku: str) -> None:
        lines = self.lines.get(order_id, {})
        for number, item in list(lines.items()):
            if (item["ProductId"], item["Sku"]) == (product_id, sku):
                del lines[number]

    def state(self) -> dict[str, Any]:
        """Return all there is to know of each order: equal before and after means that it did not change."""
        return deepcopy({name: (self.fields[name], self.lines[name], self.given[name]) for name in self.fields})

    def read(self) -> dict[str, Json]:
        """Return what GET must show, by OrderId."""
        return {
            order_id: {**fields, "OrderItems": [item for _, item in sorted(self.lines[order_id].items())]}
            for order_id, fields in self.fields.items()
        }


def _line(item: Json) -> Json:
    sent = {name: None if value == "" else value for name, value in item.items() if value is not None}
    return {**OPTIONAL_OF_LINE, **sent}
