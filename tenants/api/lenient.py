"""What an answer says of the records that a batch left out (`Prefer: handling=lenient`)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hub.api.preferences import LENIENT
from hub.records.faults import Fault, failed
from hub.records.sifting import Rejected, Sifted
from tenants.entities import Taking, entity_config
from tenants.quarantine.keeping import plain, readable
from tenants.quarantine.sifted import entity_of

APPLIED: Mapping[str, str] = {"Preference-Applied": "=".join(LENIENT)}
MOST_FIELDS = 20  # of a rejected record, whose errors are told


def said_of(batch: Sifted[Any]) -> list[dict[str, Any]]:
    """Return what the answer says of the records left out: those that withdraw consent first, all as they were sent."""
    taking = entity_config(entity_of(batch)).taking("")
    said = [_said(taking, record) for record in batch.rejected]
    return sorted(said, key=lambda record: ("withdrawal" not in record, record["index"]))


def _said(taking: Taking, record: Rejected) -> dict[str, Any]:
    named = plain(dict(record.named))
    errors = failed([within(fault) for fault in record.faults]).errors
    said = {"index": record.index, **readable(taking, named), "errors": dict(list(errors.items())[:MOST_FIELDS])}
    if len(errors) > MOST_FIELDS:
        said["truncated"] = True
    return said | ({"withdrawal": True} if taking.withdraws(named) else {})


def within(fault: Fault) -> Fault:
    """Return a fault by its place in the record."""
    return replace(fault, loc=fault.loc[1:])
