"""An open write: what it looked at and did before comes first, its rows are stored once and last, or nothing is."""

from collections.abc import Callable

import pytest

from customers.erasure import FIND
from customers.ingest import STORE
from tenants.changes.changesets import Origin
from tenants.changes.writing import Write, open_write
from tenants.models import Entity, Operation, Source
from tests.conftest import Partner

ANN = {"match_key": "i:1", "CustomerId": "1", "Name": "Ann"}
BO = {"match_key": "i:2", "CustomerId": "2", "Name": "Bo"}
ORIGIN = Origin(Source.IMPORT, "a file", "")


def store_again(write: Write) -> None:
    write.store(STORE, [BO])


def look_again(write: Write) -> None:
    write.execute(FIND, customer_id="1", email=None)


@pytest.mark.parametrize("again", [store_again, look_again])
def test_what_follows_the_store_is_refused_and_nothing_is_stored(
    partner: Partner, again: Callable[[Write], None]
) -> None:
    def write_on() -> None:
        with open_write(partner.tenant, Entity.CUSTOMERS, Operation.UPSERT, ORIGIN) as write:
            write.store(STORE, [ANN])
            again(write)

    with pytest.raises(RuntimeError, match="stores once"):
        write_on()

    assert partner.read("customers") == []
    assert partner.changes() == []


def test_a_write_that_stores_has_its_receipt(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1", "Name": "Ann"})

    with open_write(partner.tenant, Entity.CUSTOMERS, Operation.UPSERT, ORIGIN) as write:
        write.changes.received = 3
        write.store(STORE, [ANN, BO])

    receipt = write.receipt
    assert (receipt.number, receipt.received, receipt.created, receipt.unchanged) == (2, 3, 1, 1)
    assert [change["Source"] for change in partner.changes()] == ["api", "import"]
