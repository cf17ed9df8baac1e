"""Staff's edits of opt-ins: what a customer agreed to, never written over what came in meanwhile.

What came in is compared flag by flag: who has another name since the page was opened is opted out all the same, and a
flag that went to and fro is as it was seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from django.utils.text import capfirst

from customers.flags import BITS, FLAGS, FLAGS_SQL, GRANTED, NAMES, as_bits, grants_sql, has_flag
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
SELECT id, {FLAGS_SQL} AS flags, json_build_object('record', t.id, 'image', {KEPT.image})::text AS image
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
    """New values for some flags of a customer, by hub id, and all its flags as the editor saw them, as bits."""

    customer: int
    seen: int
    flags: Mapping[str, bool]

    def conflicting(self, stored: int) -> dict[str, bool]:
        """Return those of the new values that somebody has decided otherwise about since: neither as seen nor so."""
        return {
            name: value
            for name, value in self.flags.items()
            if has_flag(stored, name) not in (has_flag(self.seen, name), value)
        }


@dataclass(frozen=True, slots=True)
class Conflict:
    """An edit that was not applied: its flags changed since they were seen (`stored`: all of them now), or are gone."""

    edit: ConsentEdit
    stored: int | None


@dataclass(slots=True)
class Edited:
    """What a set of edits did, in the changeset `number`, and which of them were left alone."""

    changes: Changes = field(default_factory=Changes)
    conflicts: list[Conflict] = field(default_factory=list)
    number: int | None = None


def edit_consents(tenant: Tenant, edits: Sequence[ConsentEdit], *, origin: Origin) -> Edited:
    """Set flags as one changeset; a flag that was changed otherwise since its editor saw it stays so: a conflict.

    Under the exclusive lock, for who changed is kept as it was. Rows are locked in the order of their keys, as the
    upsert locks them.
    """
    edited = Edited()
    with open_write(tenant, Entity.CUSTOMERS, Operation.EDIT, origin) as write:
        rows = write.execute(LOCK_ROWS, ids=[edit.customer for edit in edits])
        write.keep(RECORD, (image for *_, image in rows))
        stored = {hub_id: flags for hub_id, flags, _ in rows}
        edited.changes = write.changes
        _apply(write, list(_without_conflicts(edits, stored, edited.conflicts)))
    edited.number = write.receipt.number
    return edited


def _without_conflicts(
    edits: Sequence[ConsentEdit], stored: Mapping[int, int], conflicts: list[Conflict]
) -> Iterator[ConsentEdit]:
    """Yield what of the edits can be applied, and note the rest among the conflicts."""
    for edit in edits:
        flags = stored.get(edit.customer)
        refused = dict(edit.flags) if flags is None else edit.conflicting(flags)
        if refused:
            conflicts.append(Conflict(replace(edit, flags=refused), flags))
        if kept := {name: value for name, value in edit.flags.items() if name not in refused}:
            yield replace(edit, flags=kept)


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
