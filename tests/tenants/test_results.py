"""?results=true on the native upserts: which record became what, and the hub ids that lead to it.

What they say after any sequence of batches, the models know: test_sequences.py of each app.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from customers.ingest import upsert_customers
from hub.records.records import RecordList
from tenants.changes.changesets import Origin
from tenants.models import Source
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import send_upload
from tests.orders.records import order
from tests.products.records import product
from tests.waiting import wait_until

ADA = {"CustomerId": "C-1", "Email": "ada@example.com"}
IDS = {"customers": "CustomerId", "orders": "OrderId", "products": "ProductId"}


def post(partner: Partner, entity: str, *records: dict[str, Any]) -> Any:
    response = partner.send("POST", f"/{entity}/{{tenant}}?results=true", list(records))
    assert response.status_code == 200, response.content
    return response.json()["data"]


def results(partner: Partner, entity: str, *records: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = post(partner, entity, *records)["results"]
    assert [result["index"] for result in found] == list(range(len(records)))
    return found


def statuses(partner: Partner, entity: str, *records: dict[str, Any]) -> list[str]:
    return [result["status"] for result in results(partner, entity, *records)]


def some(entity: str, count: int, **fields: Any) -> list[dict[str, Any]]:
    template = {"customers": ADA, "orders": order(), "products": product()}[entity]
    return [{**template, IDS[entity]: f"id-{i:03}", **fields} for i in range(count)]


@pytest.mark.parametrize("entity", IDS)
def test_the_ids_lead_to_the_records(partner: Partner, entity: str) -> None:
    sent = some(entity, 3)
    partner.save(entity, *sent[1:])

    for result, record in zip(results(partner, entity, *sent), sent, strict=True):
        (found,) = partner.read(entity, HubId=str(result["HubId"]))
        assert found[IDS[entity]] == record[IDS[entity]]


@pytest.mark.parametrize("entity", IDS)
def test_nobody_who_does_not_ask_gets_them(partner: Partner, entity: str) -> None:
    for query in ("", "?results=false"):
        response = partner.send("POST", f"/{entity}/{{tenant}}{query}", some(entity, 1))
        assert "results" not in response.json()["data"]


@pytest.mark.parametrize("entity", IDS)
def test_an_empty_batch_has_no_results(partner: Partner, entity: str) -> None:
    assert results(partner, entity) == []


@pytest.mark.parametrize("entity", IDS)
@pytest.mark.parametrize("value", ["1", "yes", "True%20please", "null"])
def test_what_is_neither_true_nor_false_is_refused(partner: Partner, entity: str, value: str) -> None:
    response = partner.send("POST", f"/{entity}/{{tenant}}?results={value}", some(entity, 1))

    assert response.status_code == 400
    assert response.json()["errors"] == {"results": ["The field results must be true or false."]}
    assert partner.read(entity) == []


def test_deletes_have_no_results(partner: Partner) -> None:
    assert partner.delete("/customers/{tenant}", customerId="C-1", results="true").status_code == 400


@pytest.mark.parametrize(("priority", "alone"), [("customerid", "Email"), ("email", "CustomerId")])
def test_a_record_without_the_priority_identifier_leads_to_whom_it_meant(
    make_tenant: MakeTenant, priority: str, alone: str
) -> None:
    partner = make_tenant(priority=priority)
    partner.save("customers", ADA)
    (ada,) = partner.read("customers")

    found = results(partner, "customers", {alone: ADA[alone]}, {alone: ADA[alone], "Name": "Ada"})

    assert [(result["status"], result["HubId"]) for result in found] == [("updated", ada["HubId"])] * 2


def test_a_record_that_means_several_has_the_ids_of_all_and_no_single_one(partner: Partner) -> None:
    shared = {"Email": "family@example.com"}
    first = results(partner, "customers", *({"CustomerId": f"C-{i}", **shared} for i in range(3)))
    ids = [result["HubId"] for result in first]

    found = results(
        partner, "customers", {**shared, "Name": "Ada"}, {**shared, "SmsOptin": False}, {"CustomerId": "C-1"}
    )

    assert found == [
        {"index": 0, "status": "skipped", "HubId": None, "HubIds": ids},
        {"index": 1, "status": "updated", "HubId": None, "HubIds": ids},
        {"index": 2, "status": "updated", "HubId": ids[1]},
    ]
    assert statuses(partner, "customers", {**shared, "SmsOptin": False}) == ["unchanged"]
    assert statuses(partner, "customers", {**shared, "Name": "Ada"}) == ["skipped"]


def test_a_record_that_means_more_customers_than_a_list_reads_has_the_ids_of_as_many(partner: Partner) -> None:
    shared = {"Email": "till@example.com"}
    till = [{"CustomerId": f"C-{i:04}", **shared} for i in range(1001)]
    partner.save("customers", *till[:1000])
    partner.save("customers", *till[1000:])

    data = post(partner, "customers", *[{**shared, "EmailOptin": False}] * 2)

    assert (data["updated"], {len(result["HubIds"]) for result in data["results"]}) == (1001, {1000})
    found = partner.read("customers", HubId=",".join(map(str, data["results"][0]["HubIds"])))
    assert {customer["Email"] for customer in found} == {"till@example.com"}


def test_a_forgotten_persons_record_is_skipped(partner: Partner) -> None:
    send_upload(partner, [{"external_id": "C-1", "email": "ada@example.com", "is_forgotten": True}])

    found = results(partner, "customers", ADA, {"CustomerId": "C-2"}, {"Email": "ada@example.com"})

    assert found[0] == {"index": 0, "status": "skipped", "HubId": None}
    assert [result["status"] for result in found] == ["skipped", "created", "skipped"]
    assert results(partner, "customers", ADA) == [{"index": 0, "status": "skipped", "HubId": None}]


def test_a_forgotten_persons_order_has_the_status_of_the_anonymous_sale(partner: Partner) -> None:
    send_upload(partner, [{"external_id": "C-1", "is_forgotten": True}])

    batches = [[order(**ADA)], [order(**ADA)], [order(**ADA, TotalRevenue=1)]]
    assert [statuses(partner, "orders", *batch) for batch in batches] == [["created"], ["unchanged"], ["updated"]]


def test_a_batch_that_is_refused_has_none(partner: Partner) -> None:
    response = partner.send("POST", "/customers/{tenant}?results=true", [ADA, {"CustomerId": "C-2", "Email": "?"}])

    assert (response.status_code, response.json()["data"]) == (400, {})


# As many as without them: authentication, and one statement that locks, stores and tells; orders and products take a
# savepoint, a second statement for their parts, and its release.
@pytest.mark.parametrize("count", [1, 200])
@pytest.mark.parametrize(("entity", "queries"), [("customers", 2), ("orders", 5), ("products", 5)])
def test_results_cost_no_statement(
    partner: Partner, count: int, entity: str, queries: int, django_assert_num_queries: Any
) -> None:
    sent = some(entity, count + 1)
    post(partner, entity, sent[0])

    for status in ("created", "unchanged"):
        with django_assert_num_queries(queries):
            assert set(statuses(partner, entity, *sent[1:])) == {status}


@pytest.mark.parametrize("count", [1, 500])
def test_results_of_who_is_looked_for_cost_no_statement(
    partner: Partner, count: int, django_assert_num_queries: Any
) -> None:
    sent = [{"Email": f"c{i}@shop.example", "Name": "Ann"} for i in range(count)]

    for status in ("created", "unchanged"):  # authentication, savepoint, lock, look-up, upsert and changeset, release
        with django_assert_num_queries(6):
            assert set(statuses(partner, "customers", *sent)) == {status}


def somebody_waits() -> bool:
    """Say whether another connection's statement waits for this one's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchall()[0][0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("plain_postgres")
def test_what_another_batch_created_meanwhile_is_unchanged_and_has_its_id(partner: Partner) -> None:
    """The statement's snapshot is older than the rows it waited for: by itself it would not see them."""
    sent = some("customers", 3)

    def post_there() -> Any:
        try:
            return post(partner, "customers", *sent)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            upsert_customers(partner.tenant, RecordList[Any](sent[:2]), origin=Origin(Source.IMPORT, "a file", ""))
            waiting = threads.submit(post_there)
            assert wait_until(somebody_waits)
        found = waiting.result()["results"]

    ids = {record["CustomerId"]: record["HubId"] for record in partner.read("customers")}
    assert [result["status"] for result in found] == ["unchanged", "unchanged", "created"]
    assert [result["HubId"] for result in found] == [ids[record["CustomerId"]] for record in sent]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("entity", IDS)
def test_concurrent_writers_of_the_same_keys_each_get_ids_that_exist(partner: Partner, entity: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = [pair for pairs in threads.map(_write, [partner] * 4, [entity] * 4, range(4)) for pair in pairs]

    ids = {record[IDS[entity]]: record["HubId"] for record in partner.read(entity)}
    assert {(identifier, result["HubId"]) for identifier, result in found} == set(ids.items())
    created = sorted(identifier for identifier, result in found if result["status"] == "created")
    assert created == sorted(ids)


def _write(partner: Partner, entity: str, writer: int) -> list[tuple[str, dict[str, Any]]]:
    """Send overlapping batches, each thread in an order of its own; return each record's id with its result."""
    pairs: list[tuple[str, dict[str, Any]]] = []
    try:
        for turn in range(6):
            sent = some(entity, 20 + turn)
            sent = sent[writer:] + sent[:writer]
            pairs += zip((record[IDS[entity]] for record in sent), results(partner, entity, *sent), strict=True)
    finally:
        connection.close()
    return pairs
