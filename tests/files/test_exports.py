"""GET /exports/{tenantId}: all that is stored, in one answer, as reads show it."""

import csv
import json
from io import StringIO
from typing import Any

import pytest

from tests.conftest import Partner
from tests.orders.records import line, order
from tests.products.records import product, variant

pytestmark = pytest.mark.django_db

NASTY = 'שלום "O\'Neil", 👩‍👩‍👧 \\ \n\r\t\x01\x7f\u2028 ; end'


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with some of everything."""
    partner.save(
        "customers",
        {"CustomerId": "0001", "Email": "ada@example.com", "Name": NASTY, "GdprOptin": True},
        {"CustomerId": "=2+3", "Phone": "+358401234567", "EmailOptin": False},
        {"Email": "e@example.com"},
    )
    partner.save(
        "orders",
        order(OrderId="/1 %", TotalRevenue=100, OrderItems=[line(Price=0), line(Sku="S,2", OriginalPrice=0.0001)]),
        order(OrderId=NASTY[:50].strip(), TotalRevenue=999_999_999_999.9999, OrderDate="0999-01-01T00:00:00Z"),
        order(OrderId="O-3", TotalRevenue=549_755_813_888, TotalQuantity=3, IsOrderCancelled=True),
    )
    partner.save(
        "products",
        product(Taxonomy=["a", NASTY, 'q"'], ProductVariants=[variant(Stock=0), variant(VariantId="V-0", SalePrice=1)]),
        product(ProductId="P-2", ProductVariants=[]),
    )
    return partner


def export(partner: Partner, entity: str, **query: str) -> Any:
    return partner.get("/exports/{tenant}", entity=entity, **query)


def taken(partner: Partner, entity: str, **query: str) -> bytes:
    """Take an export that must be answered with success."""
    answer = export(partner, entity, **query)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def objects(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(each) for each in text.split(b"\n") if each]


def rows(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.decode(), newline="")))


@pytest.mark.parametrize("entity", ["customers", "orders", "products"])
def test_ndjson_is_to_the_byte_what_reads_answer(shop: Partner, entity: str) -> None:
    read = shop.get(f"/{entity}/{{tenant}}").content

    lines = taken(shop, entity).split(b"\n")

    assert lines.pop() == b""
    assert b'"results":[' + b",".join(lines) + b"]" in read
