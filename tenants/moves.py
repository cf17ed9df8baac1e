"""How tenants are moved between the nodes of a Citus cluster, while they are read and written.

Reads never wait. At the end of a move the shard's writes wait for a moment, and are then asked to come again.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.sql import SQL

from tenants.distribution import NotPossible, require_distribution
from tenants.shards import Home, Node, find_homes, find_nodes, home_of, node_named, rows

# Takes the tenant's hash out of those that its shard has, on to its node; whoever else lives there stays.
SPLIT = SQL("SELECT citus_split_shard_by_split_points(%s, %s::text[], %s::int[], 'auto')")
MOVE = SQL("SELECT citus_move_shard_placement(%s, %s, %s, 'auto')")
SIZE = SQL("SELECT sum(result::bigint) FROM run_command_on_all_nodes('SELECT pg_database_size(current_database())')")
# A shard has no statistics after a move; autovacuum would come in a minute.
ANALYSE = SQL("""
SELECT success
  FROM (SELECT string_agg(shard_name(logicalrelid, shardid), ', ') AS names
          FROM pg_dist_shard
         WHERE shardminvalue = %s) s
 CROSS JOIN LATERAL master_run_on_worker(ARRAY[%s], ARRAY[%s]::int[], ARRAY['ANALYZE ' || names], true)
""")
START = SQL("SELECT citus_rebalance_start('by_disk_size', shard_transfer_mode => 'auto')")
STOP = SQL("SELECT citus_rebalance_stop()")
STATUS = SQL("SELECT state::text, details FROM citus_rebalance_status()")
ENDED = {"finished", "failed", "cancelled"}
PAUSE_SECONDS = 1
UNDER_WAY = "Another move is under way: try again when it has ended."
BUSY = "A write held the shard for too long, so nothing has moved: try again."
NO_RIGHTS = "The user of DATABASE_URL may not move shards: it must own the hub's tables."
PLUGIN = "On every node output_plugin_libraries must name pgoutput and citus; then reload its configuration."


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, and about which part of it is done, from 0 to 1."""

    what: str
    part: float


Tell = Callable[[Progress], object]


def move_tenant(tenant: str, to: str | None, tell: Tell) -> tuple[Home, Home]:
    """Move a tenant, by id or slug, to a shard of its own on the node `to`, host:port, or the one with fewest bytes.

    Returns the former home and the new one, the same where it has been there already. `tell` hears of the progress.
    An interrupt breaks the move off, and leaves the tenant where it was. Raises NotPossible.
    """
    nodes = find_nodes()
    former = home_of(tenant, find_homes(nodes))
    target = node_named(to, nodes) if to else _emptiest(nodes)
    if former.is_own and former.node == target:
        return former, former
    _run_aside(*_move(former, target), Progress(f"{former.slug} to {target.address}", 0), former.bytes or 0, tell)
    rows(ANALYSE, [str(former.hash), target.host, target.port])
    return former, home_of(str(former.tenant), find_homes(find_nodes()))


def rebalance(tell: Tell) -> bool:
    """Move shards until the nodes have about the same bytes; return False where there is nothing to move.

    The cluster does that in the background; where it is at it already, this only looks on. An interrupt stops it, and
    what has moved stays there. Raises NotPossible.
    """
    require_distribution()
    if not _is_rebalancing() and _tried(START)[0][0] is None:
        return False
    try:
        while _is_rebalancing():
            tell(_moved_so_far(rows(STATUS)[0][1]))
            time.sleep(PAUSE_SECONDS)
    except KeyboardInterrupt:
        _tried(STOP)
        raise
    state, details = rows(STATUS)[0]
    if state != "finished":
        raise NotPossible(f"The rebalancing has {state}. {_first_message(details)}".strip())
    return True


def _emptiest(nodes: Sequence[Node]) -> Node:
    known = [node for node in nodes if node.bytes is not None]
    if not known:
        raise NotPossible("No node answers.")
    return min(known, key=lambda node: node.bytes or 0)


def _move(home: Home, target: Node) -> tuple[SQL, list[Any]]:
    """Return the statement that gives a tenant a shard of its own on a node, and its parameters."""
    if home.is_own:
        return MOVE, [home.shard, home.node.id, target.id]
    points = [point for point in (home.hash - 1, home.hash) if home.first <= point < home.last]
    before, after = home.first < home.hash, home.hash < home.last
    places = [home.node.id] * before + [target.id] + [home.node.id] * after
    return SPLIT, [home.shard, points, places]


def _run_aside(statement: SQL, parameters: Sequence[Any], begun: Progress, size: int, tell: Tell) -> None:
    """Run a long statement on a connection of its own; the nodes grow by about `size` bytes meanwhile.

    An interrupt cancels it. Raises NotPossible.
    """
    start = _size()
    with closing(connection.copy()) as aside, ThreadPoolExecutor(1) as pool:
        aside.inc_thread_sharing()
        aside.ensure_connection()
        moving = pool.submit(_run, aside, statement, parameters)
        try:
            while moving in wait([moving], PAUSE_SECONDS).not_done:
                tell(replace(begun, part=min(1, max(0, _size() - start) / max(size, 1))))
        except BaseException:
            aside.connection.cancel_safe()
            raise
        moving.result()


def _run(on: BaseDatabaseWrapper, statement: SQL, parameters: Sequence[Any]) -> None:
    try:
        with on.cursor() as cursor:
            cursor.execute(statement, parameters)
    except DatabaseError as error:
        raise NotPossible(_reason(error)) from error


def _tried(statement: SQL) -> list[tuple[Any, ...]]:
    try:
        return rows(statement)
    except DatabaseError as error:
        raise NotPossible(_reason(error)) from error


def _size() -> int:
    return int(rows(SIZE)[0][0])


def _is_rebalancing() -> bool:
    return any(state not in ENDED for state, _ in rows(STATUS))


def _moved_so_far(details: dict[str, Any]) -> Progress:
    counts = details["task_state_counts"]
    done, total = counts.get("done", 0), sum(counts.values())
    return Progress(f"{done} of {total} shards moved. {_first_message(details)}".strip(), done / total)


def _first_message(details: dict[str, Any]) -> str:
    """Return what the first of the moves that failed says; those are tried again."""
    messages = [task["message"] for task in details["tasks"] if task.get("message")]
    return " ".join(messages[:1]).removeprefix("ERROR:").strip().partition("\n")[0]


def _reason(error: DatabaseError) -> str:
    """Say in a line why a move failed."""
    said = error.__cause__.diag if isinstance(error.__cause__, psycopg.Error) else None
    text = ((said and said.message_primary) or str(error)).removeprefix("ERROR:").strip().partition("\n")[0]
    known = {
        "could not acquire the lock required": UNDER_WAY,
        "is already running": UNDER_WAY,
        "lock timeout": BUSY,
        "must be owner": NO_RIGHTS,
        "output plugin": PLUGIN,
    }
    return next((meaning for words, meaning in known.items() if words in text), f"Nothing has moved: {text}")
