"""A sandbox is emptied, some rows at a time: nobody writes until all are gone, and no statement touches a real tenant.

What it is said to be stands beside its rows, in its row of the feed, which every statement here looks at: `is_sandbox`.
While `is_emptying` stands there, whoever wants to write is asked to come back (lock_tenant): a writer has ended before,
with what it wrote, or comes after. So it is the same whether one transaction takes all or a thousand, and who breaks
off, or is killed, leaves it to be ended by whoever comes next.
The feed's numbers go on. One number is skipped, as if it had expired with all before it: who follows the feed is told
410 and reads all records anew, also who had everything.
"""

import time
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db import transaction

from hub.sql.execute import execute_where_tenant_is
from hub.sql.prepared import Row
from tenants.changes.changesets import lock_key
from tenants.changes.places import place
from tenants.changes.statements import LOCK
from tenants.models import AuditEvent, Look, Tenant, TenantOwned

AT_ONCE = 2000  # rows in one transaction
# Who did what, and who looked at whom, stays: none may take it away who stands in it.
STAYS: tuple[type[TenantOwned], ...] = (AuditEvent, Look)
MARK = """
INSERT INTO tenants_feed (tenant_id, number, is_sandbox)
VALUES (%(tenant_id)s, 0, true)
RETURNING number
"""
BEGIN = """
UPDATE tenants_feed
   SET is_emptying = true, number = number + 1, expired = number + 1
 WHERE tenant_id = %(tenant_id)s AND is_sandbox
RETURNING number
"""
# The database vacuums at night what may have been personal (tenants.changes.remains).
END = """
UPDATE tenants_feed
   SET is_emptying = false, forgotten_by = NULL, heard_until = NULL, erased_at = %(now)s
 WHERE tenant_id = %(tenant_id)s AND is_sandbox AND is_emptying
RETURNING number
"""
EMPTY_TABLE = """
DELETE FROM {table}
 WHERE tenant_id = %(tenant_id)s
   AND id = ANY (ARRAY(SELECT id FROM {table} WHERE tenant_id = %(tenant_id)s LIMIT %(most)s))
   AND EXISTS (SELECT 1 AS one FROM tenants_feed WHERE tenant_id = %(tenant_id)s AND is_sandbox AND is_emptying)
RETURNING id
"""
EMPTIED = [
    model
    for model in reversed(apps.get_models())  # parts before what they are parts of
    if issubclass(model, TenantOwned) and model not in STAYS
]
EMPTY = {model._meta.db_table: EMPTY_TABLE.format(table=model._meta.db_table) for model in EMPTIED}


class NotASandbox(Exception):
    """What is done to sandboxes alone was asked of a real tenant."""


def mark_sandbox(tenant: Tenant) -> None:
    """Note, where a new tenant's rows will be, that it is a sandbox."""
    execute_where_tenant_is(MARK, {"tenant_id": tenant.pk})


def begin_emptying(tenant: Tenant) -> int:
    """Keep writers out of a sandbox from here on, and return the feed's number: the followers' 410 names it.

    In a transaction. Raises NotASandbox, and OperationalError where the tenant's lock is not to be had.
    """
    numbers = _under_lock(tenant, BEGIN)
    if not numbers:
        raise NotASandbox
    return int(numbers[0][0])


def go_on_emptying(tenant: Tenant, *, seconds: float | None = None) -> bool:
    """Delete what a sandbox that is being emptied has, for some seconds at most, and let writers in when all is gone.

    Returns whether it is. Several may do so at once. Raises OperationalError as `begin_emptying` does.
    """
    ends = None if seconds is None else time.monotonic() + seconds
    for statement in EMPTY.values():
        while len(_under_lock(tenant, statement, most=AT_ONCE)) == AT_ONCE:
            if ends is not None and time.monotonic() > ends:
                return False
    execute_where_tenant_is(END, {"tenant_id": tenant.pk, "now": datetime.now(UTC)})
    return True


def _under_lock(tenant: Tenant, statement: str, **parameters: Any) -> list[Row]:
    """Run a statement under the tenant's exclusive lock, through no door: who empties is not kept out."""
    named = {
        "tenant_id": tenant.pk,
        "priority": None,
        "source": None,
        "key": lock_key(tenant),
        "exclusive": True,
    }
    with place(tenant.pk), transaction.atomic():
        execute_where_tenant_is(LOCK, named)
        return execute_where_tenant_is(statement, {"tenant_id": tenant.pk, **parameters})
