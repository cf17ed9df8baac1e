"""Test databases on a Citus cluster: where DATABASE_URL names a database of one, tests run on distributed tenants.

It must have the extension and its nodes; nothing in it is read or changed.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg.sql import SQL, Composed, Identifier

from hub.environment import read_environment
from hub.servers import database_parameters

Node = tuple[str, int]
NODES = "SELECT nodename, nodeport FROM pg_dist_node ORDER BY groupid"  # the coordinator is group 0

# For what asks one server's catalog or planner about a table's rows: on a coordinator the rows are elsewhere.
needs_plain_postgres = pytest.mark.usefixtures("plain_postgres")


def distribute_tenants() -> Sequence[Node]:
    """Spread Django's test database over the nodes of the one that DATABASE_URL names, if any; return the workers."""
    nodes = _nodes()
    if not nodes:
        return []
    (host, port), *workers = nodes
    name = connection.settings_dict["NAME"]
    drop_database(workers)
    for worker in workers:
        _run(worker, "postgres", SQL("CREATE DATABASE {}").format(Identifier(name)))
        _run(worker, name, SQL("CREATE EXTENSION citus"))
    _run((host, port), name, SQL("CREATE EXTENSION citus"))
    with psycopg.connect(**_named()) as database:
        # One process that runs tests at a time: a node that is added gets the roles, which all databases share.
        database.execute("SELECT pg_advisory_xact_lock(hashtext('distribute_tenants'))")
        _run((host, port), name, SQL("SELECT citus_set_coordinator_host({}, {})").format(host, port))
        for worker in workers:
            _run((host, port), name, SQL("SELECT citus_add_node({}, {})").format(*worker))
        call_command("distribute", verbosity=0)
    return workers


def drop_database(workers: Sequence[Node]) -> None:
    """Drop the workers' part of Django's test database, which drops the coordinator's itself."""
    name = connection.settings_dict["NAME"]
    connection.close()
    for worker in workers:
        _run(worker, "postgres", SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _named() -> dict[str, Any]:
    """Return the parameters of the database that DATABASE_URL names, none where it names none."""
    url = read_environment().DATABASE_URL
    return dict(database_parameters(url)) if url else {}


def _nodes() -> Sequence[Node]:
    """Return the coordinator and its workers, nothing where the database is none of Citus."""
    named = _named()
    if not named:
        return []
    with psycopg.connect(**named) as database:
        if not database.execute("SELECT to_regclass('pg_dist_node')").fetchall()[0][0]:
            return []
        return [(str(host), int(port)) for host, port in database.execute(NODES)]


def _run(node: Node, name: str, statement: Composed | SQL) -> None:
    """Run a statement on a database of a node, as the user of DATABASE_URL and outside of a transaction."""
    host, port = node
    with psycopg.connect(**{**_named(), "dbname": name, "host": host, "port": port}, autocommit=True) as database:
        database.execute(statement)
