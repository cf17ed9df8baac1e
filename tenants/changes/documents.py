"""Two-level upserts, orders with their line items and products with their variants: one transaction, two statements.

The second statement must see what the first waited for (a concurrent batch may have changed the same document), and a
statement sees what was committed when it began: hence two. The first also takes the lock, the second also records.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hub.sql.execute import execute
from hub.sql.files import read_sql
from hub.sql.upsert import Table, upsert_statement
from tenants.changes.changesets import LOCKED, Receipt, recording

STORE_HEADS = read_sql("tenants", "store_heads")
UNLESS_RECALLED = "CROSS JOIN locked WHERE %(recalled)s OR NOT locked.recalls"  # the `source` of such a table


class Heads(NamedTuple):
    """What the first statement did: whether it stored nothing because forgotten persons must be looked for, and ids."""

    recalls: bool
    created: str
    updated: str


def heads_statement(table: Table) -> str:
    """Compose the first statement: lock and upsert the documents' own rows. Returns one row, see Heads.

    Further parameter: `recalled`, true once forgotten persons have been looked for.
    """
    return STORE_HEADS.format(locked=LOCKED, upsert=upsert_statement(table))


def parts_statement(ctes: str) -> str:
    """Compose the second statement: `ctes` store the parts and end in `touched`, the ids of documents they changed."""
    return recording(
        """SELECT id, 'created', NULL::smallint, NULL::smallint FROM unnest(%(created)s::bigint[]) AS id
           UNION ALL SELECT id, 'updated', NULL, NULL FROM unnest(%(updated)s::bigint[]) AS id
           UNION ALL SELECT id, 'updated', NULL, NULL FROM touched""",
        ctes=ctes,
    )


def store_parts(statement: str, told: Mapping[str, object], heads: Heads, *, received: int, distinct: int) -> Receipt:
    """Run the second statement."""
    counts = {"received": received, "distinct": distinct, "created": heads.created, "updated": heads.updated}
    number, created, updated, _ = execute(statement, {**told, **counts}).fetchall()[0]
    return Receipt(number, received, created, updated, distinct - created - updated)
