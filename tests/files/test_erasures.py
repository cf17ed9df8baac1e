"""Files and erasures: a file erases nobody, and undoing one brings nobody back who was erased since."""

import json
from typing import Any

import pytest

from customers.models import Customer
from tenants.models import BeforeImage, ErasureCertificate, Import, QuarantinedRecord, RejectedRow, Role
from tests.conftest import MakeTenant, Partner
from tests.customers.test_erasure import BY_ID, PERSON, erase, traces
from tests.files.jobs import imported, ndjson
from tests.files.tables import as_csv
from tests.members import member
from tests.undoing import latest, taken_back

pytestmark = pytest.mark.django_db

NAMES = ["is_deleted", "is_forgotten", "IsDeleted", "_delete", "Operation"]
CELLS = ["true", "true", "true", "1", "delete"]
FILES = {
    "ndjson": ndjson([{"CustomerId": PERSON["CustomerId"], **dict(zip(NAMES, CELLS, strict=True))}]),
    "csv": as_csv([["CustomerId", *NAMES], [PERSON["CustomerId"], *CELLS]]),
}


@pytest.mark.parametrize("format", FILES)
def test_a_file_erases_nobody_whatever_its_columns_are_called(partner: Partner, format: str) -> None:
    partner.save("customers", PERSON)
    before = partner.read("customers")

    job = imported(partner, FILES[format], format=format)

    assert (job.state, job.read, job.unchanged) == ("finished", 1, 1)
    assert partner.read("customers") == before
    assert not ErasureCertificate.objects.exists()


def test_an_erasure_of_whom_a_file_brought_is_certified_once_with_what_the_file_left(partner: Partner) -> None:
    imported(partner, ndjson([PERSON, {**PERSON, "Language": "much too long a tag"}]))
    pk = Customer.objects.get().pk
    left_out = RejectedRow.objects.count() + QuarantinedRecord.objects.count()
    assert left_out

    erase(partner, **BY_ID)

    certificate = ErasureCertificate.objects.get()
    assert (certificate.hub_id, certificate.went["Persons"], certificate.went["LeftOut"]) == (pk, 1, left_out)
    assert traces() == []


@pytest.mark.parametrize("known_before", [True, False], ids=["changed by the file", "brought by the file"])
def test_undoing_a_file_and_undoing_that_brings_nobody_back_who_was_erased(
    make_tenant: MakeTenant, known_before: bool
) -> None:
    partner = make_tenant(keeps_images=True)
    admin = member(Role.ADMIN, partner.tenant)
    stays: dict[str, Any] = {"CustomerId": "stays", "Name": "Before"}
    partner.save("customers", stays, *([{**PERSON, "Name": "Formerly"}] if known_before else []))
    imported(partner, ndjson([PERSON, {**stays, "Name": "After"}]))
    of_the_file = latest(partner)

    erase(partner, **BY_ID)
    undone = taken_back(admin, partner, of_the_file)

    assert undone is not None
    assert names_now(partner) == {"stays": "Before"}
    assert taken_back(admin, partner, undone.number) is not None
    assert names_now(partner) == {"stays": "After"}
    assert ErasureCertificate.objects.count() == 1
    assert traces() == []
    assert PERSON["CustomerId"] not in json.dumps(list(BeforeImage.objects.values("image", "names")))
    assert Import.objects.get().state == "finished"


def names_now(partner: Partner) -> dict[str, str]:
    """Return the customers that stand, each with its name."""
    return {customer["CustomerId"]: customer["Name"] for customer in partner.read("customers")}
