"""What stores lines and variants finds rows by key, however little the planner knows of the tables.

A prepared statement keeps its plan until the next ANALYZE. One made while the tables were small read all of a tenant's
orders, and all of its lines, for every batch.
"""

import re
from typing import Any

import pytest
from django.db import connection

import orders.ingest
import products.ingest
from hub.sql.execute import PLACEHOLDER
from tenants.changes.statements import LOCK
from tests.conftest import Partner
from tests.distribution import needs_plain_postgres

# And with the rows what autovacuum may have noted of empty tables.
EMPTY = "TRUNCATE orders_order, orders_orderitem, products_product, products_variant"
# By which kind of batch stores them: of results, of before-images, of neither.
STATEMENTS = {
    f"{entity} {kind}": statement
    for entity, documents in (("lines", orders.ingest.DOCUMENTS), ("variants", products.ingest.DOCUMENTS))
    for kind, statement in (
        ("alone", documents.parts.silent),
        ("with results", documents.parts.telling),
        ("with images", documents.keeping.silent),
    )
}
ALL_OF_A_TENANT = re.compile(r"Seq Scan on (?:orders|products)_|Index Cond: \(tenant_id = [^)]*\)$", re.MULTILINE)


def numbered(statement: str) -> tuple[str, int]:
    names = list(dict.fromkeys(PLACEHOLDER.findall(statement)))
    return PLACEHOLDER.sub(lambda found: f"${names.index(found[1]) + 1}", statement), len(names)


@needs_plain_postgres
@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_parts_are_stored_without_reading_all_of_a_tenant(partner: Partner, statement: str) -> None:
    numbers, parameters = numbered(statement)
    tenant = partner.tenant
    told: dict[str, Any] = {"tenant_id": str(tenant.pk), "priority": tenant.priority, "source": "api", "key": 1}
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        cursor.execute(LOCK, {**told, "exclusive": False})  # as every write begins

        cursor.execute(f"PREPARE parts AS {numbers}".replace("%", "%%"), [])
        cursor.execute(f"EXPLAIN (COSTS OFF) EXECUTE parts ({', '.join(['NULL'] * parameters)})")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE parts")

    assert not ALL_OF_A_TENANT.search(plan), plan
