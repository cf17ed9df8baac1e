"""docs/api.md has a table for each kind of record: every cell comes from its schema and from a record just stored.

`make docs` writes the tables anew.
"""

import json
import os
import re
from pathlib import Path
from typing import Any, Required, get_args, get_origin

import pytest
from pydantic import TypeAdapter
from typing_extensions import get_type_hints

from customers.schemas import customer_schema
from hub.records import types
from orders.schemas import ORDERS, OrderItemRecord
from products.schemas import PRODUCTS, VariantRecord
from tests.conftest import Partner
from tests.orders.records import order
from tests.products.records import product

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
CUSTOMERS = customer_schema(())
HEAD = "| Field | Required | Type | Limit | Default |\n|---|---|---|---|---|\n"
# What a text is, where it is more than a text.
TEXTS = [
    (types.Email, "e-mail"),
    (types.RequiredEmail, "e-mail"),
    (types.Language, "language"),
    (types.Currency, "currency"),
    (types.Moment, "date and time"),
    (types.HttpsUrl, "https:// URL"),
]


def table(record: Any, stored: dict[str, Any], one_of: tuple[str, ...] = ()) -> str:
    """Return the table of a record's fields; `stored` is a new one as it is read back, sent without optional fields."""
    schema, hints = TypeAdapter(record).json_schema(), get_type_hints(record, include_extras=True)
    rows = []
    for name, field in schema["properties"].items():
        kind = field.get("anyOf", [field])[0]  # without null
        required = name in schema.get("required", ())
        word = "yes" if required else "one of these" if name in one_of else "no"
        default = "" if required else f"`{json.dumps(stored[name])}`"
        rows.append(f"| `{name}` | {word} | {type_of(kind, hints[name])} | {limit(kind)} | {default} |\n")
    return HEAD + "".join(rows)


def type_of(kind: dict[str, Any], hint: Any) -> str:
    """Return what a field's value is, in a word or two."""
    if kind["type"] == "array":
        return f"array of {kind['items'].get('type', 'object')}s"
    bare = get_args(hint)[0] if get_origin(hint) is Required else hint
    known = [word for text, word in TEXTS if bare in (text, text | None)]
    return known[0] if known else str(kind["type"])


def limit(kind: dict[str, Any]) -> str:
    """Return a value's bounds: of a number, of a text's length, of an array's and its items' lengths."""
    if "minimum" in kind:
        return f"{kind['minimum']} to {kind['maximum']:,}"
    bounds = [("≥", kind.get("minItems")), ("≤", kind.get("maxItems")), ("≤", kind.get("maxLength"))]
    items = limit(kind["items"]) if "items" in kind else ""
    return ", ".join([f"{sign} {bound:,}" for sign, bound in bounds if bound] + ([f"each {items}"] if items else []))


@pytest.fixture
def tables(partner: Partner) -> dict[str, str]:
    """The tables as they should be, by their headings."""
    partner.save("customers", {"Email": "ada@example.com"}, {"CustomerId": "C-1"})
    partner.save("orders", order())
    partner.save("products", product())
    by_email, by_id = partner.read("customers")
    (an_order,), (a_product,) = partner.read("orders"), partner.read("products")
    return {
        "Customer": table(CUSTOMERS.record, {**by_id, "CustomerId": by_email["CustomerId"]}, CUSTOMERS.one_of),
        "Order": table(ORDERS.record, an_order),
        "Line item": table(OrderItemRecord, an_order["OrderItems"][0]),
        "Product": table(PRODUCTS.record, a_product),
        "Variant": table(VariantRecord, a_product["ProductVariants"][0]),
    }


def shown(heading: str) -> re.Pattern[str]:
    """Match the table right below a heading."""
    return re.compile(rf"(?<=^### {heading}\n\n)(?:\|.*\n)+", re.MULTILINE)


def test_field_tables_are_those_of_the_schemas(tables: dict[str, str]) -> None:
    page = PAGE.read_text()
    if os.environ.get("WRITE"):
        for heading, rows in tables.items():
            page = shown(heading).sub(rows, page)
        PAGE.write_text(page)

    found = {heading: shown(heading).findall(page) for heading in tables}
    assert found == {heading: [rows] for heading, rows in tables.items()}, "make docs writes them anew"
