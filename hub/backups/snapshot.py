"""What is in a database at one moment, while it is written: what it has, and a dump of exactly that."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from backports.zstd import CompressionParameter, ZstdCompressor

from hub.backups.archive import BLOCK
from hub.backups.problems import BackupProblem
from hub.backups.programs import Program, open_text

LOCK_SECONDS = 60  # that a backup waits for a table that a migration holds
LOCKED = "A table was held for longer than a backup waits, as a migration holds it: back up when that is over."
TIMED_OUT = "canceling statement due to statement timeout"  # by which pg_dump bounds its locks
# A session is what its cookie says, in clear: whoever had the file could go on with it. Everybody logs in again.
LEFT_OUT = ("public.django_session",)
CITUS = (
    "Tenants are distributed over a Citus cluster, which a dump of the coordinator does not hold: back up its nodes,"
    " see docs/scaling.md."
)
UNBOUNDED = """
    SELECT set_config(name, '0', false)
      FROM pg_settings
     WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')
"""
# Of extensions are those that no dump holds.
TABLES = """
    SELECT c.oid::regclass::text
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT 1 FROM pg_depend d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ORDER BY 1
"""


@dataclass(frozen=True)
class Snapshot:
    """What a database has at one moment. `name` is what pg_dump calls it, within the block of `snapshot_of`."""

    name: str
    begun_at: datetime
    postgresql: str
    migrations: list[str]
    tables: dict[str, int]


@contextmanager
def connected(parameters: Mapping[str, str]) -> Iterator[psycopg.Connection]:
    """A connection for what an operator does, without the bounds of requests, to be committed by itself."""
    with psycopg.connect(**parameters, autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute(UNBOUNDED)
        connection.execute("SELECT set_config('search_path', '', false)")
        yield connection


@contextmanager
def snapshot_of(parameters: Mapping[str, str]) -> Iterator[Snapshot]:
    """Hold on to what the database has now, and count it."""
    with connected(parameters) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'").fetchone():
            raise BackupProblem(CITUS)
        tables = [table for (table,) in connection.execute(TABLES)]
        if "public.django_migrations" not in tables:
            raise BackupProblem("There is no hub in this database: `manage.py migrate` makes one.")
        yield _snapshot(connection, tables)


def _snapshot(connection: psycopg.Connection, tables: list[str]) -> Snapshot:
    connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'".encode())
    (name, begun_at, version), *_ = connection.execute(
        "SELECT pg_export_snapshot(), transaction_timestamp(), current_setting('server_version')"
    )
    try:
        migrations = connection.execute("SELECT app || '.' || name FROM public.django_migrations ORDER BY 1")
        return Snapshot(
            name,
            begun_at.astimezone(UTC),
            version,
            [migration for (migration,) in migrations],
            {table: _count(connection, table) for table in tables},
        )
    except psycopg.errors.LockNotAvailable:
        raise BackupProblem(LOCKED) from None


def _count(connection: psycopg.Connection, table: str) -> int:
    """Count a table, whose name PostgreSQL gave us and has quoted."""
    if table in LEFT_OUT:
        return 0
    found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608
    return int(found[0]) if found else 0


def dump(parameters: Mapping[str, str], snapshot: Snapshot) -> Iterator[bytes]:
    """Yield the database as it was at the snapshot: what pg_dump writes (--format=custom), compressed by zstd.

    That is a third of the CPU of the compression which pg_dump has in the wheel, gzip.
    """
    compressor = ZstdCompressor(
        options={CompressionParameter.compression_level: 3, CompressionParameter.checksum_flag: 1}
    )
    arguments = [
        *("--format=custom", "--compress=none", "--no-password", f"--lock-wait-timeout={LOCK_SECONDS}s"),
        *(f"--exclude-table-data={table}" for table in LEFT_OUT),
        *(f"--snapshot={snapshot.name}", f"--dbname={open_text(parameters)}"),
    ]
    with Program("pg_dump", *arguments, password=parameters.get("password", ""), stdout=subprocess.PIPE) as program:
        assert program.process.stdout  # noqa: S101 — for the types
        while data := program.process.stdout.read(BLOCK):
            yield compressor.compress(data)
        if fault := program.fault():
            raise BackupProblem(LOCKED if TIMED_OUT in fault else f"The database was not dumped: {fault}")
        yield compressor.flush()
