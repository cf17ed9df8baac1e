"""Tenants on the nodes of a Citus cluster: which tables are distributed, what that takes, how it is done and undone.

The tables of TenantOwned models, and the feed, are distributed by tenant_id and co-located, so that a tenant's rows are
together on one node. All others stay plain tables of the coordinator: who may call is asked there, of PostgreSQL alone.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.apps import apps
from django.db import connection, transaction
from psycopg.sql import SQL, Composable, Identifier

from hub.sql.execute import IDS_OF_A_BLOCK
from hub.sql.files import ROOT, read_sql
from tenants.changes.gate import close_gate, open_gate, wait_for_turn
from tenants.models import Feed, TenantOwned

FEED = Feed._meta.db_table
ON_SHARD = "on_shard"
UNDER_WAY = "Tenants are being distributed or loaded by another command: try again when it has ended."
REMAINS = "The cluster is still removing what a move has left: try again in a minute."
SHARDS = 32  # the largest number of nodes that one tenant's neighbours can be spread over
ROWS_A_SECOND = 60_000  # of customers, moved to shards on the same machine: docs/scaling.md
ANALYSE_ROWS = "DO $$ BEGIN IF EXISTS (SELECT FROM %1$s) THEN ANALYZE %1$s; END IF; END $$"  # of a shard
PATIENCE_SECONDS = 15  # for those who are in the middle of something when the gate closes
NO_EXTENSION = (
    "This database has no Citus: install its packages on every node, name it in shared_preload_libraries and run"
    " CREATE EXTENSION citus, as docs/scaling.md says."
)
NO_COORDINATOR = "This node is a worker: DATABASE_URL must name the coordinator."
# What a server logs of a statement that fails: its text, where Citus has put the values, and the row in the way of it.
LOGS_VALUES = (
    "SELECT current_setting('log_min_error_statement') NOT IN ('fatal', 'panic')"
    " OR current_setting('log_error_verbosity') <> 'terse'"
)
NOT_DISTRIBUTED = "The tables of tenants are not distributed: manage.py distribute does it."


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
        for row in _rows(
            "SELECT relname, greatest(reltuples, 0)::bigint, pg_total_relation_size(oid)"
            "  FROM pg_class WHERE oid = ANY (%s::regclass[]) ORDER BY 3 DESC",
            [tenant_tables()],
        )
        if row[0] not in distributed_tables()
    ]
    nodes = _rows(
        "SELECT nodename || ':' || nodeport FROM pg_dist_node"
        " WHERE noderole = 'primary' AND shouldhaveshards ORDER BY nodename, nodeport"
    )
    return Plan(sizes, [address for (address,) in nodes])


def require_citus() -> None:
    """Raise NotPossible where this is no coordinator of Citus."""
    if not _rows("SELECT 1 FROM pg_extension WHERE extname = 'citus'"):
        raise NotPossible(NO_EXTENSION)
    if _rows("SELECT 1 FROM pg_dist_local_group WHERE groupid <> 0"):
        raise NotPossible(NO_COORDINATOR)


def require_distribution() -> None:
    """Raise NotPossible where tenants do not live on shards."""
    require_citus()
    if FEED not in distributed_tables():
        raise NotPossible(NOT_DISTRIBUTED)


def nodes_that_log_values() -> list[str]:
    """Return the nodes, host:port, whose log would have a statement that failed with its values, personal ones, too."""
    found = _rows(
        "SELECT nodename || ':' || nodeport FROM run_command_on_all_nodes(%s) JOIN pg_dist_node USING (nodeid)"
        " WHERE success AND result = 't' ORDER BY 1",
        [LOGS_VALUES],
    )
    return [address for (address,) in found]


def distributed_tables() -> set[str]:
    """Return the tables of tenants that are distributed."""
    named = _rows("SELECT logicalrelid::regclass::text FROM pg_dist_partition")
    return {name for (name,) in named} & set(tenant_tables())


def distribute(tell: Callable[[str], object], *, shards: int = SHARDS) -> bool:
    """Distribute the tables of tenants that are not, with the rows they have, in one transaction.

    The gate of the API is closed meanwhile. `tell` hears of each table as it is begun. Every node gets the functions as
    they are here. Returns False where no table was to be moved. Raises NotPossible.
    """
    moving = _undistributed()
    if moving:
        with _alone(_undistributed) as moving:
            _run(SQL("SET LOCAL citus.shard_count = {}").format(shards))
            _create_ids()
            for number, table in enumerate(moving, 1):
                tell(f"{number}/{len(moving)} {table}")
                _distribute(table)
            _share_functions()
        _analyse(moving)
    else:
        with transaction.atomic():
            _share_functions()
    return bool(moving)


def undistribute(tell: Callable[[str], object]) -> bool:
    """Bring the tables of tenants back to plain tables of the coordinator; returns False where none is distributed.

    Raises NotPossible.
    """
    if not _distributed():
        return False
    _remove_remains()
    with _alone(_distributed) as moving:
        for number, table in enumerate(moving, 1):
            tell(f"{number}/{len(moving)} {table}")
            if table in distributed_tables():  # a table may have come with the one that its foreign key names
                _run(SQL("SELECT undistribute_table({}, cascade_via_foreign_keys => true)").format(table))
            if table != FEED:
                _restore_identity(table)
        for signature in ("on_shard(uuid, text, text, bigint[])", "next_id()"):
            _run(SQL("DROP FUNCTION IF EXISTS {}").format(SQL(signature)))
        _run(SQL("DROP SEQUENCE IF EXISTS hub_ids"))
    _analyse(moving)
    return True


def _remove_remains() -> None:
    """Remove the copies that moves have left, which depend on the functions that are to go. Raises NotPossible."""
    _run(SQL("CALL citus_cleanup_orphaned_resources()"))
    if _rows("SELECT 1 FROM pg_dist_cleanup LIMIT 1"):
        raise NotPossible(REMAINS)


def _distributed() -> list[str]:
    require_citus()
    return [table for table in tenant_tables() if table in distributed_tables()]


def _undistributed() -> list[str]:
    require_citus()
    return [table for table in tenant_tables() if table not in distributed_tables()]


@contextmanager
def _alone(find: Callable[[], list[str]]) -> Iterator[list[str]]:
    """Close the gate, wait for those inside, hold the tables for one transaction, and let everybody connect anew.

    `find` tells the tables, once nobody else moves any. Raises NotPossible where somebody does.
    """
    try:
        close_gate()
    except psycopg.errors.LockNotAvailable as error:
        raise NotPossible(UNDER_WAY) from error
    try:
        _wait_for_others()
        tables = find()
        with transaction.atomic():
            _run(SQL("SET LOCAL lock_timeout = '60s'"))
            # One connection a node: tables and the functions that they need come and go in one transaction.
            _run(SQL("SET LOCAL citus.multi_shard_modify_mode = 'sequential'"))
            names = SQL(", ").join(map(Identifier, tables))
            if tables:
                _run(SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
            yield tables
        _end_connections()
    finally:
        open_gate()


def _create_ids() -> None:
    """Make the sequence of ids, beyond all that were ever given (tenants/sql/functions/next_id.sql)."""
    given = max(_last_id(table) for table in tenant_tables() if table != FEED)
    start = (given // IDS_OF_A_BLOCK + 1) * IDS_OF_A_BLOCK
    _run(SQL("CREATE SEQUENCE IF NOT EXISTS hub_ids INCREMENT BY {} START {}").format(IDS_OF_A_BLOCK, start))
    _run(SQL(read_sql("tenants", "functions/next_id")))


def _last_id(table: str) -> int:
    """Return the last id that a table has given, whether or not its row is still there; 0 for none."""
    newest = SQL(
        "SELECT greatest(max(id), pg_sequence_last_value(pg_get_serial_sequence({}, 'id')::regclass), 0) FROM {}"
    )
    return int(_rows(newest.format(table, Identifier(table)))[0][0])


def _distribute(table: str) -> None:
    """Spread one table, beside the feed, with ids of the hub's sequence: shards have no identity columns."""
    if table != FEED:
        _run(SQL("ALTER TABLE {} ALTER id DROP IDENTITY").format(Identifier(table)))
        _run(SQL("ALTER TABLE {} ALTER id SET DEFAULT next_id()").format(Identifier(table)))
    beside = "none" if table == FEED else FEED
    _run(SQL("SELECT create_distributed_table({}, 'tenant_id', colocate_with => {})").format(table, beside))


def _restore_identity(table: str) -> None:
    """Let a table give its ids itself again, beyond those that the hub's sequence gave."""
    _run(SQL("ALTER TABLE {} ALTER id DROP DEFAULT").format(Identifier(table)))
    _run(SQL("ALTER TABLE {} ALTER id ADD GENERATED BY DEFAULT AS IDENTITY").format(Identifier(table)))
    set_next = SQL(
        "SELECT setval(pg_get_serial_sequence({}, 'id'),"
        " greatest(max(id) + 1, (SELECT last_value + {} FROM hub_ids)), false) FROM {}"
    )
    _run(set_next.format(table, IDS_OF_A_BLOCK, Identifier(table)))


def _share_functions() -> None:
    """Let every node have the hub's functions, as they are here, now and whenever one is replaced."""
    wait_for_turn()  # of two who replace a function at once, one would fail
    _run(SQL("SET LOCAL citus.create_object_propagation = 'immediate'"))
    for app, name in _functions():
        _run(SQL(read_sql(app, f"functions/{name}")))
    names = [name for _, name in _functions()]
    for name, signature in _rows(
        "SELECT proname, oid::regprocedure::text FROM pg_proc WHERE proname = ANY (%s)", [names]
    ):
        delegated = SQL(", 'tenant', colocate_with => {}, force_delegation => true").format(FEED)
        more = delegated if name == ON_SHARD else SQL("")
        _run(SQL("SELECT create_distributed_function({}{})").format(signature, more))


def _functions() -> list[tuple[str, str]]:
    """Return (app, name) of the hub's own functions."""
    return sorted((path.parents[2].name, path.stem) for path in ROOT.glob("*/sql/functions/*.sql"))


def _analyse(tables: Iterable[str]) -> None:
    """Let the planner know what moved.

    Of an empty table, or shard, it is better to know nothing than that it is empty: plans of then last until the next
    ANALYZE, and the 200th batch of products took 140 ms instead of 9.
    """
    for table in tables:
        if table in distributed_tables():
            _rows("SELECT success FROM run_command_on_shards(%s, %s)", [table, ANALYSE_ROWS])
        elif _rows(SQL("SELECT 1 FROM {} LIMIT 1").format(Identifier(table))):
            _run(SQL("ANALYZE {}").format(Identifier(table)))


def _wait_for_others() -> None:
    """Wait until nobody is in a transaction that began before now, or for as long as a write takes at most."""
    end = time.monotonic() + PATIENCE_SECONDS
    (now,) = _rows("SELECT clock_timestamp()")[0]
    busy = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND xact_start < %s"
    )
    while _rows(busy, [now]) and time.monotonic() < end:
        time.sleep(0.1)


def _end_connections() -> None:
    """End the hub's other connections: each asks at its beginning whether tenants are distributed."""
    _rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND usename = current_user AND backend_type = 'client backend'"
        " AND application_name NOT LIKE 'citus%%'",
        [],
    )
    connection.close()


def _rows(statement: str | Composable, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _run(statement: Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
