"""Write transactions: two short locks, and one changeset for each that changed something."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from hub.database import execute
from hub.sql import read_sql
from tenants.models import Entity, Operation, Source, Tenant

RECORD = read_sql(__file__, "record_changeset")
LOCK = "SELECT lock_tenant(%(tenant_id)s, %(source)s, %(key)s, %(exclusive)s)"


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


@dataclass(slots=True)
class Write:
    """An open write transaction: the tenant, the time every row it writes carries, and what it changed so far.

    `recalls` tells whether anyone is remembered whom this source must not store again (tenants.erasure).
    """

    tenant_id: UUID
    now: datetime
    source: Source
    recalls: bool
    changes: Changes = field(default_factory=Changes)
    noted: list[tuple[Entity, Changes]] = field(default_factory=list)

    def note(self, entity: Entity, changes: Changes) -> None:
        """Note what the write did to records of another entity: a changeset of its own, in the same transaction."""
        self.noted.append((entity, changes))


@contextmanager
def write(tenant: Tenant, entity: Entity, operation: Operation, origin: Origin, *, exclusive: bool) -> Iterator[Write]:
    """Open the one transaction of a write, under the tenant's lock; record a changeset where it changed something.

    The shared lock is for writes where the unique key alone decides; exclusive for what must look before it writes.
    """
    with transaction.atomic():
        key = int.from_bytes(tenant.pk.bytes[:8], signed=True)
        locked = {"tenant_id": tenant.pk, "source": origin.source.value, "key": key, "exclusive": exclusive}
        recalls: bool = execute(LOCK, locked).fetchall()[0][0]
        opened = Write(tenant.pk, datetime.now(UTC), origin.source, recalls)
        yield opened
        for about, changes in [(entity, opened.changes), *opened.noted]:
            if changes:
                changes.number = _record(opened, changes, about, operation, origin)


def _record(opened: Write, changes: Changes, entity: Entity, operation: Operation, origin: Origin) -> int:
    cursor = execute(
        RECORD,
        {
            "tenant_id": opened.tenant_id,
            "now": opened.now,
            "entity": entity.value,
            "operation": operation.value,
            "source": origin.source.value,
            "actor": origin.actor,
            "api_key_id": origin.api_key_id,
            "user_id": origin.user_id,
            "trace_id": origin.trace_id,
            "received": changes.received,
            "unchanged": changes.unchanged,
            "created": _array(changes.created),
            "updated": _array(changes.updated),
            "deleted": _array(changes.deleted),
            "customers": _array([consent.customer for consent in changes.consents]),
            "before": _array([consent.before for consent in changes.consents]),
            "after": _array([consent.after for consent in changes.consents]),
        },
    )
    number: int = cursor.fetchall()[0][0]
    return number


def _array(numbers: Sequence[int]) -> str:
    """Write an array as PostgreSQL reads it: one parameter type whatever the numbers, so one prepared statement."""
    return f"{{{','.join(map(str, numbers))}}}"
