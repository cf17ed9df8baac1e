"""Spreading tenants over the nodes of a Citus cluster (tenants.cluster), and bringing them back."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection, transaction
from psycopg.sql import SQL, Composable, Identifier

from hub.sql.execute import IDS_OF_A_BLOCK
from hub.sql.files import ROOT, read_sql
from tenants.changes.gate import close_gate, open_gate, wait_for_turn
from tenants.cluster import FEED, NotPossible, distributed_tables, require_citus, rows, tenant_tables

ON_SHARD = "on_shard"
UNDER_WAY = "Tenants are being distributed or loaded by another command: try again when it has ended."
REMAINS = "The cluster is still removing what a move has left: try again in a minute."
SHARDS = 32  # the largest number of nodes that one tenant's neighbours can be spread over
ANALYSE_ROWS = "DO $$ BEGIN IF EXISTS (SELECT FROM %1$s) THEN ANALYZE %1$s; END IF; END $$"  # of a shard
PATIENCE_SECONDS = 15  # for those who are in the middle of something when the gate closes


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
    if rows("SELECT 1 FROM pg_dist_cleanup LIMIT 1"):
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
    return int(rows(newest.format(table, Identifier(table)))[0][0])


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
    for name, signature in rows(
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
            rows("SELECT success FROM run_command_on_shards(%s, %s)", [table, ANALYSE_ROWS])
        elif rows(SQL("SELECT 1 FROM {} LIMIT 1").format(Identifier(table))):
            _run(SQL("ANALYZE {}").format(Identifier(table)))


def _wait_for_others() -> None:
    """Wait until nobody is in a transaction that began before now, or for as long as a write takes at most."""
    end = time.monotonic() + PATIENCE_SECONDS
    (now,) = rows("SELECT clock_timestamp()")[0]
    busy = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND xact_start < %s"
    )
    while rows(busy, [now]) and time.monotonic() < end:
        time.sleep(0.1)


def _end_connections() -> None:
    """End the hub's other connections: each asks at its beginning whether tenants are distributed."""
    rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND usename = current_user AND backend_type = 'client backend'"
        " AND application_name NOT LIKE 'citus%%'",
        [],
    )
    connection.close()


def _run(statement: Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
