"""Order records to start from: the required fields, and what a test names."""

from typing import Any

Record = dict[str, Any]


def line(**fields: Any) -> Record:
    """Return a line item."""
    return {"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 29.99, **fields}


def order(**fields: Any) -> Record:
    """Return an order with one line item."""
    return {
        "OrderId": "O-1",
        "CustomerId": "C-1",
        "Email": "ada@example.com",
        "OrderDate": "2025-08-22T21:00:00Z",
        "TotalRevenue": 29.99,
        "Currency": "EUR",
        "OrderItems": [line()],
        **fields,
    }


def without(record: Record, name: str) -> Record:
    """Return a record that leaves a field out."""
    return {field: value for field, value in record.items() if field != name}
