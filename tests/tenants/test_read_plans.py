"""Lists and reconciliations read what they answer, by index, however many records a tenant has.

Among 100,000 customers and orders: plans and rows are looked at, not the clock. All in one test, for to store so many
takes longer than to look.
"""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import customers.serializers
import orders.serializers
from tenants.reconciling import MOST_EXTRA, Reconciliation
from tests.conftest import Partner
from tests.orders.records import order

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("plain_postgres")]

ROWS = 100_000
MANY = {
    "customers_customer": """
        WITH first AS MATERIALIZED (SELECT c AS row FROM customers_customer c)
        INSERT INTO customers_customer
        SELECT r.*
          FROM first
         CROSS JOIN generate_series(1, 100000) n
         CROSS JOIN LATERAL json_populate_record(first.row, json_build_object(
               'id', (first.row).id + n * 10, 'match_key', 'i:' || to_char(n, 'fm000000'),
               'customer_id', to_char(n, 'fm000000'), 'email', n % 50000 || '@shop.example', 'phone', '+3584' || n,
               'tags', CASE WHEN n % 1000 = 0 THEN '["vip"]' WHEN n % 2 = 0 THEN '["half"]' ELSE '[]' END::json)) r
        """,
    "orders_order": """
        WITH first AS MATERIALIZED (SELECT o AS row FROM orders_order o)
        INSERT INTO orders_order
        SELECT r.*
          FROM first
         CROSS JOIN generate_series(1, 100000) n
         CROSS JOIN LATERAL json_populate_record(first.row, json_build_object(
               'id', (first.row).id + n * 10, 'order_id', to_char(n, 'fm000000'))) r
        """,
}
KEYS = {"customers": "i:{:06}", "orders": "{:06}"}
STATEMENTS = {"customers": customers.serializers.RECONCILIATION, "orders": orders.serializers.RECONCILIATION}
INDEXES = {"customers": "customer_match_key_in_tenant", "orders": "order_id_in_tenant"}


@pytest.fixture
def shop(partner: Partner) -> Partner:
    with connection.cursor() as cursor:  # what was rolled back is still there to be read
        cursor.execute("TRUNCATE customers_customer, orders_order, orders_orderitem CASCADE")
    partner.save("customers", {"CustomerId": "first"})
    partner.save("orders", order(OrderId="first"))
    with connection.cursor() as cursor:
        for table, many in MANY.items():
            cursor.execute(many)
            cursor.execute(f"ANALYZE {table}")
    return partner


def explained(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())


def pages(partner: Partner, path: str) -> list[str]:
    """Return the statements of a read that are of records."""
    with CaptureQueriesContext(connection) as asked:
        assert partner.send("GET", path).status_code == 200
    return [query["sql"] for query in asked if re.search('FROM "?(customers|orders)_', query["sql"])]


def fetched(table: str) -> int:
    """Return how many rows of a table were read in this transaction, or entries of its indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_get_xact_tuples_returned(%s::regclass) + sum(pg_stat_get_xact_tuples_returned(indexrelid))"
            "  FROM pg_index WHERE indrelid = %s::regclass",
            [table, table],
        )
        return int(cursor.fetchall()[0][0])


def plans(how: Reconciliation, entity: str, tenant: str) -> list[str]:
    """Return the plans of the whole tenant's reconciliation: for these values, and the one for any."""
    names = ["tenant_id", "keys", "hashes", "least", "greatest", "most"]
    statement = how.by_code_point
    for number, name in enumerate(names, 1):
        statement = statement.replace(f"%({name})s", f"${number}")
    keys = "{" + ",".join(KEYS[entity].format(n) for n in range(1, ROWS, 10)) + "}"
    values = (
        f"'{tenant}', '{keys}', '{{}}', '{KEYS[entity].format(1)}', '{KEYS[entity].format(ROWS)}', {MOST_EXTRA + 1}"
    )
    found = []
    with connection.cursor() as cursor:
        cursor.execute(f"PREPARE reconciling (uuid, text[], text[], text, text, bigint) AS {statement}")
        for mode in ("force_custom_plan", "force_generic_plan"):
            cursor.execute(f"SET LOCAL plan_cache_mode = {mode}")
            found.append(explained(f"EXECUTE reconciling ({values})"))
        cursor.execute("DEALLOCATE reconciling")
    return found


def reconciling_looks_each_id_up_and_walks_the_range(shop: Partner) -> None:
    for entity, how in STATEMENTS.items():
        for plan in plans(how, entity, shop.id):
            assert "Seq Scan" not in plan, plan
            assert "Sort" not in plan, plan  # the range is read in its order, as far as the answer goes
            assert "hashed SubPlan" in plan, plan
            assert plan.count(INDEXES[entity]) == 2, plan


def a_reconciliation_reads_no_more_than_it_tells(shop: Partner) -> None:
    ids = [f"{n:06}" for n in range(1, ROWS, 10)]
    before = fetched("orders_order")

    response = shop.send("POST", "/orders/{tenant}/reconcile", {"ids": ids, "from": "0", "to": "9"})

    assert len(response.json()["data"]["extra"]) == MOST_EXTRA
    assert response.json()["data"]["next"]
    # Each id is looked up, and the range has one that was sent in ten.
    assert fetched("orders_order") - before < len(ids) + 1.2 * MOST_EXTRA


SERVED = [
    ("Tags=vip", "customer_by_tag"),
    (f"Tags__in={json.dumps(['vip', 'x'])}", "customer_by_tag"),
    ("MailingLists=news", "customer_by_mailing_list"),
    ("Phone=%2B358477", "customer_by_phone"),
    (f"Phone__in={json.dumps(['%2B358477', '%2B358478'])}", "customer_by_phone"),
    (f"CustomerId__in={json.dumps([f'{n:06}' for n in range(1, 1000)])}", "customer_by_customer_id"),
    (f"Email__in={json.dumps([f'{n}@shop.example' for n in range(1, 1000)])}", "customer_by_email"),
    ("order=-CustomerId", "customer_match_key_in_tenant"),
]


def filters_and_orders_are_served_by_index(shop: Partner) -> None:
    for query, index in SERVED:
        for page in pages(shop, f"/customers/{{tenant}}?limit=10&{query}"):
            plan = explained(page)
            assert index in plan, f"{query}: {plan}"
            assert "Seq Scan" not in plan, f"{query}: {plan}"
    (page, *_) = pages(shop, "/customers/{tenant}?order=-CustomerId&fields=CustomerId")
    assert "Backward" in explained(page)
    assert "Sort" not in explained(page)
    (page,) = pages(shop, "/orders/{tenant}?order=-OrderId&fields=Hash&cursor=MDUwMDAw")
    assert re.search("Index Scan Backward using order_id_in_tenant", explained(page))
    assert "Sort" not in explained(page)


def a_count_reads_no_more_than_it_tells(shop: Partner) -> None:
    before = fetched("orders_order")

    data = shop.get("/orders/{tenant}", count="true", limit="1", fields="HubId").json()["data"]

    assert data["count"] == "10000+"
    assert fetched("orders_order") - before < 10_100


def test_reads_are_served_by_index(shop: Partner) -> None:
    reconciling_looks_each_id_up_and_walks_the_range(shop)
    a_reconciliation_reads_no_more_than_it_tells(shop)
    filters_and_orders_are_served_by_index(shop)
    a_count_reads_no_more_than_it_tells(shop)
