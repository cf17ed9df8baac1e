"""A downstream system: it follows the feed with the records included, as docs/changes.md says, and ends like the hub.

It knows nothing of the hub but what is on that page.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.conftest import Partner

ENTITIES = ("customers", "orders", "products")
Held = dict[str, dict[int, dict[str, Any]]]


def nothing() -> Held:
    return {entity: {} for entity in ENTITIES}


def as_read(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record that the feed told of as a read answers it."""
    return {name: value for name, value in record.items() if name != "Processable"}


@dataclass
class Mirror:
    """What was applied so far: records by entity and hub id, and the number to go on after."""

    partner: Partner
    after: int = 0
    held: Held = field(default_factory=nothing)
    seen: list[dict[str, Any]] = field(default_factory=list)

    def follow(self, *, limit: int = 1000) -> bool:
        """Apply one page; tell whether there was anything on it."""
        query = {"after": str(self.after), "limit": str(limit), "include": "records"}
        response = self.partner.get("/changes/{tenant}", **query)
        assert response.status_code == 200, response.content
        data = response.json()["data"]
        for changeset in data["results"]:
            self.apply(changeset)
        self.after = data["next"]
        return bool(data["results"])

    def catch_up(self, *, limit: int = 1000) -> "Mirror":
        while self.follow(limit=limit):
            pass
        return self

    def apply(self, changeset: dict[str, Any]) -> None:
        held = self.held[changeset["Entity"]]
        for entry in changeset["Records"]:
            if entry["Record"] is None:
                held.pop(entry["HubId"], None)
            else:
                held[entry["HubId"]] = as_read(entry["Record"])
        self.seen.append(changeset)


def stored(partner: Partner) -> Held:
    """Return what the hub has, as its reads answer."""
    return {entity: {record["HubId"]: record for record in partner.read(entity)} for entity in ENTITIES}
