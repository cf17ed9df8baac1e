"""Which webhooks a worker holds, and what it notes of them. All by the database's clock, which all workers share.

A webhook that is held is let go at the end, else after HELD_SECONDS: so long nobody goes on where a worker was killed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.audit.events import SERVER, record
from tenants.changes.changesets import as_array
from tenants.models import AuditKind, Fault, PauseReason
from tenants.webhooks.sending import Outcome

HELD_SECONDS = 20  # twice as long as an attempt
MOST_FAILING = 3 * 24 * 3600  # seconds
LONGEST_WAIT = 24 * 3600  # that a receiver may ask for
WAITS = (5, 30, 120, 600, 1800, 3600)  # seconds before the second attempt, the third …; from the seventh on the last
PAUSES = {
    Fault.GONE: PauseReason.GONE,
    Fault.EXPIRED: PauseReason.EXPIRED,
    Fault.SECRET: PauseReason.SECRET,
}  # what is no use to try again

WAITING = read_sql("tenants", "webhooks_waiting")
NEWS = read_sql("tenants", "webhooks_news")
HOLD = read_sql("tenants", "webhooks_hold")
DELIVERED = read_sql("tenants", "webhook_delivered")
FAILED = read_sql("tenants", "webhook_failed")
PASSED = """
UPDATE tenants_webhook w
   SET position = %(number)s, held_until = now() + make_interval(secs => %(seconds)s)
  FROM tenants_tenant t
 WHERE w.id = %(id)s AND w.held_by = %(worker)s AND w.position = %(position)s AND t.id = w.tenant_id
RETURNING t.is_enabled AND w.paused_at IS NULL AND w.test_asked_at IS NULL AND w.version = %(version)s AS may_go_on
"""
TESTED = """
WITH logged AS (
    INSERT INTO tenants_delivery (webhook_id, attempt, status, fault, milliseconds, created_at)
    SELECT id, 1, %(status)s, %(fault)s, %(milliseconds)s, now()
      FROM tenants_webhook
     WHERE id = %(id)s
)
UPDATE tenants_webhook
   SET test_asked_at = NULL
 WHERE id = %(id)s AND test_asked_at = %(asked_at)s
"""
LET_GO = """
UPDATE tenants_webhook
   SET held_by = NULL, held_until = now()
 WHERE id = %(id)s AND held_by = %(worker)s
"""
LET_ALL_GO = """
UPDATE tenants_webhook
   SET held_by = NULL, held_until = now()
 WHERE held_by = %(worker)s
"""


@dataclass(slots=True)
class Held:
    """A webhook that a worker holds, as it was when that began; `position` moves with what is delivered.

    `last` is the number of the tenant's last changeset. `is_waiting`: it is held for a test event alone.
    `is_sandbox`: its tenant is one.
    """

    id: int
    tenant_id: UUID
    url: str
    entities: list[str]
    operations: list[str]
    position: int
    attempts: int
    version: int
    secret: str
    former_secret: str
    test_asked_at: datetime | None
    is_waiting: bool
    is_sandbox: bool
    last: int = 0

    def lets_through(self, entity: str, operation: str) -> bool:
        """Tell whether the webhook is told of such changesets."""
        of_entity = not self.entities or entity in self.entities
        return of_entity and (not self.operations or operation in self.operations)


def hold_waiting(worker: UUID, most: int, but: Iterable[int]) -> list[Held]:
    """Hold at most so many webhooks for which there is something to do, `but` those that the worker has already.

    One statement where there is no webhook, two where there is nothing to do.
    """
    waiting = {row[0]: row[1:] for row in execute(WAITING).fetchall()}
    for own in but:
        waiting.pop(own, None)
    behind = _behind(waiting.values())
    due = [id_ for id_, (tenant_id, position, asked) in waiting.items() if asked or position < behind.get(tenant_id, 0)]
    if not due or most < 1:
        return []
    named = {"worker": worker, "ids": as_array(due), "most": most, "seconds": HELD_SECONDS}
    held = [Held(*row) for row in execute(HOLD, named).fetchall()]
    for webhook in held:
        webhook.last = behind.get(webhook.tenant_id, 0)
    return held


def _behind(waiting: Iterable[tuple[UUID, int, bool]]) -> dict[UUID, int]:
    """Return the last numbers of those tenants whose webhooks are not all there yet."""
    least: dict[UUID, int] = {}
    for tenant_id, position, _ in waiting:
        least[tenant_id] = min(position, least.get(tenant_id, position))
    if not least:
        return {}
    named = {"tenants": as_array(least), "positions": as_array(least.values())}
    return dict(execute(NEWS, named).fetchall())


def note_delivered(worker: UUID, webhook: Held, number: int, outcome: Outcome) -> bool:
    """Note that a webhook got a changeset; tell whether to go on."""
    found = execute(DELIVERED, {**_named(worker, webhook, outcome), "number": number}).fetchall()
    webhook.position, webhook.attempts = number, 0
    return bool(found and found[0][0])


def note_passed(worker: UUID, webhook: Held, number: int) -> bool:
    """Note that nothing up to a number concerns a webhook; tell whether to go on."""
    named = {"id": webhook.id, "worker": worker, "position": webhook.position, "version": webhook.version}
    found = execute(PASSED, {**named, "number": number, "seconds": HELD_SECONDS}).fetchall()
    webhook.position = number
    return bool(found and found[0][0])


def note_failed(worker: UUID, webhook: Held, number: int, outcome: Outcome) -> None:
    """Note that an attempt failed, and let the webhook go until the next, or pause it."""
    fault = outcome.fault or Fault.STATUS
    named: dict[str, Any] = {
        **_named(worker, webhook, outcome),
        "number": number,
        "fault": fault.value,
        "reason": PAUSES[fault].value if fault in PAUSES else "",
        "wait": seconds_until_next(webhook.attempts, outcome.retry_after),
        "most_seconds": MOST_FAILING,
    }
    del named["seconds"], named["version"]
    with transaction.atomic():
        for tenant_id, reason in execute(FAILED, named).fetchall():
            if reason:
                details = [f"webhook #{webhook.id}", PauseReason(reason).label]
                record(AuditKind.WEBHOOK_PAUSED, SERVER, tenant_id=tenant_id, details=details)


def note_tested(id_: int, asked_at: datetime | None, outcome: Outcome) -> None:
    """Note what became of a test event."""
    fault = outcome.fault.value if outcome.fault else ""
    named = {"id": id_, "asked_at": asked_at, "status": outcome.status, "fault": fault}
    execute(TESTED, {**named, "milliseconds": outcome.milliseconds})


def let_go(worker: UUID, webhook: Held) -> None:
    """Let a webhook go, for whoever comes first."""
    execute(LET_GO, {"id": webhook.id, "worker": worker})


def let_all_go(worker: UUID) -> None:
    """Let go all that a worker holds."""
    execute(LET_ALL_GO, {"worker": worker})


def seconds_until_next(attempts: int, retry_after: int) -> int:
    """Return how long to wait after so many attempts that failed and one more: as long as the receiver asks, if longer.

    But never longer than LONGEST_WAIT.
    """
    return min(max(WAITS[min(attempts, len(WAITS) - 1)], retry_after), LONGEST_WAIT)


def _named(worker: UUID, webhook: Held, outcome: Outcome) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "worker": worker,
        "position": webhook.position,
        "version": webhook.version,
        "seconds": HELD_SECONDS,
        "attempt": webhook.attempts + 1,
        "status": outcome.status,
        "milliseconds": outcome.milliseconds,
    }
