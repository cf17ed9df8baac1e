"""What this database is: one server or the coordinator of a Citus cluster, and which tables of tenants are spread.

The tables of TenantOwned models, and the feed, are distributed by tenant_id and co-located, so that a tenant's rows are
together on one node. All others stay plain tables of the coordinator: who may call is asked there, of PostgreSQL alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from psycopg.sql import Composable

from tenants.models import Feed, TenantOwned

FEED = Feed._meta.db_table
ROWS_A_SECOND = 60_000  # of customers, moved to shards on the same machine: docs/scaling.md
NO_EXTENSION = (
    "This database has no Citus: install its packages on every node, name it in shared_preload_libraries and run"
    " CREATE EXTENSION citus, as docs/scaling.md says."
)
NO_COORDINATOR = "This node is a worker: DATABASE_URL must name the coordinator."
NOT_DISTRIBUTED = "The tables of tenants are not distributed: manage.py distribute does it."
# What a server logs of a statement that fails: its text, where Citus has put the values, and the row in the way of it.
LOGS_VALUES = (
    "SELECT current_setting('log_min_error_statement') NOT IN ('fatal', 'panic')"
    " OR current_setting('log_error_verbosity') <> 'terse'"
)


class NotPossible(Exception):
    """Why the database can't do what was asked, in a line for the operator."""


@dataclass(frozen=True, slots=True)
class Size:
    """A table that is not distributed yet, with its rows as PostgreSQL estimates them and its bytes with indexes."""

    table: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What distributing would do: the tables it would move, and to which nodes, host:port."""

    sizes: list[Size]
    nodes: list[str]

    @property
    def seconds(self) -> int:
        """About how long nobody can write meanwhile."""
        return 5 + sum(size.rows for size in self.sizes) // ROWS_A_SECOND


def tenant_tables() -> list[str]:
    """Return the tables of tenants: the feed, which all others are co-located with, and these, parents before parts."""
    owned = [model._meta.db_table for model in apps.get_models() if issubclass(model, TenantOwned)]
    return [FEED, *owned]


def plan_distribution() -> Plan:
    """Return what `distribute` would do. Raises NotPossible."""
    require_citus()
    sizes = [
        Size(*row)
        for row in rows(
            "SELECT relname, greatest(reltuples, 0)::bigint, pg_total_relation_size(oid)"
            "  FROM pg_class WHERE oid = ANY (%s::regclass[]) ORDER BY 3 DESC",
            [tenant_tables()],
        )
        if row[0] not in distributed_tables()
    ]
    nodes = rows(
        "SELECT nodename || ':' || nodeport FROM pg_dist_node"
        " WHERE noderole = 'primary' AND shouldhaveshards ORDER BY nodename, nodeport"
    )
    return Plan(sizes, [address for (address,) in nodes])


def require_citus() -> None:
    """Raise NotPossible where this is no coordinator of Citus."""
    if not rows("SELECT 1 FROM pg_extension WHERE extname = 'citus'"):
        raise NotPossible(NO_EXTENSION)
    if rows("SELECT 1 FROM pg_dist_local_group WHERE groupid <> 0"):
        raise NotPossible(NO_COORDINATOR)


def require_distribution() -> None:
    """Raise NotPossible where tenants do not live on shards."""
    require_citus()
    if FEED not in distributed_tables():
        raise NotPossible(NOT_DISTRIBUTED)


def nodes_that_log_values() -> list[str]:
    """Return the nodes, host:port, whose log would have a statement that failed with its values, personal ones, too."""
    found = rows(
        "SELECT nodename || ':' || nodeport FROM run_command_on_all_nodes(%s) JOIN pg_dist_node USING (nodeid)"
        " WHERE success AND result = 't' ORDER BY 1",
        [LOGS_VALUES],
    )
    return [address for (address,) in found]


def distributed_tables() -> set[str]:
    """Return the tables of tenants that are distributed."""
    named = rows("SELECT logicalrelid::regclass::text FROM pg_dist_partition")
    return {name for (name,) in named} & set(tenant_tables())


def rows(statement: str | Composable, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    """Ask the database, and return the rows it answers with."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
