"""What tests of lenient batches share."""

from typing import Any

from tests.conftest import Partner

LENIENT = {"Prefer": "handling=lenient"}


def send(partner: Partner, entity: str, *records: Any, query: str = "", prefer: str = "handling=lenient") -> Any:
    """Post records, of which the good ones are to be taken."""
    return partner.send("POST", f"/{entity}/{{tenant}}{query}", list(records), Prefer=prefer)


def take(partner: Partner, entity: str, *records: Any, query: str = "") -> dict[str, Any]:
    """Post records some of which are good, and return the answer's data."""
    response = send(partner, entity, *records, query=query)
    assert response.status_code == 200, response.content
    data: dict[str, Any] = response.json()["data"]
    return data
