"""GET /exports/{tenantId}: all that is stored, in one answer, as reads show it."""

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from customers.models import Customer
from hub.api import errors
from hub.sql import copying
from orders.models import Order
from tenants.exports import pages
from tenants.exports.export import Export
from tenants.exports.recording import Recorded, Taker
from tenants.models import ApiKey, AuditEvent, AuditKind, Entity, Look
from tests.conftest import MakeTenant, Partner, examples
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


# CSV


def test_csv_has_a_row_for_a_customer_under_the_documented_names(shop: Partner) -> None:
    found = rows(taken(shop, "customers", format="csv"))

    assert [*found[0]] == [*shop.read("customers")[0]]
    ada = next(row for row in found if row["CustomerId"] == "0001")
    assert (ada["Name"], ada["GdprOptin"], ada["EmailOptin"], ada["Surname"]) == (NASTY, "true", "false", "")
    assert (ada["Attributes"], ada["Tags"]) == ("{}", "[]")
    assert ada["CreatedAt"] == next(r for r in shop.read("customers") if r["CustomerId"] == "0001")["CreatedAt"]


def test_csv_repeats_an_order_for_each_line(shop: Partner) -> None:
    found = rows(taken(shop, "orders", format="csv"))

    read = {record["OrderId"]: record for record in shop.read("orders")}
    assert [(row["OrderId"], row["Sku"]) for row in found] == [
        (record["OrderId"], item["Sku"]) for record in read.values() for item in record["OrderItems"]
    ]
    first = [row for row in found if row["OrderId"] == "/1 %"]
    assert [row["OriginalPrice"] for row in first] == ["", "0.0001"]
    assert {(row["TotalRevenue"], row["IsOrderCancelled"], row["OrderDate"]) for row in first} == {
        ("100", "false", "2025-08-22T21:00:00.000Z")
    }


def test_csv_repeats_a_product_for_each_variant_and_shows_one_without_any(shop: Partner) -> None:
    found = rows(taken(shop, "products", format="csv"))

    assert [(row["ProductId"], row["VariantId"]) for row in found] == [("P-1", "V-1"), ("P-1", "V-0"), ("P-2", "")]
    assert json.loads(found[0]["Taxonomy"]) == ["a", NASTY, 'q"']
    assert found[0]["VariantCreatedAt"] == shop.read("products")[0]["ProductVariants"][0]["CreatedAt"]
    assert found[2]["IsAvailable"] == ""


def test_csv_for_people_has_no_cell_that_a_spreadsheet_runs(shop: Partner) -> None:
    exact = {row["CustomerId"] for row in rows(taken(shop, "customers", format="csv"))}
    escaped = rows(taken(shop, "customers", format="csv", escapeFormulas="true"))

    assert exact == {"", "0001", "=2+3"}
    assert {row["CustomerId"] for row in escaped} == {"", "0001", "'=2+3"}
    assert {row["Phone"] for row in escaped} == {"", "'+358401234567"}


def test_csv_of_nobody_has_a_header(partner: Partner) -> None:
    assert taken(partner, "orders", format="csv").startswith(b"HubId,OrderId,CustomerId,")
    assert taken(partner, "orders") == b""


# What is asked for


def test_filters_are_those_of_reads(shop: Partner) -> None:
    for entity, query in [
        ("customers", {"GdprOptin": "true"}),
        ("customers", {"CustomerId__in": '["=2+3","none"]'}),
        ("customers", {"HubId": "1,2,999999"}),
        ("customers", {"CreatedAt__gte": "2001-01-01T00:00:00Z", "Email": "E@example.com"}),
        ("customers", {"Tags": "vip"}),
        ("orders", {"Sku": "S,2"}),
        ("orders", {"OrderDate__lt": "2000-01-01T00:00:00Z"}),
        ("products", {"IsAvailable": "true"}),
    ]:
        assert objects(taken(shop, entity, **query)) == shop.read(entity, **query), query


def test_fields_are_those_that_are_named(shop: Partner) -> None:
    assert objects(taken(shop, "orders", fields="OrderId,TotalRevenue")) == shop.read(
        "orders", fields="OrderId,TotalRevenue"
    )
    assert taken(shop, "orders", fields="Currency,OrderId", format="csv").splitlines()[0] == b"OrderId,Currency"
    assert len(rows(taken(shop, "orders", fields="OrderId", format="csv"))) == 3


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("entity=orders&GdprOptin=true", "GdprOptin"),
        ("entity=customers&Sku=1", "Sku"),
        ("entity=people", "entity"),
        ("entity=orders&format=CSV", "format"),
        ("entity=orders&fields=Name", "fields"),
        ("entity=orders&OrderId=", "OrderId"),
        ("entity=orders&escapeFormulas=1", "escapeFormulas"),
        ("entity=orders&limit=1", "limit"),
    ],
)
def test_what_an_entity_does_not_know_is_refused(shop: Partner, query: str, name: str) -> None:
    answer = shop.send("GET", f"/exports/{{tenant}}?{query}")

    assert answer.status_code == 400
    assert [*answer.json()["errors"]] == [name]


@pytest.mark.parametrize("query", ["", "?entity=", "?entity=%20"])
def test_without_an_entity_it_is_said_what_is_missing(shop: Partner, query: str) -> None:
    answer = shop.send("GET", f"/exports/{{tenant}}{query}")

    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "Say which records to export: entity=customers, orders or products.",
    )


def test_head_tells_of_the_file_and_takes_nothing(shop: Partner) -> None:
    answer = shop.send("HEAD", "/exports/{tenant}?entity=customers&format=csv")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["X-Changeset"] == "3"
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith(f'attachment; filename="{shop.slug}-customers-')
    assert not AuditEvent.objects.filter(kind=AuditKind.EXPORTED).exists()


def test_a_stranger_gets_nothing(shop: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()

    answer = stranger.send("GET", f"/exports/{shop.id}?entity=customers")

    assert answer.status_code == 401
    assert taken(stranger, "customers") == b""
    assert taken(stranger, "orders", format="csv").count(b"\n") == 1


# Pages


def test_pages_are_short_and_none_is_left_out(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.save("customers", *({"CustomerId": f"{n:03}"} for n in range(120)))
    monkeypatch.setattr(pages, "FIRST", 7)
    monkeypatch.setattr(pages, "WANTED", 2000)

    assert objects(taken(shop, "customers")) == shop.read("customers")
    found = rows(taken(shop, "orders", format="csv"))
    assert len(found) == sum(len(record["OrderItems"]) for record in shop.read("orders"))


def test_a_record_that_is_too_big_for_memory_goes_through_disk(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "IN_MEMORY", 100)
    monkeypatch.setattr(pages, "PIECE", 64)

    assert objects(taken(shop, "products")) == shop.read("products")


def test_the_number_is_that_of_the_feed_before_the_first_page(shop: Partner) -> None:
    answer = export(shop, "customers")
    shop.save("customers", {"CustomerId": "later"})

    assert answer["X-Changeset"] == "3"
    assert [each["Number"] for each in shop.get("/changes/{tenant}", after="3").json()["data"]["results"]] == [4]
    assert shop.get("/exports/{tenant}", entity="orders")["X-Changeset"] == "4"


def test_an_export_of_a_tenant_that_wrote_nothing_begins_the_feed(partner: Partner) -> None:
    assert export(partner, "customers")["X-Changeset"] == "0"


# A database that fails


def failing(monkeypatch: pytest.MonkeyPatch, times: int, *, after: int = 0) -> list[int]:
    """Have reading a page fail so often, once some pages were read; return how many records each attempt wanted."""
    wanted: list[int] = []
    original = pages._page

    def read(export: Any, key: str, most: int) -> Any:
        wanted.append(most)
        if after < len(wanted) <= after + times:
            raise OperationalError("the server is restarting")
        return original(export, key, most)

    monkeypatch.setattr(pages, "_page", read)
    monkeypatch.setattr(pages, "WAITS", (0, 0, 0))
    for module in (pages, errors):
        monkeypatch.setattr(module, "connection", Mock())  # a test's transaction is on it
    return wanted


def test_a_page_that_fails_is_read_again_with_fewer_records(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = failing(monkeypatch, 2)

    assert objects(taken(shop, "customers")) == shop.read("customers")

    assert wanted[:3] == [500, 125, 31]


def test_what_fails_before_the_first_page_is_an_answer_of_its_own(
    shop: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, 100)

    answer = export(shop, "customers")

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def test_what_fails_later_ends_the_answer_in_the_middle(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "FIRST", 1)
    monkeypatch.setattr(pages, "MOST", 1)
    failing(monkeypatch, 100, after=1)
    answer = export(shop, "customers")

    with pytest.raises(OperationalError):
        b"".join(answer.streaming_content)

    assert events(shop) == [["customers", "ndjson", "1 records", "broken off"]]


# The audit


def events(partner: Partner) -> list[list[str]]:
    found = AuditEvent.objects.filter(tenant=partner.tenant, kind=AuditKind.EXPORTED).order_by("pk")
    return [event.details for event in found]


def test_who_took_how_many_and_by_which_filters_is_recorded(shop: Partner) -> None:
    answer = export(shop, "customers", GdprOptin="true", Email="ada@example.com")
    b"".join(answer.streaming_content)

    event = AuditEvent.objects.get(tenant=shop.tenant, kind=AuditKind.EXPORTED)
    assert event.details == ["customers", "ndjson", "1 records", "by Email", "by GdprOptin"]
    assert event.api_key == ApiKey.objects.get(tenant=shop.tenant)
    assert event.trace_id == answer["X-Request-Id"]


@pytest.mark.within("a day")
def test_whom_an_export_shows_is_counted(shop: Partner) -> None:
    taken(shop, "customers")
    taken(shop, "orders", format="csv")
    taken(shop, "products")

    found = Look.objects.filter(tenant=shop.tenant, way="export").order_by("pk")
    assert [*found.values_list("entity", "requests", "records")] == [("customers", 1, 3), ("orders", 1, 3)]


def test_who_breaks_it_off_is_recorded_with_what_was_given(shop: Partner) -> None:
    pieces = Recorded(Export(shop.tenant, Entity.CUSTOMERS), Taker())
    pieces.begin()

    pieces.close()

    assert events(shop) == [["customers", "ndjson", "3 records", "broken off"]]


# What nobody would think of

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
IDS = TEXTS.map(str.strip).filter(bool)
AMOUNTS = st.decimals(0, "999999999999.9999", places=4, allow_nan=False)
COUNTS = st.none() | st.integers(0, 2**31 - 1)
MOMENTS = st.datetimes(timezones=st.just(UTC))
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(-1e300, 1e300, allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@examples(30)
@given(TEXTS, st.none() | TEXTS, st.lists(TEXTS, max_size=3), st.dictionaries(TEXTS, JSONS, max_size=3), MOMENTS)
def test_any_customer_is_written_as_it_is_read(
    partner: Partner, key: str, name: str | None, tags: list[str], attributes: dict[str, Any], moment: datetime
) -> None:
    said = {"customer_id": key, "name": name, "tags": tags, "attributes": attributes}
    times = {"created_at": moment, "updated_at": moment}
    Customer.objects.update_or_create(tenant=partner.tenant, match_key=f"i:{key}", defaults={**said, **times})

    read = partner.get("/customers/{tenant}", limit="1000").content

    exported = taken(partner, "customers")
    assert objects(exported) == json.loads(read)["data"]["results"]
    plain = [each for each in exported.splitlines(keepends=True) if b'"Attributes":{},' in each]
    assert all(each.removesuffix(b"\n") in read for each in plain if each.endswith(b"}\n"))
    found = rows(taken(partner, "customers", format="csv"))
    assert [(row["CustomerId"], row["Name"] or None) for row in found] == [
        (each["CustomerId"], each["Name"] or None) for each in objects(exported)
    ]


@examples(30)
@given(IDS, AMOUNTS, COUNTS, MOMENTS, st.lists(st.tuples(IDS, AMOUNTS, st.none() | AMOUNTS), max_size=3))
def test_any_order_is_written_as_it_is_read_to_the_byte(
    partner: Partner, key: str, amount: Decimal, count: int | None, moment: datetime, lines: list[Any]
) -> None:
    said = {"order_date": moment, "total_revenue": amount, "total_quantity": count, "currency": "EUR"}
    times = {"created_at": moment, "updated_at": moment}
    found, _ = Order.objects.update_or_create(tenant=partner.tenant, order_id=key, defaults={**said, **times})
    found.items.filter(tenant=partner.tenant).delete()
    for number, (sku, price, original) in enumerate(lines, 1):
        prices = {"price": price, "original_price": original}
        found.items.create(tenant=partner.tenant, line_no=number, product_id=sku, sku=sku, quantity=1, **prices)

    read = partner.get("/orders/{tenant}", limit="1000").content

    *exported, end = taken(partner, "orders").split(b"\n")
    assert end == b""
    assert b'"results":[' + b",".join(exported) + b"]" in read
