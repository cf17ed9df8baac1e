"""A tenant's export as another tenant imports it, through the front door, and what both then have."""

from collections.abc import Mapping
from typing import Any

from tenants.imports.running import run
from tenants.models import Import
from tests.conftest import Partner
from tests.files.sending import CSV, NDJSON, send
from tests.files.test_exports import objects, taken
from tests.tenants.mirror import ENTITIES

OF_THE_HUB = ("HubId", "CreatedAt", "UpdatedAt")  # what a tenant gives its records itself
KINDS = {"ndjson": NDJSON, "csv": CSV}


def sent(target: Partner, entity: str, data: bytes, kind: str) -> Import:
    """Send a file as an import, and return its job when it has been run."""
    answer = send(target, data, content_type=kind, entity=entity)
    assert answer.status_code == 202, answer.content
    job = run(int(answer.json()["data"]["id"]), target.tenant.pk)
    assert job is not None
    return job


def carried(source: Partner, target: Partner, entity: str, format: str = "ndjson", **query: str) -> Import | None:
    """Import a tenant's export, in which nothing may be rejected; None where there is nothing to import."""
    data = taken(source, entity, format=format, **query)
    if not data:
        return None
    job = sent(target, entity, data, KINDS[format])
    assert (job.state, job.message, job.rejected) == ("finished", "", 0)
    return job


def without_own(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without what its tenant gave it, and its parts without that."""
    return {
        name: [*map(without_own, value)] if name == "ProductVariants" else value
        for name, value in record.items()
        if name not in OF_THE_HUB
    }


def assert_equal(source: Partner, target: Partner) -> None:
    """Compare what reads and exports of two tenants have, in their order."""
    for entity in ENTITIES:
        assert [*map(without_own, target.read(entity))] == [*map(without_own, source.read(entity))]
        exports = [[without_own(record) for record in objects(taken(one, entity))] for one in (source, target)]
        assert exports[0] == exports[1]
