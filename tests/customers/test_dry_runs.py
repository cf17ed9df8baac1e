"""What a dry run of customers says is what the real run then does, after any sequence and whatever the tenant chose."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.models import ConsentPolicy
from tests.conftest import MakeTenant, Partner, examples
from tests.customers.dialects.vendors import upload
from tests.customers.test_sequences import STEPS
from tests.dry_runs import both
from tests.orders.records import order

TENANTS = {
    "by CustomerId": {},
    "by e-mail": {"priority": "email"},
    "fields required": {"required": ["Name", "GdprOptin"]},
    "images kept": {"keeps_images": True},
    "opt-outs stick": {"consent_policy": ConsentPolicy.OPT_OUT_STICKS},
}
FORGOTTEN = st.sampled_from([{}, {"external_id": "B"}, {"email": "y@shop.example"}])


@pytest.mark.parametrize("fields", TENANTS.values(), ids=TENANTS)
@examples(30)
@given(steps=STEPS, forgotten=FORGOTTEN)
def test_a_dry_run_says_what_the_real_run_does(
    make_tenant: MakeTenant, fields: dict[str, Any], steps: list[tuple[str, Any]], forgotten: dict[str, str]
) -> None:
    partner = make_tenant(**fields)
    if forgotten:
        upload(partner, {"external_id": "F", **forgotten, "is_forgotten": True})
    for kind, sent in steps:
        step(partner, kind, sent)


def step(partner: Partner, kind: str, sent: Any) -> None:
    if kind == "delete":
        names = dict(zip(("customerId", "email"), sent, strict=True))
        query = urlencode({name: value for name, value in names.items() if value is not None})
        both(partner, "DELETE", f"/customers/{{tenant}}?{query}")
        return
    for _ in range(2 if kind == "post twice" else 1):
        both(partner, "POST", "/customers/{tenant}?results=true", sent)


def test_erasing_a_person_tells_the_orders_that_become_anonymous(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": "ada@example.com", "Name": "Ada"})
    partner.save("orders", *(order(OrderId=f"O-{i}") for i in range(3)))

    tried, _ = both(partner, "DELETE", "/customers/{tenant}?email=ada@example.com")

    data = tried.json()["data"]
    assert (data["removed"], data["updated"]) == (1, 3)
    (change,) = data["changes"]
    assert (change["status"], change["before"]["Name"], change["after"]) == ("deleted", "Ada", None)


def test_orders_alone_of_somebody_who_is_not_stored(partner: Partner) -> None:
    partner.save("orders", order())

    tried, _ = both(partner, "DELETE", "/customers/{tenant}?customerId=C-1&email=ada@example.com")

    assert (tried.json()["data"]["updated"], tried.json()["data"]["changes"]) == (1, [])


def test_a_record_that_means_several_shows_each_of_them(partner: Partner) -> None:
    till = {"Email": "till@example.com"}
    partner.save("customers", *({"CustomerId": f"C-{i}", **till, "EmailOptin": True} for i in range(60)))

    tried, _ = both(partner, "POST", "/customers/{tenant}?results=true", [{**till, "EmailOptin": False}])

    changes = tried.json()["data"]["changes"]
    assert len(changes) == 50
    assert {change["index"] for change in changes} == {0}
    assert changes[0]["before"] == {"EmailOptin": True}


def test_what_the_batch_itself_would_create_has_no_id_where_several_are_meant(partner: Partner) -> None:
    till = {"Email": "till@example.com"}
    partner.save("customers", {"CustomerId": "C-1", **till, "EmailOptin": True})
    batch = [{"CustomerId": "C-2", **till}, {**till, "EmailOptin": False}]

    tried, _ = both(partner, "POST", "/customers/{tenant}?results=true", batch)

    (kept,) = tried.json()["data"]["results"][1]["HubIds"]
    assert partner.read("customers", HubId=str(kept))[0]["CustomerId"] == "C-1"
