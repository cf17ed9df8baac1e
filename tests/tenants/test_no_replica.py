"""A primary in the place of the replica: here the same one, which sees nothing of a test's transaction."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import connections

from hub.sql import replica
from tests.conftest import Partner
from tests.members import superuser, text

pytestmark = pytest.mark.django_db(databases=["default", "replica"])


@pytest.fixture(scope="module", autouse=True)
def _itself(django_db_setup: None) -> Iterator[None]:
    connections.settings["replica"] = deepcopy(connections.settings["default"])
    connections.settings["replica"]["TEST"]["MIRROR"] = "default"
    yield
    connections["replica"].close()
    del connections["replica"], connections.settings["replica"]


@pytest.fixture
def asked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATABASE_ROUTERS = ["tenants.reading.ReplicaRouter"]
    monkeypatch.setattr(replica, "_rest", replica._Rest())


def test_a_primary_in_the_place_of_the_replica_answers_no_read(partner: Partner, asked: None) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Name": "Ada"})

    assert [customer["Name"] for customer in partner.read("customers")] == ["Ada"]


def test_a_primary_in_the_place_of_the_replica_answers_no_list(partner: Partner, asked: None) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Name": "Ada"})

    assert "C-1" in text(superuser().get(f"/admin/customers/customer/?tenant={partner.id}"))
