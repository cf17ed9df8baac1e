"""The good records of a batch are stored, and what becomes of the others is done beside them, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from hub.records.faults import ValidationFailed
from hub.records.records import Records
from hub.records.sifting import Sifted, placed
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.counting import count_rejected
from tenants.changes.results import Result
from tenants.models import Entity, Tenant
from tenants.quarantine.keeping import LeftOut, keeping


class Upsert(Protocol):
    """Stores the records of an entity, in one transaction, as customers.ingest.upsert_customers does."""

    def __call__(self, tenant: Tenant, records: Records[Any], *, origin: Origin, results: bool = False) -> Receipt: ...


Beside = Callable[[Sifted[Any], Origin], Origin]  # makes an origin whose write also does something about those left out


def store_sifted(
    upsert: Upsert,
    tenant: Tenant,
    batch: Sifted[Any],
    *,
    origin: Origin,
    results: bool = False,
    beside: Beside | None = None,
) -> Receipt:
    """Store the good records of a batch, and keep the others in quarantine, in one transaction.

    What the store finds wrong with one is left out, too. The receipt names records by their indexes in the batch as it
    was sent, and counts all that were received. `beside` has something else done about those that are left out.
    Raises ValidationFailed where no record is good.
    """
    while True:
        aware = beside(batch, origin) if beside else keeping(origin, tenant, entity_of(batch), left_out(batch))
        try:
            receipt = _placed(upsert(tenant, batch.records, origin=aware, results=results), batch)
            if not beside:
                count_rejected(entity_of(batch), origin.source, len(batch.rejected))
            return receipt
        except ValidationFailed as failure:
            batch.leave_out(failure.faults)


def entity_of(batch: Sifted[Any]) -> Entity:
    """Return what the records of a batch are."""
    return Entity(batch.schema.noun)


def left_out(batch: Sifted[Any]) -> list[LeftOut]:
    """Return the records that a batch leaves out, as the quarantine keeps them."""
    return [LeftOut(record.index, record.sent, record.faults) for record in batch.rejected]


def _placed(receipt: Receipt, batch: Sifted[Any]) -> Receipt:
    """Return a receipt of the good records with the indexes that they had, and a result for each that was left out."""
    warnings = placed(receipt.warnings, batch.places)
    results = None if receipt.results is None else _all_results(receipt.results, batch)
    return replace(receipt, received=batch.received, warnings=warnings, results=results)


def _all_results(results: Sequence[Mapping[str, Any]], batch: Sifted[Any]) -> list[Result]:
    good = [{**result, "index": place} for result, place in zip(results, batch.places, strict=True)]
    skipped = [{"index": record.index, "status": "skipped", "HubId": None} for record in batch.rejected]
    return sorted([*good, *skipped], key=lambda result: int(result["index"]))


def in_places(receipt: Receipt, batch: Sifted[Any]) -> Receipt:
    """Return the receipt of a dry run with what it would change by the indexes in the batch as it was sent."""
    if receipt.changes is None:
        return receipt
    changes = [{**change, "index": batch.places[change["index"]]} for change in receipt.changes]
    return replace(receipt, changes=changes)
