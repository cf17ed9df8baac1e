"""The database: how large it is, what of it, who is connected, and how far a replica is behind. Of catalogs alone."""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connections

from hub.sql.execute import is_distributed
from hub.sql.replica import PRIMARY, REPLICA
from tenants.system.figures import Card, Figure, Table, ask, said, sized

MOST = 12  # tables and indexes that are shown
CONNECTIONS_PERCENT = 80
TRANSACTION_SECONDS = 900
REPLICA_SECONDS = 60
DEAD_ROWS, DEAD_PERCENT = 50_000, 30

SERVER = """
SELECT current_setting('server_version'), pg_database_size(current_database()),
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       (SELECT extract(epoch FROM max(now() - xact_start))::float FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid())
"""
TABLES = """
SELECT s.relname, {size}, greatest(c.reltuples, 0)::bigint, s.n_live_tup, s.n_dead_tup,
       greatest(s.last_autovacuum, s.last_vacuum)
  FROM pg_stat_user_tables s
  JOIN pg_class c ON c.oid = s.relid
 WHERE s.schemaname = 'public'
 ORDER BY 2 DESC
 LIMIT %(most)s
"""
INDEXES = """
SELECT indexrelname, relname, pg_relation_size(indexrelid), idx_scan
  FROM pg_stat_user_indexes
 WHERE schemaname = 'public'
 ORDER BY 3 DESC
 LIMIT %(most)s
"""
OWN_SIZE = "pg_total_relation_size(s.relid)"
# Of a table that is on all nodes its size on all of them; the coordinator has none of its rows.
SIZE_ON_ALL = """CASE WHEN EXISTS (SELECT 1 FROM pg_dist_partition p WHERE p.logicalrelid = s.relid)
                      THEN citus_total_relation_size(s.relid) ELSE pg_total_relation_size(s.relid) END"""
REPLAYED = """
SELECT CASE WHEN NOT pg_is_in_recovery() THEN NULL
            WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float END
"""


def server() -> Card:
    """Return the database's server: version, size, connections, transactions, replica."""
    version, size, most, used, oldest = _server()
    percent = 100 * used // most
    return Card(
        "Database",
        [
            Figure("PostgreSQL", str(version)),
            Figure("Size", sized(size) + (" on the coordinator" if is_distributed() else "")),
            Figure(
                "Connections",
                f"{used} of {most}",
                f"Bad from {CONNECTIONS_PERCENT} % on: fewer WORKERS or THREADS, or a higher max_connections.",
                percent >= CONNECTIONS_PERCENT,
            ),
            Figure(
                "Oldest transaction",
                said(oldest),
                "Bad from 15 minutes on: nothing that is deleted meanwhile leaves the disk."
                " Look who it is in pg_stat_activity, and end it.",
                (oldest or 0) >= TRANSACTION_SECONDS,
            ),
            replica(),
        ],
    )


def _server() -> Any:
    return ask(SERVER)[0]


def replica() -> Figure:
    """Return how far the replica is behind that lists are read from."""
    rule = "Bad from 60 seconds on, or where it is away: pages are read from the primary meanwhile (docs/scaling.md)."
    if REPLICA not in connections.settings:
        return Figure("Replica", "none: READ_DATABASE_URL is not set")
    if connections[REPLICA].settings_dict is connections[PRIMARY].settings_dict:
        return Figure("Replica", "the primary itself", rule)
    try:
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(REPLAYED)
            behind: float | None = cursor.fetchone()[0]
    except DatabaseError:
        return Figure("Replica", "cannot be reached", rule, is_bad=True)
    if behind is None:
        return Figure("Replica", "is no replica: it replays nothing", rule, is_bad=True)
    return Figure("Replica", f"{said(behind)} behind", rule, behind >= REPLICA_SECONDS)


def relations(show: Callable[[Any], object]) -> Card:
    """Return the largest tables and indexes."""
    tables: list[Any] = ask(TABLES.format(size=SIZE_ON_ALL if is_distributed() else OWN_SIZE), {"most": MOST})
    indexes: list[Any] = ask(INDEXES, {"most": MOST})
    dead = [row[0] for row in tables if row[4] >= DEAD_ROWS and row[4] * 100 >= DEAD_PERCENT * max(row[3], 1)]
    note = "Rows and dead rows are the coordinator's alone." if is_distributed() else ""
    return Card(
        "Tables and indexes",
        [
            Figure(
                "Dead rows",
                f"too many in {', '.join(dead)}" if dead else "within bounds",
                "Bad from 50,000 and 30 % of a table on: autovacuum is behind. Look for an old transaction first,"
                " then VACUUM the table.",
                bool(dead),
            )
        ],
        [
            Table(
                "Largest tables",
                ("Table", "Size with indexes", "Rows, about", "Dead rows", "Vacuumed"),
                [
                    (name, sized(size), f"{max(rows, live):,}", f"{dead:,}", show(at) if at else "–")
                    for name, size, rows, live, dead, at in tables
                ],
                note=note,
            ),
            Table(
                "Largest indexes",
                ("Index", "Of table", "Size", "Times used"),
                [(name, table, sized(size), f"{scans:,}") for name, table, size, scans in indexes],
                note=note and "Of distributed tables these are on other nodes, and not shown.",
            ),
        ],
    )
