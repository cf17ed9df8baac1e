"""Sending records in quarantine again, corrected or as they are, through the functions that batches go through.

All of it is one transaction under the tenant's lock alone: what was stored while somebody decided is not overwritten.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.api.errors import ApiError
from hub.records.faults import Fault, ValidationFailed
from hub.records.reading import Json, Pairs, as_sent, read_pairs
from hub.sql.execute import execute_where_tenant_is
from tenants.changes.changesets import Origin, Receipt, as_array
from tenants.changes.exclusive import alone
from tenants.entities import Taking, entity_config
from tenants.models import Entity, QuarantinedRecord, QuarantineState, Tenant
from tenants.quarantine.keeping import documented, plain

DECIDE = """
UPDATE tenants_quarantinedrecord
   SET state = %(state)s,
       decided_by = %(actor)s,
       user_id = %(user_id)s,
       decided_at = %(now)s,
       reason = %(reason)s,
       corrected_number = %(number)s
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]) AND state = 'waiting'
RETURNING id
"""
STATES = """
SELECT id
  FROM tenants_quarantinedrecord
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]) AND state = 'waiting'
 ORDER BY last_at, index, id
"""


@dataclass(frozen=True)
class Correction:
    """What staff make of a record: the values of some fields, by documented name, and the fields to leave out."""

    values: Mapping[str, Any] = field(default_factory=dict)
    dropped: Collection[str] = ()


AS_IT_IS = Correction()


@dataclass
class Outcome:
    """What became of records that were sent again, by their ids.

    `refused` say what is wrong with them yet, `newer` are those for which something was stored that was not seen, and
    `gone` are no longer waiting: somebody else decided, or the person was erased.
    """

    stored: list[int] = field(default_factory=list)
    refused: dict[int, Sequence[Fault]] = field(default_factory=dict)
    newer: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    receipt: Receipt = field(default_factory=Receipt)


def taking_of(row: QuarantinedRecord) -> Taking:
    """Return how records like this one are taken in."""
    return entity_config(row.entity).taking(row.source)


def pairs_of(row: QuarantinedRecord) -> Json:
    """Return a record as it was sent."""
    return read_pairs(f"[{row.record}]".encode())[0]


def corrected(row: QuarantinedRecord, correction: Correction) -> Json:
    """Return a record as it is sent again: what was not corrected is as it was sent, to its last digit."""
    names = {name.lower(): name for name in taking_of(row).fields}
    gone = {*correction.values, *correction.dropped}
    kept = [(name, value) for name, value in pairs_of(row) if names.get(name.lower(), name) not in gone]
    return Pairs([*kept, *correction.values.items()])


def stored_for(tenant: Tenant, taking: Taking, record: Json) -> Sequence[Any]:
    """Return what is stored for the identifiers of a record, the one it means first."""
    return taking.find(tenant, documented(taking, plain(record)))


def seen_as(stored: Iterable[Any]) -> str:
    """Return what stands for stored records as somebody saw them."""
    text = json.dumps([[record.pk, record.updated_at.isoformat()] for record in stored])
    return hashlib.sha256(text.encode()).hexdigest()


def send_again(
    tenant: Tenant,
    rows: Sequence[QuarantinedRecord],
    correction: Correction,
    *,
    origin: Origin,
    seen: str | None = None,
) -> Outcome:
    """Send records of one tenant, entity and door again, in the order they came, as one changeset.

    `seen` says what was stored for the one record when somebody looked (`seen_as`); of several, which nobody looked at,
    those are left alone for which something was stored after they were sent. What only withdraws consent always goes.
    """
    outcome, entity = Outcome(), Entity(rows[0].entity)
    with alone(tenant, entity, origin) as parameters:
        named = {"tenant_id": tenant.pk, "ids": as_array(row.pk for row in rows)}
        waiting = [found[0] for found in execute_where_tenant_is(STATES, named)]
        outcome.gone = [row.pk for row in rows if row.pk not in waiting]
        by_id = {row.pk: row for row in rows}
        sendable = {pk: corrected(by_id[pk], correction) for pk in waiting if by_id[pk].is_whole}
        _store(tenant, _fresh(tenant, by_id, sendable, seen, outcome), taking_of(rows[0]), origin, outcome)
        decide(parameters, outcome.stored, QuarantineState.CORRECTED, number=outcome.receipt.number)
    return outcome


def _fresh(
    tenant: Tenant,
    rows: Mapping[int, QuarantinedRecord],
    records: Mapping[int, Json],
    seen: str | None,
    outcome: Outcome,
) -> dict[int, Json]:
    """Return the records that overwrite nothing that was not seen, and note the others."""
    fresh: dict[int, Json] = {}
    for pk, record in records.items():
        taking = taking_of(rows[pk])
        stored = stored_for(tenant, taking, record)
        is_seen = seen == seen_as(stored) if seen is not None else _is_older(stored, rows[pk])
        if is_seen or taking.only_withdraws(documented(taking, plain(record))):
            fresh[pk] = record
        else:
            outcome.newer.append(pk)
    return fresh


def _is_older(stored: Iterable[Any], row: QuarantinedRecord) -> bool:
    return all(record.updated_at <= row.last_at for record in stored)


def _store(tenant: Tenant, records: dict[int, Json], taking: Taking, origin: Origin, outcome: Outcome) -> None:
    """Store the records that are right by now; note what is wrong with the others."""
    for pk, record in list(records.items()):
        if faults := _faults(tenant, taking, record):
            outcome.refused[pk] = faults
            del records[pk]
    while records:
        batch = taking.parse(tenant, _body(records.values()))
        try:
            outcome.receipt = taking.store(tenant, batch, origin)
            outcome.stored = list(records)
            return
        except ValidationFailed as failure:
            places = list(records)
            for fault in failure.faults:
                outcome.refused[places[int(fault.loc[0])]] = [fault]
                records.pop(places[int(fault.loc[0])], None)


def _faults(tenant: Tenant, taking: Taking, record: Json) -> Sequence[Fault]:
    try:
        taking.parse(tenant, _body([record]))
    except ValidationFailed as failure:
        return failure.faults
    except ApiError:  # a dialect's words for a body that is no JSON, as one with NaN in it
        return [Fault((), "invalid_json")]
    return ()


def _body(records: Iterable[Json]) -> bytes:
    return as_sent(list(records)).encode()


def dismiss(tenant: Tenant, rows: Sequence[QuarantinedRecord], *, reason: str, origin: Origin) -> int:
    """Note that nothing will become of records of one tenant that wait, and why; return how many did."""
    with alone(tenant, Entity(rows[0].entity), origin) as parameters:
        ids = [row.pk for row in rows]
        return decide(parameters, ids, QuarantineState.DISMISSED, reason=reason)


def decide(
    parameters: Mapping[str, object],
    ids: Sequence[int],
    state: QuarantineState,
    *,
    reason: str = "",
    number: int | None = None,
) -> int:
    """Note what became of records that wait, in the transaction whose `parameters` these are; return how many did."""
    if not ids:
        return 0
    named = {"ids": as_array(ids), "state": state.value, "reason": reason, "number": number}
    return len(execute_where_tenant_is(DECIDE, {**parameters, **named}))
