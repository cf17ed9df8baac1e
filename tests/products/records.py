"""Product records to start from: the required fields, and what a test names."""

from typing import Any

Record = dict[str, Any]


def variant(**fields: Any) -> Record:
    """Return a variant."""
    return {
        "VariantId": "V-1",
        "Sku": "S-1",
        "Name": "Shirt, red",
        "OriginalPrice": 29.99,
        "Currency": "EUR",
        "IsAvailable": True,
        **fields,
    }


def product(**fields: Any) -> Record:
    """Return a product with one variant."""
    return {"ProductId": "P-1", "ProductName": "Shirt", "ProductVariants": [variant()], **fields}


def without(record: Record, name: str) -> Record:
    """Return a record that leaves a field out."""
    return {field: value for field, value in record.items() if field != name}
