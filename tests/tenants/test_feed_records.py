"""GET /changes/{tenantId}?include=records,keys: what a changeset's records are now, and who they are."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from orders.models import Order
from tenants.changes import included
from tenants.models import Look
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.hub.test_page_bytes import MEGABYTE, grow
from tests.orders.records import line, order
from tests.products.records import product, variant
from tests.tenants.mirror import as_read
from tests.tenants.test_feed import changeset

RECORD = {"customers": {"CustomerId": "C-1"}, "orders": order(), "products": product()}
PATHS = {"customers": "?customerId=C-1", "orders": "/O-1", "products": "/P-1"}


def page(partner: Partner, include: str, **query: str) -> list[dict[str, Any]]:
    response = partner.get("/changes/{tenant}", include=include, **query)
    assert response.status_code == 200, response.content
    results: list[dict[str, Any]] = response.json()["data"]["results"]
    return results


def told(partner: Partner, include: str, **query: str) -> list[list[dict[str, Any]]]:
    return [change["Records"] for change in page(partner, include, **query)]


def test_without_include_nothing_is_told_of_records(partner: Partner) -> None:
    partner.save("orders", order())

    assert "Records" not in partner.changes()[0]


@pytest.mark.parametrize("entity", RECORD)
def test_a_record_is_told_exactly_as_a_read_answers_it(partner: Partner, entity: str) -> None:
    partner.save(entity, RECORD[entity])

    ((entry,),) = told(partner, "records")

    (read,) = partner.read(entity)
    assert as_read(entry["Record"]) == read
    assert list(as_read(entry["Record"])) == list(read)
    assert (entry["HubId"], entry["Operation"]) == (read["HubId"], "created")


def test_amounts_are_told_to_the_last_digit(partner: Partner) -> None:
    partner.save("orders", order(TotalRevenue=0.1))
    Order.objects.update(total_revenue="999999999999.9999")

    assert b'"TotalRevenue":999999999999.9999' in partner.get("/changes/{tenant}", include="records").content


@pytest.mark.parametrize("entity", RECORD)
def test_a_record_that_is_gone_is_null_in_every_changeset_that_names_it(partner: Partner, entity: str) -> None:
    partner.save(entity, RECORD[entity])
    partner.send("DELETE", f"/{entity}/{{tenant}}{PATHS[entity]}")

    created, deleted = told(partner, "records,keys")

    mark = {"Processable": False} if entity == "customers" else {}
    gone = {"HubId": created[0]["HubId"], **mark, "Record": None, "Keys": None}
    assert created == [{**gone, "Operation": "created"}]
    assert deleted == [{**gone, "Operation": "deleted"}]


def test_a_record_is_told_as_it_is_now_not_as_it_was(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Name": "Ann"})
    partner.save("customers", {"CustomerId": "C-1", "Name": "Anna"})

    assert [[entry["Record"]["Name"] for entry in each] for each in told(partner, "records")] == [["Anna"], ["Anna"]]


def test_records_stand_in_the_order_created_updated_deleted(partner: Partner) -> None:
    partner.save("orders", *(order(OrderId=name) for name in "abc"))
    partner.save("orders", order(OrderId="d"), order(OrderId="b", Currency="USD"), order(OrderId="a", Currency="USD"))

    change = page(partner, "keys")[1]

    named = [*change["Created"], *change["Updated"], *change["Deleted"]]
    assert [entry["HubId"] for entry in change["Records"]] == named
    assert [entry["Operation"] for entry in change["Records"]] == ["created", "updated", "updated"]


def test_keys_are_the_identifiers_and_no_more(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": "Ann@Shop.example", "Phone": "+358401234567"})
    partner.save("customers", {"Email": "bo@shop.example", "Name": "Bo"})
    upload(partner, {"phone_number": "+358407654321", "first_name": "Cy"})
    partner.save("orders", order())
    partner.save("products", product())

    assert [entry["Keys"] for (entry,) in told(partner, "keys")] == [
        {"CustomerId": "C-1", "Email": "ann@shop.example"},
        {"CustomerId": None, "Email": "bo@shop.example"},
        {"CustomerId": None, "Email": None, "Phone": "+358407654321"},
        {"OrderId": "O-1"},
        {"ProductId": "P-1"},
    ]
    assert all(set(entry) - {"Processable"} == {"HubId", "Operation", "Keys"} for (entry,) in told(partner, "keys"))


@pytest.mark.parametrize("include", ["records,keys", "keys,records", " keys , records ", "keys,records,keys"])
def test_both_are_told_together(partner: Partner, include: str) -> None:
    partner.save("orders", order())

    ((entry,),) = told(partner, include)

    assert list(entry) == ["HubId", "Operation", "Record", "Keys"]


@pytest.mark.parametrize("include", ["records", "keys", "records,keys"])
def test_a_customer_may_be_processed_with_gdpr_opt_in_and_unless_excluded(partner: Partner, include: str) -> None:
    flags = [(gdpr, excluded) for gdpr in (None, False, True) for excluded in (None, False, True)]
    partner.save(
        "customers",
        *({"CustomerId": str(n), "GdprOptin": gdpr, "IsExcluded": out} for n, (gdpr, out) in enumerate(flags)),
    )
    names = {each["HubId"]: int(each["CustomerId"]) for each in partner.read("customers")}

    (entries,) = told(partner, include)

    processable = {names[entry["HubId"]]: entry["Processable"] for entry in entries}
    assert processable == {n: gdpr is True and not out for n, (gdpr, out) in enumerate(flags)}
    if "records" in include:
        assert all(entry["Record"]["Processable"] is entry["Processable"] for entry in entries)


def test_only_a_customer_says_whether_it_may_be_processed(partner: Partner) -> None:
    partner.save("orders", order())
    partner.save("products", product())

    assert [set(entry) for (entry,) in told(partner, "records")] == [{"HubId", "Operation", "Record"}] * 2


@pytest.mark.parametrize("include", ["records,keys", "keys"])
def test_another_tenants_record_is_never_told(partner: Partner, make_tenant: MakeTenant, include: str) -> None:
    stranger = make_tenant()
    for entity in RECORD:
        stranger.save(entity, RECORD[entity])
        theirs = stranger.read(entity)[0]["HubId"]
        changeset(partner, len(RECORD) + theirs, entity=entity, updated_ids=[theirs])

    entries = [entry for each in told(partner, include) for entry in each]

    assert len(entries) == len(RECORD)
    assert all(entry["Keys"] is None and entry.get("Record") is None for entry in entries)


@pytest.mark.parametrize("include", ["", "records,", "record", "Records", "records keys", "all", "records,x"])
def test_a_word_that_includes_nothing_is_refused(partner: Partner, include: str) -> None:
    response = partner.get("/changes/{tenant}", include=include)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["include"]


# How much an answer holds


@pytest.mark.parametrize(("include", "most"), [("records", 9), ("keys", 4), ("records,keys", 9)])
def test_a_page_takes_the_same_statements_whatever_it_holds(partner: Partner, include: str, most: int) -> None:
    for entity in RECORD:
        partner.save(entity, RECORD[entity])
    partner.get("/changes/{tenant}", include=include)
    asked = []

    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            assert page(partner, include)
        asked.append([query["sql"] for query in captured if "tenants_look" not in query["sql"]])
        for n in range(3):
            partner.save("customers", *({"CustomerId": f"{n}-{i}", "Name": str(n)} for i in range(50)))
            partner.save("orders", *(order(OrderId=f"{n}-{i}", OrderItems=[line()] * 3) for i in range(50)))
            partner.save("products", *(product(ProductId=f"{n}-{i}") for i in range(50)))

    assert [len(each) for each in asked] == [1 + most] * 2, "with the one that authorises"


def test_records_are_found_by_their_primary_key(partner: Partner, plain_postgres: None) -> None:
    partner.save("customers", *({"CustomerId": str(i)} for i in range(1000)))
    with CaptureQueriesContext(connection) as captured:
        partner.get("/changes/{tenant}", include="records")
    asked = [query["sql"] for query in captured if 'FROM "customers_customer"' in query["sql"]]

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer")
        plans = []
        for statement in asked:
            cursor.execute(f"EXPLAIN {statement}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    assert len(plans) == 2
    assert all("customers_customer_pkey" in plan for plan in plans), plans


def one_by_one(partner: Partner, include: str = "records") -> list[list[int]]:
    """Read page by page; return the numbers on each."""
    pages, after = [], 0
    while found := page(partner, include, after=str(after), limit="1000"):
        pages.append([change["Number"] for change in found])
        after = pages[-1][-1]
    return pages


def test_a_page_ends_where_its_records_have_ten_megabytes(partner: Partner) -> None:
    for name, size in {"a": 4, "b": 4, "c": 1.9, "d": 0.2, "e": 9}.items():
        grow(partner, {name: size})

    assert one_by_one(partner) == [[1, 2, 3], [4, 5]]
    assert one_by_one(partner, "keys") == [[1, 2, 3, 4, 5]]


def test_a_record_counts_as_often_as_it_is_told(partner: Partner) -> None:
    grow(partner, {"a": 3})
    for number in range(4):
        partner.save("customers", {"CustomerId": "a", "Name": str(number)})

    assert one_by_one(partner) == [[1, 2, 3], [4, 5]]


def test_what_is_long_only_as_json_ends_a_page_too(partner: Partner) -> None:
    for number in range(3):
        partner.save("customers", {"CustomerId": str(number)})
    Customer.objects.filter(tenant=partner.tenant).update(attributes={"A__x": "\x01" * MEGABYTE})

    assert one_by_one(partner) == [[1], [2], [3]]


def test_a_changeset_with_more_than_ten_megabytes_has_its_records_read_by_hub_id(partner: Partner) -> None:
    grow(partner, {"a": 6, "b": 6})
    partner.save("customers", {"CustomerId": "c"})

    big, small = page(partner, "records,keys")

    assert big["Records"] is None
    assert [entry["Record"]["CustomerId"] for entry in small["Records"]] == ["c"]
    ids = ",".join(map(str, [*big["Created"], *big["Updated"]]))
    assert [each["CustomerId"] for each in partner.read("customers", HubId=ids)] == ["a", "b"]


def test_lines_and_variants_are_weighed_before_they_are_read(partner: Partner) -> None:
    wide = line(Size="s" * 200, Color="c" * 200, Brand="b" * 200)
    image = f"https://shop.example/{'i' * 1900}"
    many = [variant(VariantId=str(i), Sku=str(i), Image=image) for i in range(4000)]
    for k in range(3):
        partner.save("orders", *(order(OrderId=f"{k}-{i}", OrderItems=[wide] * 1000) for i in range(5)))
    partner.save("products", product(ProductId="a", ProductVariants=many))
    partner.save("products", product(ProductId="a", ProductName="Other"))

    assert one_by_one(partner) == [[1, 2], [3], [4], [5]]


def test_nothing_of_a_changeset_that_is_too_big_is_read(partner: Partner) -> None:
    grow(partner, {"a": 6, "b": 6})

    with CaptureQueriesContext(connection) as captured:
        assert told(partner, "records") == [None]

    asked = [query["sql"] for query in captured if 'FROM "customers_customer"' in query["sql"]]
    assert len(asked) == 1
    assert "octet_length" in asked[0]


@pytest.mark.parametrize("include", ["records", "keys"])
def test_a_changeset_of_more_records_than_an_answer_has_room_for_tells_of_none(partner: Partner, include: str) -> None:
    changeset(partner, 1, updated_ids=list(range(1, included.MOST_RECORDS + 2)))
    changeset(partner, 2, updated_ids=list(range(1, included.MOST_RECORDS + 1)))

    (big,) = page(partner, include, limit="1")
    (whole,) = page(partner, include, after="1")

    assert big["Records"] is None
    assert len(whole["Records"]) == included.MOST_RECORDS


# Who looked


def looks(partner: Partner) -> list[tuple[str, str, int]]:
    found = Look.objects.filter(tenant=partner.tenant).order_by("entity")
    return list(found.values_list("entity", "way", "records"))


@pytest.fixture
def shop(partner: Partner) -> Partner:
    partner.save("customers", {"CustomerId": "C-1"}, {"CustomerId": "C-2"}, {"CustomerId": "C-3"})
    partner.save("orders", order())
    partner.save("products", product())
    partner.delete("/customers/{tenant}", customerId="C-3")
    return partner


@pytest.mark.parametrize(
    ("include", "counted"),
    [
        ("records", [("customers", "api_feed", 2), ("orders", "api_feed", 1)]),
        ("keys", [("customers", "api_feed", 2)]),
    ],
)
@pytest.mark.within("a day")
def test_persons_who_are_told_of_are_counted_as_seen(
    shop: Partner, include: str, counted: list[tuple[str, str, int]]
) -> None:
    told(shop, include)

    assert looks(shop) == counted


@pytest.mark.within("a day")
def test_the_feed_without_records_shows_nobody(shop: Partner) -> None:
    shop.get("/changes/{tenant}")
    told(shop, "records", entity="products")

    assert looks(shop) == []


def test_no_other_answer_names_a_person_than_asked_for(shop: Partner) -> None:
    assert "ada@example.com" in json.dumps(told(shop, "records"))
    assert "ada@example.com" not in json.dumps([told(shop, "keys"), shop.changes()])
