"""?reason= on native writes: why something was written, kept in the changeset and in the consent ledger."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tenants.models import Changeset, ConsentChange
from tests.conftest import Partner
from tests.orders.records import order
from tests.products.records import product
from tests.tenants.routes import EVERY_ROUTE

WHY = "Ticket 17: Ärger, “quoted”, 👩‍👩‍👧, شكوى"
READS = [("POST", f"/{entity}/{{tenant}}/reconcile") for entity in ("customers", "orders", "products")]
LATER = [each for each in EVERY_ROUTE if each[1].startswith("/imports/")]  # tests/files
WRITES = [each for each in EVERY_ROUTE if each[0] in ("POST", "DELETE") and each not in READS + LATER]


def latest(partner: Partner) -> Changeset:
    return Changeset.objects.filter(tenant=partner.tenant).latest("number")


def post(partner: Partner, reason: str, record: dict[str, Any]) -> Any:
    return partner.send("POST", f"/customers/{{tenant}}?{urlencode({'reason': reason})}", [record])


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_reason_stands_in_the_changeset_of_every_write(partner: Partner, method: str, path: str) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": "ada@example.com"})
    partner.save("orders", order(), order(OrderId="reconcile"))
    partner.save("products", product(), product(ProductId="reconcile"))
    bodies = {"customers": [{"CustomerId": "C-2"}], "orders": [order(OrderId="O-2")]}
    bodies["products"] = [product(ProductId="P-2")]
    body = bodies[path.split("/")[1]] if method == "POST" else None

    response = partner.send(method, f"{path}{'&' if '?' in path else '?'}reason=Ticket+17", body)

    assert (response.status_code, latest(partner).reason) == (200, "Ticket 17")


def test_a_reason_stands_in_the_ledger_with_who_and_through_what(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "EmailOptin": True})

    post(partner, WHY, {"CustomerId": "C-1", "EmailOptin": False})

    change = ConsentChange.objects.filter(tenant=partner.tenant).latest("pk")
    assert (change.source, change.reason) == ("api", WHY)
    assert change.actor == latest(partner).actor != ""


def test_without_a_reason_there_is_none(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1"})

    assert latest(partner).reason == ""


def test_a_reason_is_trimmed_and_at_most_200_characters(partner: Partner) -> None:
    assert post(partner, f" {'ä' * 200} ", {"CustomerId": "C-1"}).status_code == 200
    assert latest(partner).reason == "ä" * 200

    errors = post(partner, "ä" * 201, {"CustomerId": "C-2"}).json()["errors"]
    assert errors == {"reason": ["The field reason must be a string with a maximum length of 200."]}


@pytest.mark.parametrize("reason", ["", "%20", "a%0Ab", "a%E2%80%A8b", "a%7Fb", "a%E2%80%AEb", "%E2%80%8B"])
def test_a_reason_that_is_no_line_of_text_is_refused(partner: Partner, reason: str) -> None:
    response = partner.send("POST", f"/customers/{{tenant}}?reason={reason}", [{"CustomerId": "C-1"}])

    assert (response.status_code, list(response.json()["errors"])) == (400, ["reason"])
    assert partner.read("customers") == []


def test_a_reason_with_a_nul_is_refused(partner: Partner) -> None:
    response = partner.send("POST", "/customers/{tenant}?reason=a%00b", [{"CustomerId": "C-1"}])

    assert (response.status_code, partner.read("customers")) == (400, [])
