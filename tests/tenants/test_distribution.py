"""Distributing tenants and moving them: what a server without Citus says, and what callers see meanwhile."""

import io
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tenants.changes.gate import CLOSE, GATE
from tenants.models import RefusedRequest
from tests.conftest import Partner
from tests.system.cluster import given_cluster

NO_CITUS = "This database has no Citus: install its packages on every node"


@pytest.fixture
def closed_gate() -> Iterator[None]:
    """The API's gate, closed by somebody else as long as the test runs."""
    with closing(connection.copy()) as other:
        with other.cursor() as cursor:
            cursor.execute(CLOSE, {"gate": GATE})
        yield


def test_callers_are_asked_to_come_again_while_the_gate_is_closed(partner: Partner, closed_gate: None) -> None:
    response = partner.post("customers", [{"CustomerId": "C-1"}])

    assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
    assert response.json()["message"] == "The hub is being moved to other machines. Please try again."


def test_who_is_refused_by_the_gate_waits_for_no_table(partner: Partner, closed_gate: None) -> None:
    """The record of a refused request would stand in a table that is being moved, behind its lock."""
    partner.post("customers", [{"CustomerId": "C-1"}])

    assert not RefusedRequest.objects.exists()


def test_a_disabled_tenant_is_told_so_while_the_gate_is_closed(partner: Partner, closed_gate: None) -> None:
    partner.tenant.is_enabled = False
    partner.tenant.save()

    assert partner.get("/customers/{tenant}").status_code == 403


@pytest.mark.django_db
@pytest.mark.skipif(given_cluster() is not None, reason="DATABASE_URL names a coordinator of Citus")
@pytest.mark.parametrize(
    "command",
    [
        ["distribute"],
        ["distribute", "--plan"],
        ["distribute", "--undo"],
        ["shards"],
        ["shards", "--json"],
        ["shards", "--move", "shop"],
        ["shards", "--rebalance"],
    ],
    ids=" ".join,
)
def test_a_server_without_citus_is_told_from_a_cluster_in_one_line(command: list[str]) -> None:
    with pytest.raises(CommandError, match=NO_CITUS):
        call_command(*command, stdout=io.StringIO())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "127.0.0.1:5432"], "--to needs --move"),
        (["--move", "shop", "--rebalance"], "not allowed with argument"),
    ],
)
def test_options_that_mean_nothing_together_are_refused(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("shards", *arguments)
