"""What PostgreSQL's planner knows of tables that have just grown."""

from collections.abc import Sequence

from django.db import connection
from psycopg.sql import SQL, Identifier

from hub.sql.execute import fetch
from tenants.changes.changesets import as_array

# Tables that it takes for empty, or has never looked at, and that are not small. On a cluster a table is on its nodes.
UNKNOWN = """
SELECT relname
  FROM pg_class
 WHERE oid = ANY (%(tables)s::regclass[]) AND reltuples <= 0 AND pg_relation_size(oid) > 512 * 1024
"""
ANALYZE = SQL("ANALYZE (SKIP_LOCKED) {}")


def learn_sizes(tables: Sequence[str]) -> None:
    """Have the planner look at tables that it takes for empty, as autovacuum does within a minute.

    Until then any index that begins with the tenant is as good as another to it: what looks up many records by their
    keys reads all that the tenant has for each (the plan of an undo of 1,000 orders: 330 to 1,034 ms instead of 19).
    """
    for (table,) in fetch(UNKNOWN, {"tables": as_array(tables)}):
        with connection.cursor() as cursor:
            cursor.execute(ANALYZE.format(Identifier(table)))
