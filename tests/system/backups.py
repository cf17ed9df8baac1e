"""Databases that are compared row by row, and commands that make and restore backups."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from hub.postgres.programs import wheel_binaries
from hub.postgres.server import EmbeddedServer
from tests.system.processes import as_in_a_terminal, one_line
from tests.system.running import ROOT, Hub

PASSPHRASE = "correct horse battery"
TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
DIGEST = "SELECT coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {} t"


def content(url: str, snapshot: str = "") -> dict[str, Any]:
    """Return what a database has: a digest of each table's rows, and its schema; as it was at an exported snapshot."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        if snapshot:
            connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'".encode())
        connection.execute("SET timezone = 'UTC'")
        tables = [table for (table,) in connection.execute(TABLES)]
        found: dict[str, Any] = {}
        for table in tables:
            (found[table],) = connection.execute(DIGEST.format(table).encode()).fetchone() or ("",)
    return {**found, "schema": schema(url)}


def schema(url: str) -> list[str]:
    """Return what makes a database's tables, without casts to text and brackets: PostgreSQL itself writes some anew.

    ARRAY['a'::varchar]::text[] in the condition of an index becomes ARRAY['a'::varchar::text] when it is read again.
    """
    command = [str(wheel_binaries() / "pg_dump"), "--schema-only", "--no-owner", "--restrict-key=same", url]
    dumped = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line for line in dumped.splitlines() if line and not line.startswith("--")]
    return [re.sub(r"::text(\[\])?|[()]", "", line) for line in lines]


@contextmanager
def hub_on_empty_database(server: EmbeddedServer, data: Path, settings: dict[str, str]) -> Iterator[Hub]:
    """A hub to be restored and started, on a new database of a server, which goes at the block's end."""
    hub = Hub(data, {**settings, "DATABASE_URL": server.url("another"), "WORKERS": "1"})
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE another TEMPLATE template0")
        try:
            yield hub
        finally:
            hub.stop()
            connection.execute("DROP DATABASE another WITH (FORCE)")


def has_nothing(hub: Hub) -> bool:
    return hub.query(TABLES) == []


def succeeds(hub: Hub, *command: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of a hub that must end well."""
    done = hub.manage(*command, **settings)
    assert done.returncode == 0, done.stderr
    return done


def refusal(hub: Hub, *command: str, **settings: str) -> str:
    """Run a command of a hub that must be refused with one line, and return that."""
    done = hub.manage(*command, **settings)
    assert (done.returncode, done.stdout) == (1, ""), done.stdout
    return one_line(done.stderr)


def started(
    hub: Hub, *command: str, stdout: Any = subprocess.DEVNULL, stderr: Any = subprocess.DEVNULL, **settings: str
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**hub.environment, **settings},
        stdout=stdout,
        stderr=stderr,
        preexec_fn=as_in_a_terminal(),
    )


@contextmanager
def held(url: str, statement: str) -> Iterator[psycopg.Connection]:
    """Have done something in a transaction that goes on until the block's end, and is rolled back."""
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())
        yield connection
        connection.rollback()


def waits(hub: Hub, program: str) -> bool:
    asked = "SELECT 1 FROM pg_stat_activity WHERE application_name = '{}' AND wait_event_type = 'Lock'"
    return bool(hub.query(asked.format(program)))
