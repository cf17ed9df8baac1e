"""What left one tenant as a file makes an equal one of another; a mirror by export and feed is whole."""

from datetime import date, datetime
from io import BytesIO
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from customers.models import Customer
from hub.files.writing import escaped, unescaped
from hub.sql.lines import ESCAPED, EXACT
from orders.models import OrderItem
from tenants.api.uploads import XLSX
from tenants.imports.glancing import glance
from tenants.imports.mapping import suggest
from tenants.imports.options import Options
from tenants.models import FileFormat, Priority
from tests.conftest import MakeTenant, Partner, examples
from tests.files.test_exports import NASTY, objects, taken
from tests.files.trips import KINDS, assert_equal, carried, sent, without_own
from tests.orders.records import line, order
from tests.products.records import product, variant
from tests.tenants.mirror import ENTITIES, Mirror, stored

BATCHES = {"customers": 1000, "orders": 500, "products": 200}


def copied(source: Partner, target: Partner, entity: str) -> None:
    """Post the lines of a tenant's export to another tenant, as they stand."""
    lines = taken(source, entity).splitlines()
    for start in range(0, len(lines), BATCHES[entity]):
        body = b"[" + b",".join(lines[start : start + BATCHES[entity]]) + b"]"
        answer = target.post(entity, body)
        assert answer.status_code == 200, answer.content


IDS = st.sampled_from([
    "0001", "1", "é", "a b", "1e5", "=1", "'1", "'=1", "''", "'", "-", "@x", "+3", "\t=", "\u200fعربي", "👩‍👩‍👧",
    'q"', "n\nl", "9" * 100, " padded ", "a;b|c\td", "\\", '\\"x', "r\r", "c\r\n", "1,2",
    "_x0041_", "null", "true", "\x1c", "\ufeff",
]) | st.text("'=+-@\"\\,;\t\r\n 0aé\x0b\x1c\x85\u2028\u00a0", min_size=1, max_size=5).filter(str.strip)  # fmt: skip
TEXTS = st.none() | st.sampled_from(["", NASTY, "x", "  padded  ", "=1+1", "null", "true", "00", "''=1", "[]"]) | IDS
FULL_TEXTS = st.sampled_from([NASTY, "'=1", "0", "-1", "\u200fعربي"])
FLAGS = st.none() | st.booleans()
COUNTS = st.none() | st.sampled_from([0, 1, 2**31 - 1])
MONEY = st.sampled_from([0, 0.0001, 1.234, 12.5, 1234, 0.1, 999_999_999_999.9999]) | st.integers(0, 10**9).map(
    lambda number: number / 10_000
)
MOMENTS = st.sampled_from(["0999-01-01T00:00:00Z", "2024-02-01T00:00:00.123456+05:30", "9999-12-31T23:59:59Z"])
CUSTOMERS = st.fixed_dictionaries(
    {"CustomerId": IDS.filter(str.strip)},
    optional={
        **dict.fromkeys(["Name", "Surname", "Username"], TEXTS),
        **dict.fromkeys(["EmailOptin", "SmsOptin", "WhatsappOptin", "AppPushOptin", "GdprOptin", "IsExcluded"], FLAGS),
        "Phone": st.sampled_from(["+358401234567", "0401234567", "'+1", "-"]),
        "Language": st.sampled_from(["en-US", "fi", ""]),
    },
)
LINES = st.fixed_dictionaries(
    {"ProductId": IDS, "Sku": IDS, "Quantity": st.integers(1, 10**6), "Price": MONEY},
    optional={"OriginalPrice": st.none() | MONEY, **dict.fromkeys(["Size", "Color", "Brand"], TEXTS), "IsGift": FLAGS},
)
ORDERS = st.builds(
    lambda said, lines: order(**said, OrderItems=lines),
    st.fixed_dictionaries(
        {"OrderId": IDS, "CustomerId": IDS, "TotalRevenue": MONEY, "OrderDate": MOMENTS},
        optional={"TotalQuantity": COUNTS, "UniqueQuantity": COUNTS, "IsOrderCancelled": FLAGS},
    ),
    st.lists(LINES, min_size=1, max_size=3),
)
VARIANTS = st.builds(
    variant,
    VariantId=IDS, Sku=IDS, Name=FULL_TEXTS, OriginalPrice=MONEY, SalePrice=st.none() | MONEY, Stock=COUNTS, Size=TEXTS,
    BrandName=TEXTS, Image=st.sampled_from([None, "https://shop.example/a,b'c?d=%20"]), IsAvailable=st.booleans(),
)  # fmt: skip
PRODUCTS = st.builds(
    lambda said, of: product(**said, ProductVariants=of),
    st.fixed_dictionaries(
        {"ProductId": IDS, "ProductName": FULL_TEXTS},
        optional={"Taxonomy": st.none() | st.lists(IDS.filter(str.strip), max_size=3), "IsOfflineExclusive": FLAGS},
    ),
    st.lists(VARIANTS, max_size=4, unique_by=lambda each: each["VariantId"]),
)


WAYS: dict[str, dict[str, str]] = {
    "ndjson": {},
    "csv": {"format": "csv"},
    "csv for people": {"format": "csv", "escapeFormulas": "true"},
}


@pytest.mark.django_db
@examples(10)
@given(st.lists(CUSTOMERS, min_size=1), st.lists(ORDERS, min_size=1), st.lists(PRODUCTS, min_size=1))
def test_what_was_exported_makes_an_equal_tenant(
    make_tenant: MakeTenant, customers: list[Any], orders: list[Any], products: list[Any]
) -> None:
    source, target = make_tenant(), make_tenant()
    source.save("customers", *customers)
    source.save("orders", *orders)
    source.save("products", *products)

    for entity in ENTITIES:
        copied(source, target, entity)

    assert_equal(source, target)


@pytest.mark.django_db
@examples(20)
@given(
    st.lists(CUSTOMERS, min_size=1, max_size=6),
    st.lists(ORDERS, min_size=1, max_size=4),
    st.lists(PRODUCTS, min_size=1, max_size=4),
    st.sampled_from([*WAYS.values()]),
)
def test_an_export_that_is_imported_makes_an_equal_tenant(
    make_tenant: MakeTenant, customers: list[Any], orders: list[Any], products: list[Any], way: dict[str, str]
) -> None:
    source, target = make_tenant(), make_tenant()
    source.save("customers", *customers)
    source.save("orders", *orders)
    source.save("products", *products)

    for entity in ENTITIES:
        carried(source, target, entity, **way)

    assert_equal(source, target)


@pytest.mark.parametrize("way", WAYS)
def test_records_of_many_parts_are_carried_whole(make_tenant: MakeTenant, way: str) -> None:
    source, target = make_tenant(), make_tenant()
    source.save("orders", order(OrderItems=[line(Sku=f"{n:04}", Price=n / 1000) for n in range(1000)]))
    source.save("products", product(ProductVariants=[variant(VariantId=f"{n:04}", Stock=n) for n in range(1500)]))

    for entity in ENTITIES:
        carried(source, target, entity, **WAYS[way])

    assert_equal(source, target)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("priority", Priority.values)
def test_customers_who_share_an_identifier_keep_their_own_consents(
    make_tenant: MakeTenant, priority: str, way: str
) -> None:
    source, target = make_tenant(priority=priority), make_tenant(priority=priority)
    for record in (
        {"Email": "e@shop.example", "Name": "N", "SmsOptin": True},
        {"CustomerId": "1", "Email": "e@shop.example", "EmailOptin": True},
        {"CustomerId": "1", "Email": "f@shop.example", "GdprOptin": True},
        {"CustomerId": "2", "Email": "f@shop.example", "IsExcluded": True},
    ):
        source.save("customers", record)

    job = carried(source, target, "customers", **WAYS[way])

    assert job is not None
    assert job.created == len(source.read("customers"))
    assert_equal(source, target)


@pytest.mark.parametrize("way", WAYS)
def test_what_other_doors_stored_does_not_travel_and_keeps_nothing_back(make_tenant: MakeTenant, way: str) -> None:
    source, target = make_tenant(), make_tenant()
    source.save("customers", {"CustomerId": "1", "Name": "Ada"})
    Customer.objects.filter(tenant=source.tenant).update(attributes={"a": [1]}, tags=["t"], mailing_lists=["m"])

    carried(source, target, "customers", **WAYS[way])

    (read,), (copy) = map(without_own, source.read("customers")), target.read("customers")
    assert [without_own(each) for each in copy] == [{**read, "Attributes": {}, "Tags": [], "MailingLists": []}]


@pytest.mark.parametrize("way", WAYS)
def test_an_order_without_lines_is_rejected_and_the_others_are_not(make_tenant: MakeTenant, way: str) -> None:
    source, target = make_tenant(), make_tenant()
    source.save("orders", order(), order(OrderId="O-2"))
    OrderItem.objects.filter(tenant=source.tenant, order__order_id="O-2").delete()

    query = WAYS[way]
    job = sent(target, "orders", taken(source, "orders", **query), KINDS[query.get("format", "ndjson")])

    assert (job.created, job.rejected) == (1, 1)
    assert [record["OrderId"] for record in target.read("orders")] == ["O-1"]


CELLS = st.text("'=+-@\t\ra ", max_size=5) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)


@pytest.mark.django_db
@examples(20)
@given(st.lists(CELLS, min_size=1, max_size=50))
def test_the_apostrophes_of_an_export_are_those_that_readers_take_away(found: list[str]) -> None:
    exact, people = (template.format(value="c.cell") for template in (EXACT, ESCAPED))
    query = f"SELECT {exact}, {people} FROM unnest(%s::text[]) WITH ORDINALITY c(cell, n) ORDER BY n"
    with connection.cursor() as cursor:
        cursor.execute(query, [found])
        written = cursor.fetchall()

    assert [unescaped(cell) for cell, _ in written] == found
    assert [unescaped(cell) for _, cell in written] == found
    assert [cell for _, cell in written] == [*map(escaped, found)]


def test_a_workbook_is_read_without_a_question(partner: Partner) -> None:
    header = ["OrderId", "CustomerId", "Email", "OrderDate", "TotalRevenue", "Currency", "ProductId", "Sku", "Price"]
    book = Workbook()
    table = book.active
    assert isinstance(table, Worksheet)
    table.append([*header, "Quantity"])
    table.append(["0007", "'=1", "a@shop.example", datetime(2024, 2, 1, 13, 45), 1.234, "EUR", "P", "00", 0.617, 2])  # noqa: DTZ001
    table.append([8, 9, "b@shop.example", date(2024, 2, 1), 1234, "EUR", "P", 5, "617,5", 2])
    table["E2"].number_format = "#,##0.000"
    table["A3"].number_format = "0000"
    file = BytesIO()
    book.save(file)

    job = sent(partner, "orders", file.getvalue(), XLSX)

    assert (job.state, job.message, job.rejected) == ("finished", "", 0)
    first, second = partner.read("orders")
    assert (first["OrderId"], first["CustomerId"], first["OrderDate"]) == ("0007", "=1", "2024-02-01T13:45:00.000Z")
    (bought,) = first["OrderItems"]
    assert (first["TotalRevenue"], bought["Price"], bought["Sku"]) == (1.234, 0.617, "00")
    assert (second["OrderId"], second["CustomerId"], second["OrderDate"]) == ("0008", "9", "2024-02-01T00:00:00.000Z")
    assert (second["TotalRevenue"], second["OrderItems"][0]["Price"]) == (1234.0, 617.5)
    seen = glance(lambda: iter([file.getvalue()]), FileFormat.XLSX, "", Options())
    assert suggest(partner.tenant, "orders", seen.header, seen.rows).ambiguous == []


def write_on(partner: Partner, is_over: Event, number: int) -> None:
    """Create, change and delete customers until it is over."""
    step = 0
    while not is_over.is_set():
        step += 1
        partner.save(
            "customers", *({"CustomerId": f"{number}-{(step * 7 + n) % 90:02}", "Name": f"{step}"} for n in range(5))
        )
        partner.delete("/customers/{tenant}", customerId=f"{number}-{step % 90:02}")
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_mirror_by_export_and_feed_is_whole_whatever_is_written_meanwhile(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.exports.pages.FIRST", 10)
    monkeypatch.setattr("tenants.exports.pages.MOST", 10)
    partner.save("customers", *({"CustomerId": f"{number}-{n:02}"} for number in range(3) for n in range(90)))
    is_over = Event()
    writers = [Thread(target=write_on, args=(partner, is_over, number)) for number in range(3)]
    for writer in writers:
        writer.start()

    answer = partner.get("/exports/{tenant}", entity="customers")
    held = {record["HubId"]: record for record in objects(b"".join(answer.streaming_content))}

    is_over.set()
    for writer in writers:
        writer.join()
    mirror = Mirror(partner, after=int(answer["X-Changeset"]))
    mirror.held["customers"] = held
    assert mirror.catch_up().held == stored(partner)
    assert held
