"""Databases that are compared row by row, and commands that make and restore backups."""

import re
import subprocess
from typing import Any

import psycopg

from hub.postgres.programs import wheel_binaries
from tests.system.running import Hub, one_line

PASSPHRASE = "correct horse battery"
TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
DIGEST = "SELECT coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {} t"
SEQUENCES = "SELECT sequencename::text, coalesce(last_value, 0) FROM pg_sequences ORDER BY 1"


def content(url: str) -> dict[str, Any]:
    """Return what a database has: a digest of each table's rows, where each sequence is, its schema."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        tables = [table for (table,) in connection.execute(TABLES)]
        found: dict[str, Any] = {}
        for table in tables:
            (found[table],) = connection.execute(DIGEST.format(table).encode()).fetchone() or ("",)
        found |= dict(connection.execute(SEQUENCES.encode()).fetchall())
    return {**found, "schema": schema(url)}


def schema(url: str) -> list[str]:
    """Return what makes a database's tables, without casts to text and brackets: PostgreSQL itself writes some anew.

    ARRAY['a'::varchar]::text[] in the condition of an index becomes ARRAY['a'::varchar::text] when it is read again.
    """
    command = [str(wheel_binaries() / "pg_dump"), "--schema-only", "--no-owner", "--restrict-key=same", url]
    dumped = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line for line in dumped.splitlines() if line and not line.startswith("--")]
    return [re.sub(r"::text(\[\])?|[()]", "", line) for line in lines]


def is_empty(url: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(TABLES.encode()).fetchall() == []


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
