"""Test databases on a Citus cluster: where DATABASE_URL names a database of one, tests run on distributed tenants.

It must have the extension and its nodes; nothing in it is read or changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.sql import SQL, Identifier

from hub.environment import database_parameters, read_environment
from hub.sql.execute import FIRSTS

Node = tuple[str, int]
NODES = "SELECT nodename, nodeport FROM pg_dist_node ORDER BY groupid"  # the coordinator is group 0

# For what asks one server's catalog or planner about a table's rows: on a coordinator the rows are elsewhere.
needs_plain_postgres = pytest.mark.usefixtures("plain_postgres")


@contextmanager
def statements_but_for_ids(number: int, *, exact: bool = True) -> Iterator[CaptureQueriesContext]:
    """Assert how many statements are sent, or at most, but for those that take ids for the rows a shard will get."""
    with CaptureQueriesContext(connection) as captured:
        yield captured
    sent = [query["sql"] for query in captured.captured_queries if query["sql"] != FIRSTS]
    assert len(sent) == number or (len(sent) < number and not exact), "\n\n".join(sent)


@contextmanager
def distributed_tenants() -> Iterator[None]:
    """Spread Django's test database, made and migrated, over the nodes of the one that DATABASE_URL names, if any."""
    named = database_parameters(read_environment().DATABASE_URL or "postgresql:///none")
    nodes = _nodes(named)
    if not nodes:
        yield
        return
    (host, port), *workers = nodes
    name = connection.settings_dict["NAME"]
    for worker in workers:
        _drop(named, worker, name)
        _run(named, worker, "postgres", SQL("CREATE DATABASE {}").format(Identifier(name)))
        _run(named, worker, name, SQL("CREATE EXTENSION citus"))
    _run(named, nodes[0], name, SQL("CREATE EXTENSION citus"))
    _run(named, nodes[0], name, SQL("SELECT citus_set_coordinator_host({}, {})").format(host, port))
    for worker in workers:
        _run(named, nodes[0], name, SQL("SELECT citus_add_node({}, {})").format(*worker))
    call_command("distribute", verbosity=0)
    yield
    connection.close()
    for worker in workers:
        _drop(named, worker, name)


def _nodes(named: Mapping[str, Any]) -> Sequence[Node]:
    """Return the coordinator and its workers, nothing where the database is none of Citus."""
    if named["dbname"] == "none":
        return []
    with psycopg.connect(**named) as database:
        if not database.execute("SELECT to_regclass('pg_dist_node')").fetchall()[0][0]:
            return []
        return [(str(host), int(port)) for host, port in database.execute(NODES)]


def _drop(named: Mapping[str, Any], node: Node, name: str) -> None:
    _run(named, node, "postgres", SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _run(named: Mapping[str, Any], node: Node, name: str, statement: Any) -> None:
    """Run a statement on a database of a node, as the user of DATABASE_URL and outside of a transaction."""
    host, port = node
    with psycopg.connect(**{**named, "dbname": name, "host": host, "port": port}, autocommit=True) as database:
        database.execute(statement)
