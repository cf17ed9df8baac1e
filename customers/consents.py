"""Staff's edits of opt-ins: what a customer agreed to, never written over what came in meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.utils.text import capfirst

from customers.flags import BITS, FLAGS, FLAGS_SQL, GRANTED, NAMES, as_bits, grants_sql
from customers.ingest import CUSTOMERS, KEPT
from customers.models import Customer
from customers.restoring import NOTE_BY_ID, WITHDRAWS
from hub.sql.files import read_sql
from tenants.changes.changesets import Changes, Consent, Origin
from tenants.changes.writing import Write, open_write
from tenants.entities import ConsentFlag
from tenants.models import Entity, Operation, Tenant

GIVEN_BITS = {column.name: 1 << column.bit for column in CUSTOMERS.columns if column.name in FLAGS}
CONSENTS = [
    ConsentFlag(
        NAMES[field.name], str(capfirst(field.verbose_name)), BITS[NAMES[field.name]], GRANTED[NAMES[field.name]]
    )
    for field in Customer._meta.concrete_fields
    if field.name in NAMES
]
LOCK_ROWS = f"""
SELECT id, updated_at = (%(seen)s::timestamptz[])[array_position(%(ids)s::bigint[], id)] AS as_seen,
       {FLAGS_SQL} AS flags, json_build_object('record', t.id, 'image', {KEPT.image})::text AS image
  FROM customers_customer t
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
 ORDER BY match_key
   FOR UPDATE
"""  # noqa: S608 — composed from constants
RECORD = KEPT.recording()
EDIT = read_sql("customers", "edit_consents").format(
    assignments=", ".join(f"{name} = coalesce(e.{name}, t.{name})" for name in FLAGS),
    columns=", ".join(f"{name} boolean" for name in FLAGS),
    granted=grants_sql("e.wanted"),
    changed=" OR ".join(f"t.{name} <> e.{name}" for name in FLAGS),
    flags=FLAGS_SQL,
)


@dataclass(frozen=True, slots=True)
class ConsentEdit:
    """New values for some flags of a customer, by hub id, and when the row last changed as the editor saw it."""

    customer: int
    seen: datetime
    flags: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Conflict:
    """An edit that was not applied: the customer changed since it was seen (`stored`: its flags now), or is gone."""

    edit: ConsentEdit
    stored: int | None


@dataclass(slots=True)
class Edited:
    """What a set of edits did, and which of them were left alone."""

    changes: Changes = field(default_factory=Changes)
    conflicts: list[Conflict] = field(default_factory=list)


def edit_consents(tenant: Tenant, edits: Sequence[ConsentEdit], *, origin: Origin) -> Edited:
    """Set flags as one changeset; a customer that changed since its editor saw it stays as it is and is a conflict.

    Under the exclusive lock, for who changed is kept as it was. Rows are locked in the order of their keys, as the
    upsert locks them.
    """
    edited = Edited()
    with open_write(tenant, Entity.CUSTOMERS, Operation.EDIT, origin) as write:
        seen = {edit.customer: edit.seen for edit in edits}
        rows = write.execute(LOCK_ROWS, ids=list(seen), seen=list(seen.values()))
        write.keep(RECORD, (image for *_, image in rows))
        stored = {hub_id: (as_seen, flags) for hub_id, as_seen, flags, _ in rows}
        current = []
        for edit in edits:
            as_seen, flags = stored.get(edit.customer, (False, None))
            if as_seen:
                current.append(edit)
            else:
                edited.conflicts.append(Conflict(edit, flags))
        edited.changes = write.changes
        _apply(write, current)
    return edited


def _apply(write: Write, edits: Sequence[ConsentEdit]) -> None:
    changes = write.changes
    if write.hears:
        withdrawn = {str(edit.customer): _withdrawn_bits(edit) for edit in edits}
        write.execute(NOTE_BY_ID, withdrawn=orjson.dumps(withdrawn).decode())
    changed = write.execute(EDIT, edits=orjson.dumps([_row(edit) for edit in edits]).decode())
    changes.received, changes.unchanged = len(edits), len(edits) - len(changed)
    changes.updated = [row[0] for row in changed]
    changes.consents = [Consent(*row) for row in changed if row[1] != row[2]]


def _row(edit: ConsentEdit) -> dict[str, Any]:
    said, wanted = as_bits(dict.fromkeys(edit.flags, True)), as_bits(edit.flags)
    given = sum(GIVEN_BITS[name] for name in edit.flags)
    return {"id": edit.customer, "given": given, "said": said, "wanted": wanted, **edit.flags}


def _withdrawn_bits(edit: ConsentEdit) -> int:
    return sum(1 << FLAGS[name] for name, value in edit.flags.items() if value is WITHDRAWS[name])
