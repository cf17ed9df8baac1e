"""Calls as the vendors' clients make them."""

from base64 import b64encode
from typing import Any

from customers.models import Customer
from tenants.models import Priority
from tests.conftest import Partner

UPLOAD = "/api/customers/upload/"
PROGRAM = "/v1/programs/{tenant}/integrations/api"
PHONE, EMAIL = "+358101234567", "ann@example.org"
JAMES = {"external_id": "3619490226", "email": "james.carroll@example.org", "phone_number": "+447757138957"}


def basic(user: str, key: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{key}'.encode()).decode()}"}


def send_upload(partner: Partner, body: Any, **headers: str) -> Any:
    """Send a body to Custobar's address, with Basic authentication unless headers say otherwise."""
    return partner.send("POST", UPLOAD, body, **(headers or basic(partner.slug, partner.key)))


def upload(partner: Partner, *records: dict[str, Any]) -> Any:
    """Upload Custobar records that must be accepted, and return the answer."""
    response = send_upload(partner, {"customers": list(records)})
    assert response.status_code == 200, response.content
    assert response.json()["count"] == len(records)
    return response.json()


def user(email: str, customer_id: str, /, **payload: Any) -> dict[str, Any]:
    """Return a Jericommerce record."""
    return {"email": email, "feature": "users", "payload": {"externalCustomerId": customer_id, **payload}}


def send_users(partner: Partner, body: Any, **headers: str) -> Any:
    return partner.send("POST", PROGRAM, body, **(headers or {"api-key": partner.key}))


def update(partner: Partner, *records: Any) -> list[dict[str, Any]]:
    """Post Jericommerce records and return the results."""
    response = send_users(partner, list(records))
    assert response.status_code in (201, 404), response.content
    results: list[dict[str, Any]] = response.json()["results"]
    worked = any(result["status"] != "failed" for result in results)
    assert response.status_code == (201 if worked or not results else 404)
    return results


def statuses(partner: Partner, *records: Any) -> list[str]:
    return [result["status"] for result in update(partner, *records)]


def the_customer(partner: Partner) -> dict[str, Any]:
    """Read back the one customer there is."""
    (customer,) = partner.read("customers")
    return customer


def by_id(partner: Partner) -> dict[str | None, dict[str, Any]]:
    """Read all customers back, by CustomerId."""
    return {customer["CustomerId"]: customer for customer in partner.read("customers")}


def assert_keys_true(partner: Partner) -> None:
    """Every row's match_key is what its identifiers and the tenant's priority say."""
    order = "eip" if partner.tenant.priority == Priority.EMAIL else "iep"
    for row in Customer.objects.filter(tenant=partner.tenant):
        carries = {"i": row.customer_id, "e": row.email, "p": row.phone}
        assert row.match_key == next(f"{letter}:{carries[letter]}" for letter in order if carries[letter])
