"""The statements of a write (tenants.changes.writing): its lock, and what stores rows and records the changeset."""

from dataclasses import replace

from hub.sql.files import read_sql
from hub.sql.upsert import Table, recordset, upsert_statement
from tenants.changes.changesets import LISTED, recording
from tenants.changes.results import Telling

LOCK = "SELECT lock_tenant('tenants_feed', %(tenant_id)s, %(priority)s, %(source)s, %(key)s, %(exclusive)s)"
SHARED, EXCLUSIVE = (LOCK.replace("%(exclusive)s", exclusive) for exclusive in ("false", "true"))
# What the lock said that there is to look for: who was forgotten, or withdrawals to note at images.
LOOK = """
SELECT coalesce('' = ANY (forgotten_by) OR %(source)s = ANY (forgotten_by), false) AS suppresses,
       coalesce(heard_until > %(now)s, false) AS hears,
       coalesce(heard_until > %(now)s::timestamptz + interval '7 days', false) AS hears_on
  FROM tenants_feed
 WHERE tenant_id = %(tenant_id)s
"""
# What lock_tenant compares with the priority that a writer was told.
TELL_PRIORITY = """
INSERT INTO tenants_feed (tenant_id, number, priority)
VALUES (%(tenant_id)s, 0, %(priority)s)
    ON CONFLICT (tenant_id) DO UPDATE
   SET priority = excluded.priority
RETURNING priority
"""
# What tenants.changes.remains finds.
NOTE_ERASURE = """
INSERT INTO tenants_feed (tenant_id, number, erased_at)
VALUES (%(tenant_id)s, 0, %(now)s)
    ON CONFLICT (tenant_id) DO UPDATE
   SET erased_at = excluded.erased_at
RETURNING erased_at
"""
AT_ONCE = read_sql("tenants", "at_once")
# Whether a write must look before it stores, of what lock_tenant says that there is: without images, of the forgotten.
MEETS_FORGOTTEN = "meets_forgotten('tenants_feed', %(tenant_id)s, %(source)s)"
CLOSED = f"""CASE
               WHEN NOT looks THEN false
               WHEN {MEETS_FORGOTTEN} THEN true
               ELSE {{note}} IS NULL
           END"""
STORED = """SELECT id, CASE WHEN is_new THEN 'created' ELSE 'updated' END, before, after, supplied, against_staff
      FROM stored"""


def at_once_statement(table: Table, *, note: str, question: str = "", telling: Telling | None = None) -> str:
    """Compose what `store_at_once` runs: lock, upsert and changeset, for 500 rows two thirds of the round trips' time.

    `note` is SQL that notes at images what the rows of the CTE `sent` withdraw, whose columns are the fields of the
    table; it is never null. The upsert returns (id, is_new, before, after, supplied, against_staff), as `recording`
    says. It stores nothing, and the last column returned is true, where forgotten persons must be looked for first, or
    where `question` is true: SQL that may read `sent`, too. A question needs the exclusive lock. Both need a volatile
    function: the statement's own snapshot may be older than the lock it waited for.
    `telling` has it tell what became of each row, too.
    """
    gated = replace(table, source="CROSS JOIN gate WHERE NOT gate.closed", rows="sent")
    upsert = upsert_statement(telling.returning(gated) if telling else gated)
    lock, asked = (EXCLUSIVE, f"\n        OR {question}") if question else (SHARED, "")
    closed = CLOSED.format(note=note) + asked
    ctes = AT_ONCE.format(lock=lock, recordset=recordset(table), closed=closed, upsert=upsert)
    told = "(SELECT closed FROM gate) AS closed"
    return recording(STORED, ctes=ctes, more=f"{told},\n       {telling.outcomes}" if telling else told)


def store_statement(table: Table, *, telling: Telling | None = None) -> str:
    """Compose what `Write.store` runs: the upsert, and the changeset of all that the write did.

    The upsert returns (id, is_new, before, after, supplied, against_staff), as `recording` says. `telling` has it tell
    what became of each row, too.
    """
    upsert = upsert_statement(telling.returning(table) if telling else table)
    stored = f"stored(id, is_new, before, after, supplied, against_staff) AS (\n{upsert}\n)"
    return recording(f"{STORED}\n     UNION ALL\n    {LISTED}", ctes=stored, more=telling.outcomes if telling else "")
