"""Several rows are one record: an order's lines, a product's variants."""

import tracemalloc
from itertools import chain

import orjson
import pytest

from hub.files.tables import Row
from tenants.entities import entity_config
from tenants.imports.grouping import Seen
from tenants.imports.mapping import table_items
from tenants.imports.options import Options
from tests.files.tables import NOBODY, faults, items, records, table

HEADER = "OrderId,CustomerId,Email,OrderDate,TotalRevenue,Currency,ProductId,Sku,Quantity,Price"
FIRST = "{},C-1,a@b.cd,2024-01-31T10:00:00Z,20.00,EUR,P-1,S-1,1,10.00"
SAID = {
    "CustomerId": "C-1",
    "Email": "a@b.cd",
    "OrderDate": "2024-01-31T10:00:00Z",
    "TotalRevenue": 20,
    "Currency": "EUR",
}


def line(sku: str, quantity: int = 1) -> dict[str, object]:
    return {"ProductId": "P-1", "Sku": sku, "Quantity": quantity, "Price": 10}


@pytest.mark.parametrize(
    "second",
    [
        "1,C-1,a@b.cd,2024-01-31T10:00:00Z,20.00,EUR,P-1,S-2,3,10.00",
        "1,,,,,,P-1,S-2,3,10.00",
        "1,C-1,,,20.00,,P-1,S-2,3,10.00",
    ],
    ids=["repeated", "blank", "some"],
)
def test_an_order_is_rows_that_repeat_what_is_said_of_it_or_leave_it_out(second: str) -> None:
    rows = table("\n".join([HEADER, FIRST.format(1), second, FIRST.format(2)]))

    assert records("orders", rows) == [
        {"OrderId": "1", **SAID, "OrderItems": [line("S-1"), line("S-2", 3)]},
        {"OrderId": "2", **SAID, "OrderItems": [line("S-1")]},
    ]


def test_an_item_names_the_rows_it_stands_in() -> None:
    rows = table("\n".join([HEADER, FIRST.format(1), "1,,,,,,P-1,S-2,3,10.00", FIRST.format(2)]))

    first, second = items("orders", rows)

    assert [(item.line, item.rows) for item in (first, second)] == [(2, 2), (4, 1)]
    assert orjson.loads(first.sent) == [rows[1].cells, rows[2].cells]


def test_rows_of_one_record_that_say_different_things_of_it_are_a_fault() -> None:
    rows = table("\n".join([HEADER, FIRST.format(1), "1,C-2,,,20.0,SEK,P-1,S-2,3,10.00", "1,C-3,,,,,P-1,S-2,3,1"]))

    (order,) = items("orders", rows)

    assert faults(order) == [("CustomerId", "differs_by_row"), ("Currency", "differs_by_row")]


def test_a_group_that_comes_again_would_replace_its_first_rows_and_is_a_fault() -> None:
    rows = table("\n".join([HEADER, *(FIRST.format(n) for n in (1, 2, 1, 3))]))

    found = items("orders", rows)

    assert [faults(item) for item in found] == [[], [], [("OrderId", "apart")], []]
    assert "stand together" in found[2].faults[0].text


def test_rows_that_name_no_record_are_each_one_of_their_own() -> None:
    rows = table("\n".join([HEADER, *(FIRST.format("") for _ in range(2))]))

    found = items("orders", rows)

    assert [item.rows for item in found] == [1, 1]
    assert ["OrderId" in orjson.loads(item.record) for item in found] == [False, False]


def test_ids_that_look_alike_are_not_the_same() -> None:
    rows = table("\n".join([HEADER, *(FIRST.format(n) for n in ("1", "01", "1.0", "a", "A"))]))

    assert [order["OrderId"] for order in records("orders", rows)] == ["1", "01", "1.0", "a", "A"]


def test_a_row_without_anything_of_a_part_is_none() -> None:
    rows = table("ProductId,ProductName,VariantId,Sku,Name\nP-1,Shirt,,,\nP-2,Cap,V-1,S-1,Red\nP-2,,,,")

    assert records("products", rows, constants={"Currency": "EUR"}) == [
        {"ProductId": "P-1", "ProductName": "Shirt", "ProductVariants": []},
        {
            "ProductId": "P-2",
            "ProductName": "Cap",
            "ProductVariants": [{"VariantId": "V-1", "Sku": "S-1", "Name": "Red", "Currency": "EUR"}],
        },
    ]


def test_an_order_has_as_many_lines_as_the_api_takes_and_no_more() -> None:
    most = entity_config("orders").columns.most_parts
    lines = [f"{order},,,,,,P-1,S-{n},1,1" for order in (1, 2) for n in range(most + order - 1)]

    first, second = items("orders", table("\n".join([HEADER, *lines])))

    assert (len(orjson.loads(first.record)["OrderItems"]), faults(first)) == (most, [])
    assert faults(second) == [("OrderItems", "too_many")]
    assert (second.line, second.rows) == (most + 2, most + 1)


def test_a_group_without_end_holds_no_more_than_the_bound() -> None:
    cells = ["1", "", "", "", "", "", "P-1", "S-1", "1", "1"]
    rows = (Row(n + 2, list(cells)) for n in range(30_000))
    header = Row(1, HEADER.split(","))

    tracemalloc.start()
    (order,) = table_items(NOBODY, "orders", chain([header], rows), Options())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (order.rows, faults(order)) == (30_000, [("OrderItems", "too_many")])
    assert peak < 2_500_000


def test_ids_are_remembered_in_little_memory_and_exactly() -> None:
    seen, most = Seen(), 100_000

    assert not any(seen.add(f"order-{n}") for n in range(most))
    assert all(seen.add(f"order-{n}") for n in range(0, most, 7))
    assert not seen.add("order-100000")
    assert sum(map(len, seen.ends.values())) == 6 * (most + 1)
