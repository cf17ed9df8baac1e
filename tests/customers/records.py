"""Customer records to start from: the identifiers, and what a test names."""

from typing import Any

Record = dict[str, Any]


def customer(**fields: Any) -> Record:
    """Return a customer with both identifiers."""
    return {"CustomerId": "C-1", "Email": "ada@example.com", **fields}
