"""Where reads are asked; what a replica changes about it stands in tests/system/test_replica.py."""

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tenants import reading
from tests.conftest import Partner
from tests.members import superuser

READS = [
    "/customers/{tenant}",
    "/customers/{tenant}/C-1",
    "/orders/{tenant}",
    "/products/{tenant}",
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


@pytest.mark.parametrize("path", LISTS)
def test_without_a_replica_no_list_asks_how_far_one_is(partner: Partner, path: str) -> None:
    client = superuser()

    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/admin/{path}/").status_code == 200

    assert not any("tenants_feed" in query["sql"] for query in asked)
