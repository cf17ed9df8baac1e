"""How tenants are moved between the nodes of a Citus cluster, while they are read and written.

Reads never wait. At the end of a move the shard's writes wait for a moment, and are then asked to come again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.sql import SQL

from hub.sql.files import read_sql
from tenants.cluster import NotPossible, distributed_tables, require_distribution
from tenants.distribution import ANALYSE_ROWS
from tenants.shards import Home, Node, find_homes, find_nodes, home_of, node_named, rows

SPLIT = SQL("SELECT citus_split_shard_by_split_points(%s, %s::text[], %s::int[], 'auto')")
MOVE = SQL("SELECT citus_move_shard_placement(%s, %s, %s, 'auto')")
ON_ALL_NODES = SQL("SELECT sum(result::bigint) FROM run_command_on_all_nodes(%s)")
SIZE = "SELECT pg_database_size(current_database())"
SHARDS = SQL(
    "SELECT its.shardid FROM pg_dist_shard its JOIN pg_dist_shard s USING (shardminvalue) WHERE s.shardid = %s"
)
LAST_SHARD = SQL("SELECT last_value FROM pg_dist_shardid_seq")
KEYS_SINCE = """
SELECT count(*)
  FROM pg_index
  JOIN pg_class c ON c.oid = indrelid
 WHERE indisprimary AND relkind = 'r' AND substring(relname, '_([0-9]+)$')::bigint > {last}
"""
NO_STREAMS = read_sql("tenants", "no_streams")
ON_NODES_ALONE = SQL("SELECT success, result FROM run_command_on_all_nodes(%s)")
LOCK = SQL("SELECT lock_shard_metadata(7, %s::bigint[])")  # 7: exclusive; writers have it shared
LOCK_THERE = SQL("SELECT on_shard(%s, %s, '', '{}')")
# A shard has no statistics after a move; autovacuum would come in a minute.
ANALYSE = SQL("""
SELECT success
  FROM (SELECT string_agg(format(%s, shard_name(logicalrelid, shardid)), ';') AS commands
          FROM pg_dist_shard
         WHERE shardminvalue = %s) s
 CROSS JOIN LATERAL master_run_on_worker(ARRAY[%s], ARRAY[%s]::int[], ARRAY[commands], true)
""")
# A node takes what a move copies to it by subscriptions, each of which needs a worker process of the node.
WITHOUT_WORKERS = """
SELECT count(*)
  FROM pg_stat_subscription w
  JOIN pg_subscription s ON s.oid = w.subid
  JOIN pg_database d ON d.oid = s.subdbid
 WHERE d.datname = current_database() AND s.subname LIKE 'citus%' AND w.pid IS NULL
"""
START = SQL("SELECT citus_rebalance_start('by_disk_size', shard_transfer_mode => 'auto')")
STOP = SQL("SELECT citus_rebalance_stop()")
STATUS = SQL("SELECT state::text, details::text FROM citus_rebalance_status()")
ENDED = {"finished", "failed", "cancelled"}
PAUSE_SECONDS = 1
HELD_SECONDS = 8  # that writers may wait; hub.settings bounds their locks to 10
NO_WORKERS = "waits for a free worker process (max_worker_processes, max_logical_replication_workers of its nodes)"
UNDER_WAY = "Another move is under way: try again when it has ended."
BUSY = "A write held the shard for too long, so nothing has moved: try again."
SLOW = "The nodes are too busy to make a shard while its writers wait, so nothing has moved: try again."
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
    if former.is_own:
        with _running(MOVE, [former.shard, former.node.id, target.id]) as moving:
            _watch(moving, former, target, tell)
    else:
        _split(former, target, tell)
    rows(ANALYSE, [ANALYSE_ROWS, str(former.hash), target.host, target.port])
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
            tell(_moved_so_far(orjson.loads(rows(STATUS)[0][1])))
            time.sleep(PAUSE_SECONDS)
    except KeyboardInterrupt:
        _tried(STOP)
        raise
    state, details = rows(STATUS)[0]
    if state != "finished":
        raise NotPossible(f"The rebalancing has {state}. {_first_message(orjson.loads(details))}".strip())
    return True


def _emptiest(nodes: Sequence[Node]) -> Node:
    known = [node for node in nodes if node.bytes is not None]
    if not known:
        raise NotPossible("No node answers.")
    return min(known, key=lambda node: node.bytes or 0)


def _split(home: Home, target: Node, tell: Tell) -> None:
    """Give a tenant a shard of its own on a node: its hash is taken out of those of the shard; the others stay.

    Citus makes the new shards' keys a moment after it has begun to note what changes, and can't apply an update from
    before: it tries for ever (its issue 6790). So the shard's writers wait until the keys are there. And it does not
    know that PostgreSQL 18 streams long transactions, such as the copy: it would be told of its own rows.
    """
    points = [point for point in (home.hash - 1, home.hash) if home.first <= point < home.last]
    before, after = home.first < home.hash, home.hash < home.last
    places = [home.node.id] * before + [target.id] + [home.node.id] * after
    # Each new shard has its tables on the node that it comes from, where empty ones stand for those that go elsewhere.
    keys = (len(places) + (target != home.node)) * len(distributed_tables())
    last = rows(LAST_SHARD)[0][0]
    with ExitStack() as held:
        held.enter_context(_held(home))
        with _running(SPLIT, [home.shard, points, places]) as moving:
            _wait_for_keys(moving, KEYS_SINCE.format(last=last), keys)
            held.close()
            rows(ON_NODES_ALONE, [NO_STREAMS])
            _watch(moving, home, target, tell)


@contextmanager
def _held(home: Home) -> Iterator[None]:
    """Let the writers of a shard wait as long as the block runs: those that go through this node, and all others."""
    shards = [shard for (shard,) in rows(SHARDS, [home.shard])]
    with transaction.atomic():
        _tried(LOCK, [shards])
        _tried(LOCK_THERE, [home.tenant, f"SELECT lock_shard_metadata(7, ARRAY[{home.shard}])::text AS locked"])
        yield


def _wait_for_keys(moving: Future[None], question: str, keys: int) -> None:
    """Wait until the new shards have all their keys, or the move has ended; not for long. Raises NotPossible."""
    end = time.monotonic() + HELD_SECONDS
    while not moving.done() and int(rows(ON_ALL_NODES, [question])[0][0]) < keys:
        if time.monotonic() > end:
            raise NotPossible(SLOW)
        time.sleep(0.05)


@contextmanager
def _running(statement: SQL, parameters: Sequence[Any]) -> Iterator[Future[None]]:
    """Run a long statement on a connection of its own, and wait for it; an exception, or an interrupt, cancels it.

    Raises NotPossible.
    """
    with closing(connection.copy()) as aside, ThreadPoolExecutor(1) as pool:
        aside.inc_thread_sharing()
        aside.ensure_connection()
        moving = pool.submit(_run, aside, statement, parameters)
        try:
            yield moving
            moving.result()
        except BaseException:
            aside.connection.cancel_safe()
            raise


def _watch(moving: Future[None], home: Home, target: Node, tell: Tell) -> None:
    """Tell how far a move is until it has ended: the nodes grow by what the shard has."""
    start = _size()
    what = f"{home.slug} to {target.address}"
    while not wait([moving], PAUSE_SECONDS).done:
        part = min(1, max(0, _size() - start) / (home.bytes or 1))
        waits = rows(ON_ALL_NODES, [WITHOUT_WORKERS])[0][0]
        tell(Progress(f"{what} {NO_WORKERS}" if waits else what, part))


def _run(on: BaseDatabaseWrapper, statement: SQL, parameters: Sequence[Any]) -> None:
    try:
        with on.cursor() as cursor:
            cursor.execute(statement, parameters)
    except DatabaseError as error:
        raise NotPossible(_reason(error)) from error


def _tried(statement: SQL, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    try:
        return rows(statement, parameters)
    except DatabaseError as error:
        raise NotPossible(_reason(error)) from error


def _size() -> int:
    return int(rows(ON_ALL_NODES, [SIZE])[0][0])


def _is_rebalancing() -> bool:
    return any(state not in ENDED for state, _ in rows(STATUS))


def _moved_so_far(details: dict[str, Any]) -> Progress:
    counts = details["task_state_counts"]
    done, total = counts.get("done", 0), sum(counts.values())
    message = _first_message(details)
    return Progress(f"{done} of {total} shards moved" + (f", {message}" if message else ""), done / total)


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
