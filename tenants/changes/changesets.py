"""Write transactions: two short locks, and one changeset for each that changed something."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from django.db import transaction

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.models import Entity, Operation, Source, Tenant

RECORD_CHANGESET = read_sql("tenants", "record_changeset")
# Fails with serialization_failure, a 503 for the client, where the identifier priority is no longer the one told: who
# waited for the customers to be re-keyed would write by the old one. Returns whether forgotten persons are remembered.
LOCK = "SELECT lock_tenant(%(tenant_id)s, %(priority)s, %(source)s, %(key)s, %(exclusive)s)"


def recording(changed: str, *, ctes: str = "", more: str = "") -> str:
    """Compose a statement that records as one changeset what `changed` selects: (id, kind, before, after).

    `kind` is created, updated or deleted; before and after are consent bits or null. `ctes` come before `changed` in
    the same statement; `more` adds to what it returns: the changeset's number, null where nothing changed, and how many
    rows of each kind. Parameters: those of `parameters()`, `received`, `distinct` (records after folding).
    """
    ctes, more = ctes and f"{ctes},", more and f", {more}"
    return RECORD_CHANGESET.format(changed=changed, ctes=ctes, more=more)


RECORD = recording(
    "SELECT * FROM unnest(%(ids)s::bigint[], %(kinds)s::text[], %(before)s::smallint[], %(after)s::smallint[])"
)
# For statements that decide by the unique key alone: the tenant's shared lock, and whether they must look (recalls).
LOCKED = f"locked AS MATERIALIZED ({LOCK.replace('%(exclusive)s', 'false')} AS recalls)"
# The exclusive one, for those that ask a volatile function, too.
LOCKED_ALONE = f"locked AS MATERIALIZED ({LOCK.replace('%(exclusive)s', 'true')} AS recalls)"


@dataclass(frozen=True, slots=True)
class Origin:
    """Through what a write comes, by whom, and in which trace."""

    source: Source
    actor: str
    trace_id: str
    api_key_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """A change of an existing customer's flags: hub id, and the bits before and after."""

    customer: int
    before: int
    after: int


@dataclass(slots=True)
class Changes:
    """What a write did, by hub id. `received` counts records as sent, `unchanged` those that changed nothing.

    `warnings` say which records were not stored as sent, and why: {"[3]": [text]}.
    """

    received: int = 0
    unchanged: int = 0
    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    number: int | None = None

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)

    @property
    def receipt(self) -> "Receipt":
        counts = (self.received, len(self.created), len(self.updated), self.unchanged)
        return Receipt(self.number, *counts, self.warnings)


@dataclass(slots=True)
class Write:
    """An open write transaction: the tenant, the time every row it writes carries, and what it changed so far.

    `recalls` tells whether anyone is remembered whom this source must not store again (tenants.changes.erasure);
    `told` is what every statement of the write is told (`parameters`).
    """

    tenant_id: UUID
    now: datetime
    source: Source
    recalls: bool
    told: Mapping[str, object]
    changes: Changes = field(default_factory=Changes)
    noted: list[tuple[Entity, Changes]] = field(default_factory=list)

    def note(self, entity: Entity, changes: Changes) -> None:
        """Note what the write did to records of another entity: a changeset of its own, in the same transaction."""
        self.noted.append((entity, changes))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: records received, rows created, updated and left alone, and the changeset's number."""

    number: int | None
    received: int
    created: int
    updated: int
    unchanged: int
    warnings: dict[str, list[str]] = field(default_factory=dict)


def parameters(tenant: Tenant, entity: Entity, operation: Operation, origin: Origin) -> dict[str, object]:
    """Return what every write statement is told: whose rows, when, what, through what and by whom."""
    return {
        "tenant_id": tenant.pk,
        "priority": tenant.priority,
        "key": int.from_bytes(tenant.pk.bytes[:8], signed=True),
        "now": datetime.now(UTC),
        "entity": entity.value,
        "operation": operation.value,
        "source": origin.source.value,
        "actor": origin.actor,
        "api_key_id": origin.api_key_id,
        "user_id": origin.user_id,
        "trace_id": origin.trace_id,
    }


@contextmanager
def write(tenant: Tenant, entity: Entity, operation: Operation, origin: Origin, *, exclusive: bool) -> Iterator[Write]:
    """Open the one transaction of a write, under the tenant's lock; record a changeset where it changed something.

    The shared lock is for writes where the unique key alone decides; exclusive for what must look before it writes.
    """
    told = parameters(tenant, entity, operation, origin)
    with transaction.atomic():
        recalls: bool = execute(LOCK, {**told, "exclusive": exclusive}).fetchall()[0][0]
        opened = Write(tenant.pk, cast(datetime, told["now"]), origin.source, recalls, told)
        yield opened
        for about, changes in [(entity, opened.changes), *opened.noted]:
            if changes:
                changes.number = _record({**told, "entity": about.value}, changes)


def _record(told: dict[str, object], changes: Changes) -> int:
    """Write a changeset; returns its number."""
    rows = [(id_, kind, None, None) for kind in ("created", "deleted") for id_ in getattr(changes, kind)]
    consents = {consent.customer: (consent.before, consent.after) for consent in changes.consents}
    rows += [(id_, "updated", *consents.get(id_, (None, None))) for id_ in changes.updated]
    ids, kinds, before, after = zip(*rows, strict=True)
    counts = {"received": changes.received, "distinct": changes.unchanged + len(rows)}
    arrays = {"ids": _array(ids), "kinds": _array(kinds), "before": _array(before), "after": _array(after)}
    number: int = execute(RECORD, {**told, **counts, **arrays}).fetchall()[0][0]
    return number


def _array(values: Iterable[object]) -> str:
    """Write an array as PostgreSQL reads it: one parameter type whatever the values, so one prepared statement."""
    return f"{{{','.join('NULL' if value is None else str(value) for value in values)}}}"
