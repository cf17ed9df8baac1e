"""Write transactions: two short locks, and one changeset for each that changed something."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from hub.database import execute
from hub.errors import BUSY, RETRY_SECONDS, ApiError
from hub.sql import read_sql
from tenants.models import Entity, Operation, Source, Tenant

RECORD = read_sql(__file__, "record_changeset")
LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared(%(key)s)"
LOCK_EXCLUSIVE = "SELECT pg_advisory_xact_lock(%(key)s)"


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
    """What a write did, by hub id. `received` counts records as sent, `unchanged` those that changed nothing."""

    received: int = 0
    unchanged: int = 0
    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    number: int | None = None

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)


@dataclass(slots=True)
class Write:
    """An open write transaction: the tenant, the time every row it writes carries, and what it changed so far."""

    tenant_id: UUID
    now: datetime
    changes: Changes = field(default_factory=Changes)
    noted: list[tuple[Entity, Changes]] = field(default_factory=list)

    def note(self, entity: Entity, changes: Changes) -> None:
        """Note what the write did to records of another entity: a changeset of its own, in the same transaction."""
        self.noted.append((entity, changes))


@contextmanager
def write(tenant: Tenant, entity: Entity, operation: Operation, origin: Origin, *, exclusive: bool) -> Iterator[Write]:
    """Open the one transaction of a write, under the tenant's lock; record a changeset where it changed something.

    The shared lock is for writes where the unique key alone decides; exclusive for what must look before it writes.
    Raises ApiError 503 where the tenant's identifier priority is no longer the one in `tenant`: who waited for a
    re-keying to end would write by the old one.
    """
    with transaction.atomic():
        lock = LOCK_EXCLUSIVE if exclusive else LOCK_SHARED
        execute(lock, {"key": int.from_bytes(tenant.pk.bytes[:8], signed=True)})
        opened = Write(tenant.pk, datetime.now(UTC))
        yield opened
        for about, changes in [(entity, opened.changes), *opened.noted]:
            if changes:
                changes.number, priority = _record(opened, changes, about, operation, origin)
                if priority != tenant.priority:
                    raise ApiError(503, BUSY, headers={"Retry-After": str(RETRY_SECONDS)})


def _record(opened: Write, changes: Changes, entity: Entity, operation: Operation, origin: Origin) -> tuple[int, str]:
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
    number, priority = cursor.fetchall()[0]
    return number, priority


def _array(numbers: Sequence[int]) -> str:
    """Write an array as PostgreSQL reads it: one parameter type whatever the numbers, so one prepared statement."""
    return f"{{{','.join(map(str, numbers))}}}"
