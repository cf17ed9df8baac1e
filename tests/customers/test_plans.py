"""Customers are looked up by the index of an identifier, however little the planner knows of the table.

A prepared statement keeps its plan until the next ANALYZE. One made while the table was small read a tenant's customers
for every value: 500 records without CustomerId took 720 ms instead of 8 in a table of 20,000.
"""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.dialects.matching import FIND
from customers.erasure import FIND_ORDERS
from customers.ingest import CARRIERS
from customers.models import Customer
from tenants.identity import COLUMNS, ORDER
from tenants.models import Priority, Tenant
from tests.conftest import Partner
from tests.orders.records import order

COPIES = """
INSERT INTO customers_customer
SELECT (json_populate_record(c, json_build_object('id', c.id + n, 'match_key', 'i:' || n, 'customer_id', n))).*
  FROM customers_customer c
 CROSS JOIN generate_series(1, 10000) n
"""
OTHER_CHANGESETS = """
INSERT INTO tenants_changeset
SELECT (json_populate_record(c, json_build_object('id', c.id + n, 'number', n + 1, 'created_ids', ARRAY[n << 12]))).*
  FROM tenants_changeset c
 CROSS JOIN generate_series(1, 10000) n
"""
OTHER_IMAGES = """
INSERT INTO tenants_beforeimage
SELECT (json_populate_record(i, json_build_object('id', i.id + n, 'record', i.record + n, 'grants', 0))).*
  FROM tenants_beforeimage i
 CROSS JOIN generate_series(1, 10000) n
"""
INDEXES = {"CustomerId": "customer_by_customer_id", "Email": "customer_by_email", "Phone": "customer_by_phone"}


def plan_for_a_small_table(partner: Partner, statement: str, kind: str, values: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE customers_customer CASCADE"
        )  # and with it what autovacuum may have noted of an empty table
    partner.save(
        "customers", {"CustomerId": "1", "Email": "1@shop.example"}, {"CustomerId": "2", "Phone": "+358101234"}
    )
    prepared = statement.replace("%(tenant_id)s", "$1").replace("%(values)s", "$2").replace("%(known)s", "'{}'")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # which is as good where the table has one page
        cursor.execute(f"PREPARE look_up (uuid, {kind}) AS {prepared}")
        cursor.execute(f"EXPLAIN EXECUTE look_up ('{partner.id}', '{values}')")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE look_up")
    return plan


@pytest.mark.parametrize("name", CARRIERS)
def test_carriers_are_found_by_index(partner: Partner, name: str) -> None:
    assert INDEXES[name] in plan_for_a_small_table(partner, CARRIERS[name], "text[]", "{1,2}")


@pytest.mark.parametrize("name", FIND)
def test_candidates_are_found_by_index(partner: Partner, name: str) -> None:
    assert INDEXES[name] in plan_for_a_small_table(partner, FIND[name], "json", '["1", "2"]')


@pytest.mark.parametrize("priority", FIND_ORDERS)
def test_orders_of_erased_are_looked_up_and_compared_with_hashes(partner: Partner, priority: Priority) -> None:
    """Lists read from their beginning for every order held the tenant's lock for minutes: 100,000 orders of a till."""
    each = [{"CustomerId": f"C-{i}", "Email": f"{i}@shop.example"} for i in range(400)]
    partner.save("customers", *each)
    partner.save("orders", *(order(OrderId=f"O-{i}", **customer) for i, customer in enumerate(each)))
    prepared, identifier = FIND_ORDERS[priority], ORDER[priority][0]
    for number, name in enumerate(["tenant_id", "customer_ids", "emails", "erased", "present"], 1):
        prepared = re.sub(rf"%\({name}(_{COLUMNS[identifier]}s)?\)s", f"${number}", prepared)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_order, customers_customer")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"PREPARE orders_of (uuid, text[], text[], bigint[], text[]) AS {prepared}")
        cursor.execute(f"EXPLAIN EXECUTE orders_of ('{partner.id}', '{{1,2}}', '{{a@b.example}}', '{{1}}', '{{1}}')")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE orders_of")

    assert "order_by_customer_id" in plan
    assert "order_by_email" in plan
    assert "Seq Scan" not in plan
    hashes = 6  # of whose {first} and {second} it is, of who else has the latter, and thrice of who is erased
    assert plan.count("(hashed SubPlan") == hashes
    assert "ANY ($" not in plan


def test_a_page_by_hub_ids_is_read_by_primary_key(partner: Partner) -> None:
    """The planner would else walk through the tenant in the order of the page, as far as it takes to find enough."""
    partner.save("customers", {"CustomerId": "0"})
    with connection.cursor() as cursor:
        cursor.execute(COPIES)
        cursor.execute("ANALYZE customers_customer")
        cursor.execute("SELECT string_agg(id::text, ',') FROM (SELECT id FROM customers_customer LIMIT 1000) c")
        (ids,) = cursor.fetchall()[0]

    with CaptureQueriesContext(connection) as queries:
        found = partner.get("/customers/{tenant}", HubId=ids, limit="10").json()["data"]["results"]

    pages = [query["sql"] for query in queries if "ORDER BY" in query["sql"] and "tenants_look" not in query["sql"]]
    assert len(pages) == 2  # how long its records are, and these
    for page in pages:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {page}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "Index Scan using customers_customer_pkey" in plan
    assert len(found) == 10


def test_the_history_of_a_record_is_found_by_index(partner: Partner, admin_client: Client) -> None:
    partner.save("customers", {"CustomerId": "C-1"})
    hub_id = Customer.objects.get().pk

    with CaptureQueriesContext(connection) as queries:
        admin_client.get(f"/admin/customers/customer/{hub_id}/change/")

    (history,) = (query["sql"] for query in queries if "id_blocks" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(OTHER_CHANGESETS)
        cursor.execute("ANALYZE tenants_changeset")
        cursor.execute(f"EXPLAIN {history}")
        assert "changeset_by_record" in "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.usefixtures("plain_postgres")
def test_the_ids_of_customers_left_alone_are_found_by_index(partner: Partner) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customers_customer CASCADE")
    for _ in range(7):  # by then the session has the plan that it keeps
        partner.send("POST", "/customers/{tenant}?results=true", [{"CustomerId": "A"}])
    with connection.cursor() as cursor:
        cursor.execute(COPIES)
    before = fetched()

    response = partner.send("POST", "/customers/{tenant}?results=true", [{"CustomerId": "A"}, {"CustomerId": "7"}])

    assert {result["status"] for result in response.json()["data"]["results"]} == {"unchanged"}
    assert fetched() - before < 10


@pytest.mark.usefixtures("plain_postgres")
def test_images_that_hear_are_found_by_what_they_grant(partner: Partner) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tenants_beforeimage")
    partner.save("customers", {"CustomerId": "A", "EmailOptin": True, "SmsOptin": True})
    tenants = Tenant.objects.filter(pk=partner.tenant.pk)
    tenants.update(keeps_images=True)
    partner.save("customers", {"CustomerId": "A", "EmailOptin": False})
    tenants.update(keeps_images=False)
    for _ in range(7):  # by then the session has the plan that it keeps
        partner.save("customers", {"CustomerId": "A", "EmailOptin": False})
    with connection.cursor() as cursor:
        cursor.execute(OTHER_IMAGES)
    before = fetched("tenants_beforeimage")

    partner.save("customers", {"CustomerId": "A", "EmailOptin": False})

    assert fetched("tenants_beforeimage") - before < 10


def fetched(table: str = "customers_customer") -> int:
    """Return how many rows of a table were read in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = %s", [table])
        return int(cursor.fetchall()[0][0])
