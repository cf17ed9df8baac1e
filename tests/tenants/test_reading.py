"""Where reads are asked; what a replica changes about it stands in tests/system/test_replica.py."""

import re
from urllib.parse import parse_qsl

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tenants import reading
from tests.conftest import Partner
from tests.members import superuser
from tests.orders.records import order
from tests.products.records import product

READS = [
    "/customers/{tenant}",
    "/customers/{tenant}/C-1",
    "/orders/{tenant}",
    "/orders/{tenant}/O-1",
    "/products/{tenant}",
    "/products/{tenant}/P-1",
    "/changes/{tenant}",
    "/changes/{tenant}?include=records,keys",
    "/changes/{tenant}/1",
]
LISTS = ["customers/customer", "orders/order", "products/product", "tenants/changeset", "tenants/consentchange"]


@pytest.mark.parametrize("path", READS)
def test_without_a_replica_no_read_asks_how_far_one_is(partner: Partner, path: str) -> None:
    with CaptureQueriesContext(connection) as asked:
        partner.get(path)

    assert list(connections) == ["default"]
    assert not any(query["sql"] == reading.NUMBERS for query in asked)


@pytest.mark.parametrize("path", READS)
def test_every_statement_over_records_names_the_tenant(partner: Partner, path: str) -> None:
    """Else a line is looked for among all tenants' lines, for their index begins with the tenant."""
    partner.save("customers", {"CustomerId": "C-1"})
    partner.save("orders", order())
    partner.save("products", product())

    with CaptureQueriesContext(connection) as asked:
        assert partner.get(path.partition("?")[0], **dict(parse_qsl(path.partition("?")[2]))).status_code == 200

    over = [
        query["sql"]
        for query in asked
        if re.search(r'FROM "?(customers|orders|products|tenants_changeset)', query["sql"])
    ]
    assert over
    assert [sql for sql in over if not re.search(r'tenant_id"? = ', sql)] == []


@pytest.mark.parametrize("path", LISTS)
def test_without_a_replica_no_list_asks_how_far_one_is(partner: Partner, path: str) -> None:
    client = superuser()

    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/admin/{path}/").status_code == 200

    of_the_feed = [query["sql"] for query in asked if "tenants_feed" in query["sql"]]
    assert [sql for sql in of_the_feed if "customers_searchposition" not in sql] == []  # how far names are searched
