"""Dry runs: a write is done as it is, and rolled back; what it changed is told field by field, as reads show it.

What records were before is read after the write was rolled back, so no lock is held longer than by the write itself.
Another writer may have come in between. A write whose changeset would have been number N had replaced what the
changesets before N left: only one with a number from N on can have changed that, and the changesets say what they did.
Then it is all done once more under the tenant's exclusive lock.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
from django.db import transaction

from hub.api.responses import to_json
from hub.api.weights import MOST_BYTES
from hub.sql.execute import execute_where_tenant_is, fetch, roll_back
from tenants.changes.changesets import Origin, Receipt, as_array
from tenants.changes.exclusive import alone
from tenants.changes.images import Kept
from tenants.changes.results import Result
from tenants.changes.transactions import DryRun, Parameters, Rows
from tenants.changes.undoing import KEPT
from tenants.entities import entity_config
from tenants.models import Entity, Operation, Tenant

Change = dict[str, Any]  # {"index": 0, "status": "updated", "HubId": 7, "before": {"Name": "Ann"}, "after": {…}}

# Plans must not depend on statistics: as lock_tenant says for what a write does.
BY_INDEX = "SELECT set_config('enable_seqscan', 'off', true)"


def rows_of(kept: Kept, parts: str = "") -> str:
    """Compose a query for the rows of records by their hub ids, each as JSON, with its parts `p` where ` AND …` is so.

    JSON as text: jsonb, as images have it, takes five times as long.
    """
    found = f"'record', t.id, 'row', to_json(t), 'parts', {_parts_of(kept, parts)}"
    return f"""SELECT json_build_object({found})::text AS found
  FROM {kept.table} t
 WHERE t.tenant_id = %(tenant_id)s AND t.id = ANY (%(ids)s::bigint[])
 ORDER BY t.id"""  # noqa: S608 — composed from constants


def _parts_of(kept: Kept, which: str) -> str:
    if not kept.parts:
        return "NULL::json"
    return f"""(
       SELECT coalesce(json_agg(to_json(p) ORDER BY p.{kept.parts.place}), '[]')
         FROM {kept.parts.model._meta.db_table} p
        WHERE p.tenant_id = %(tenant_id)s AND p.{kept.parts.of} = t.id{which})"""  # noqa: S608 — constants


WHOLE = {entity: rows_of(kept) for entity, kept in KEPT.items()}
# Of a document that parts are merged into, only those that a write changed, and then what they were: it has thousands.
# No index may find these by their ids: it would look up all of them for each document.
MERGED = {entity: kept for entity, kept in KEPT.items() if kept.parts and kept.parts.merged}
WRITTEN = WHOLE | {e: rows_of(kept, " AND p.updated_at = %(now)s") for e, kept in MERGED.items()}
REPLACED = WHOLE | {e: rows_of(kept, " AND p.id + 0 = ANY (%(parts)s::bigint[])") for e, kept in MERGED.items()}
OVERTAKEN = """
SELECT DISTINCT x.id
  FROM tenants_changeset c
 CROSS JOIN LATERAL unnest(c.updated_ids || c.deleted_ids || c.created_ids) AS x(id)
 WHERE c.tenant_id = %(tenant_id)s AND c.entity = %(entity)s AND c.number >= %(number)s
   AND x.id = ANY (%(ids)s::bigint[])
"""

# Amounts keep their last digit; customers have none, and their attributes any number, read as they are elsewhere.
DECODERS = {e: msgspec.json.Decoder(float_hook=Decimal if kept.parts else None) for e, kept in KEPT.items()}

Write = Callable[[Origin], Receipt]
Fields = Mapping[str, Any]


def try_out(tenant: Tenant, origin: Origin, write: Write) -> Receipt:
    """Do a write, roll it back, and return its receipt with what it changed; it has no number, and what is new no id.

    Raises whatever the write raises.
    """
    receipt = _tried(tenant, origin, write)
    if receipt is None:
        with alone(tenant, Entity.CUSTOMERS, origin):
            receipt = _tried(tenant, origin, write)
            roll_back()
    assert receipt is not None  # noqa: S101 — nobody else writes now
    return receipt


def count_only(tenant: Tenant, origin: Origin, write: Write) -> Receipt:
    """Do a write, roll it back, and return its receipt, which says nothing of single records; raises as `try_out`."""
    receipt = write(replace(origin, dry_run=DryRun(lambda parameters, ids: {})))
    return replace(receipt, number=None, results=None)


def _tried(tenant: Tenant, origin: Origin, write: Write) -> Receipt | None:
    """Do a write and roll it back; None where another writer changed what it had changed before that was read."""
    run = DryRun(_after)
    receipt = write(replace(origin, dry_run=run))
    before: Rows = {}
    if run.touched:
        with transaction.atomic():
            fetch(BY_INDEX)
            before = _before(run)
            if _is_overtaken(run):
                return None
    return replace(receipt, number=None, results=_results(receipt), changes=_changes(run, before))


def _after(parameters: Parameters, ids: list[int]) -> Rows:
    """Read records as a write has left them."""
    return _rows(WRITTEN if _merges(parameters) else WHOLE, {**parameters, "ids": as_array(ids)}) if ids else {}


def _before(run: DryRun) -> Rows:
    """Read the records that a dry run changed, now that it is rolled back."""
    ids = as_array(run.ids_of("updated", "deleted"))
    parts = as_array(part["id"] for row in run.after.values() for part in row["parts"] or ())
    return _rows(REPLACED if _merges(run.parameters) else WHOLE, {**run.parameters, "ids": ids, "parts": parts})


def _merges(parameters: Parameters) -> bool:
    """Tell whether a write leaves alone the parts that it does not name."""
    return parameters["operation"] == Operation.UPSERT


def _rows(statements: Mapping[Entity, str], parameters: Parameters) -> Rows:
    entity = Entity(str(parameters["entity"]))
    found = (DECODERS[entity].decode(row[0]) for row in execute_where_tenant_is(statements[entity], parameters))
    return {each["record"]: {**each["row"], "parts": each["parts"]} for each in found}


def _is_overtaken(run: DryRun) -> bool:
    ids = as_array(run.ids_of("updated", "deleted"))
    return bool(execute_where_tenant_is(OVERTAKEN, {**run.parameters, "number": run.number, "ids": ids}))


def _results(receipt: Receipt) -> list[Result] | None:
    """Return what became of each record, without the hub ids of what was created: nothing has them."""
    if receipt.results is None:
        return None
    new = {each["HubId"] for each in receipt.results if each["status"] == "created"} - {None}
    return [_without(new, each) for each in receipt.results]


def _without(new: Set[int], result: Mapping[str, Any]) -> Result:
    several = {"HubIds": [id_ for id_ in result["HubIds"] if id_ not in new]} if "HubIds" in result else {}
    return {**result, "HubId": None if result["HubId"] in new else result["HubId"], **several}


def _changes(run: DryRun, before: Rows) -> list[Change]:
    """Return what a dry run changed of each record that it touched first: as many as have MOST_BYTES, one at least."""
    if not run.touched:
        return []
    entity = Entity(str(run.parameters["entity"]))
    written = entity_config(entity).reading.of_row
    changes: list[Change] = []
    size = 0
    for index, status, hub_id in run.touched:
        was, becomes = (written(rows[hub_id]) if hub_id in rows else None for rows in (before, run.after))
        if was is not None and becomes is not None:
            was, becomes = _differing(was, becomes, merged=entity in MERGED)
        known = None if status == "created" else hub_id
        change = {"index": index, "status": status, "HubId": known, "before": was, "after": becomes}
        size += len(to_json(change))
        if changes and size > MOST_BYTES:
            break
        changes.append(change)
    return changes


def _differing(was: Fields, becomes: Fields, *, merged: bool) -> tuple[Fields, Fields]:
    """Return the fields of a record that differ, before and after; of parts that are merged those that do."""
    differ = {name: (value, becomes[name]) for name, value in was.items() if value != becomes[name]}
    pairs = {name: _that_differ(*pair) if merged and _are_parts(pair) else pair for name, pair in differ.items()}
    return {name: pair[0] for name, pair in pairs.items()}, {name: pair[1] for name, pair in pairs.items()}


def _are_parts(pair: Sequence[Any]) -> bool:
    return any(isinstance(value, list) and any(isinstance(part, dict) for part in value) for value in pair)


def _that_differ(was: Sequence[Fields], becomes: Sequence[Fields]) -> tuple[list[Fields], list[Fields]]:
    """Return the parts that are not the same before and after."""
    ours, theirs = ({to_json(part): part for part in parts} for parts in (was, becomes))
    gone = [part for text, part in ours.items() if text not in theirs]
    return gone, [part for text, part in theirs.items() if text not in ours]
