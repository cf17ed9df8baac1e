"""Upserts that take the good records of a batch and say what is wrong with the others (`Prefer: handling=lenient`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from hub.api.preferences import LENIENT
from hub.records.faults import Fault, ValidationFailed, failed
from hub.records.records import Records
from hub.records.sifting import Rejected, Sifted, placed
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.results import Result
from tenants.entities import Taking, entity_config
from tenants.models import Entity, Tenant
from tenants.quarantine.keeping import LeftOut, keeping, plain, readable

APPLIED: Mapping[str, str] = {"Preference-Applied": "=".join(LENIENT)}
MOST_FIELDS = 20  # of a rejected record, whose errors are told


class Upsert(Protocol):
    """Stores the records of an entity, in one transaction, as customers.ingest.upsert_customers does."""

    def __call__(self, tenant: Tenant, records: Records[Any], *, origin: Origin, results: bool = False) -> Receipt: ...


def store_sifted(upsert: Upsert, tenant: Tenant, batch: Sifted[Any], *, origin: Origin, results: bool) -> Receipt:
    """Store the good records of a batch, and keep the others in quarantine, in one transaction.

    What the store finds wrong with one is left out, too. The receipt names records by their indexes in the batch as it
    was sent, and counts all that were received. Raises ValidationFailed where no record is good.
    """
    while True:
        left_out = [LeftOut(record.index, record.sent, record.faults) for record in batch.rejected]
        kept = keeping(origin, tenant, _entity(batch), left_out)
        try:
            return _placed(upsert(tenant, batch.records, origin=kept, results=results), batch)
        except ValidationFailed as failure:
            batch.leave_out(failure.faults)


def _entity(batch: Sifted[Any]) -> Entity:
    return Entity(batch.schema.noun)


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


def said_of(batch: Sifted[Any]) -> list[dict[str, Any]]:
    """Return what the answer says of the records left out: those that withdraw consent first, all as they were sent."""
    taking = entity_config(_entity(batch)).taking("")
    said = [_said(taking, record) for record in batch.rejected]
    return sorted(said, key=lambda record: ("withdrawal" not in record, record["index"]))


def _said(taking: Taking, record: Rejected) -> dict[str, Any]:
    named = plain(dict(record.named))
    errors = failed([_within(fault) for fault in record.faults]).errors
    said = {"index": record.index, **readable(taking, named), "errors": dict(list(errors.items())[:MOST_FIELDS])}
    if len(errors) > MOST_FIELDS:
        said["truncated"] = True
    return said | ({"withdrawal": True} if taking.withdraws(named) else {})


def _within(fault: Fault) -> Fault:
    """Return a fault by its place in the record."""
    return replace(fault, loc=fault.loc[1:])
