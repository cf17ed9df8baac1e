"""While tenants are being distributed, callers are asked to come back, and nobody writes past what is being moved."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from psycopg import OperationalError

from customers.ingest import upsert_customers
from hub.records.records import RecordList
from tenants.changes.changesets import Origin
from tenants.changes.gate import CLOSE, GATE
from tenants.models import Source, StrangerRequest
from tests.conftest import Partner
from tests.requests_log import logged

CUSTOMER = {"CustomerId": "C-1"}


@pytest.fixture
def closed_gate(db: None) -> Iterator[None]:
    """The gate as an operator's command closes it: on a connection of its own, until that ends."""
    settings: dict[str, Any] = connection.get_connection_params()
    settings.pop("cursor_factory")
    with psycopg.connect(**settings, autocommit=True) as other:
        other.execute(CLOSE, {"gate": GATE})
        yield


@pytest.mark.parametrize(("method", "body"), [("POST", [CUSTOMER]), ("GET", None), ("DELETE", None)])
def test_a_closed_gate_asks_callers_to_come_back(partner: Partner, closed_gate: None, method: str, body: Any) -> None:
    response = partner.send(
        method, "/customers/{tenant}?customerId=C-1" if method == "DELETE" else "/customers/{tenant}", body
    )

    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert response.json()["message"] == "The hub is being moved to other machines. Please try again."


def test_a_closed_gate_tells_a_stranger_no_more_than_an_open_one(partner: Partner, closed_gate: None) -> None:
    response = partner.post("customers", [CUSTOMER], **{"x-replenit-auth-key": "nobody's"})

    assert response.status_code == 401


def test_who_is_refused_by_the_gate_is_logged_as_nobodys(partner: Partner, closed_gate: None) -> None:
    """The line of a tenant would stand in a table that is being moved, behind its lock."""
    partner.post("customers", [CUSTOMER])

    assert logged(partner) == []
    assert StrangerRequest.objects.get().status == 503


def test_a_disabled_tenant_is_told_so_by_a_closed_gate(partner: Partner, closed_gate: None) -> None:
    partner.tenant.is_enabled = False
    partner.tenant.save()

    assert partner.get("/customers/{tenant}").status_code == 403


def test_callers_are_let_in_once_the_gate_is_open(partner: Partner) -> None:
    assert partner.post("customers", [CUSTOMER]).status_code == 200


@pytest.mark.parametrize("record", [CUSTOMER, {"Email": "ann@shop.example"}], ids=["at once", "in an open write"])
def test_who_did_not_see_that_tenants_were_distributed_writes_nothing(
    partner: Partner, record: Any, plain_postgres: None
) -> None:
    """A connection opened before would take the tenant's lock here, where nobody else takes it any more."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION on_shard() RETURNS void LANGUAGE sql AS ''")

    with pytest.raises(OperationalError, match="the tenants have been distributed"), transaction.atomic():
        upsert_customers(partner.tenant, RecordList([record]), origin=Origin(Source.API, "key", "0" * 32))

    assert partner.read("customers") == []
