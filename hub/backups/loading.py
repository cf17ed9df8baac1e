"""A dump goes into an empty database, in one transaction: all of it, compared with what was counted, or nothing.

pg_restore turns the dump into a script, psql runs it; between them is a pipe that we don't touch. psql reads three
scripts: BEGIN with the first lines of the dump's, all others of it, and our own last ones with COMMIT, which we write
only when pg_restore has ended well. Whoever is killed, psql meets the end of a script without COMMIT, and PostgreSQL
rolls back.
"""

import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from threading import Thread
from types import TracebackType
from typing import IO

import orjson
from backports.zstd import ZstdDecompressor, ZstdError
from psycopg.sql import SQL, Literal

from hub.backups.archive import BLOCK
from hub.backups.problems import BackupProblem, Damaged
from hub.backups.programs import Program, open_text
from hub.backups.snapshot import connected

# Some of what is there, where something is: what belongs to extensions may be.
OCCUPANTS = """
    WITH object AS (
        SELECT 'pg_class'::regclass AS catalog, oid, relnamespace AS namespace, oid::regclass::text AS name
          FROM pg_class
         WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
         UNION ALL
        SELECT 'pg_proc'::regclass, oid, pronamespace, oid::regproc::text FROM pg_proc
    )
    SELECT o.name, count(*) OVER ()
      FROM object o
      JOIN pg_namespace n ON n.oid = o.namespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT 1 FROM pg_depend d
                        WHERE d.classid = o.catalog AND d.objid = o.oid AND d.deptype = 'e')
     ORDER BY o.catalog, 1
     LIMIT 3
"""
RESTORE = ("--file=-", "--no-owner", "--no-privileges", "--no-comments")
TAKES_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('hub.restore', 0))"
BEGIN = b"""
BEGIN;
DO $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('hub.restore', 0)) THEN
        RAISE EXCEPTION 'another restore is filling it';
    END IF;
END
$$;
SET maintenance_work_mem = '256MB';
"""
LAST_OF_ITS_BEGINNING = b"SET client_encoding"
SINCE_17 = b"SET transaction_timeout"  # which pg_restore writes, not knowing who will read it
COUNTED = SQL("""
RESET search_path;
CREATE TEMP TABLE counted AS SELECT key AS name, value::bigint AS rows FROM json_each_text({tables});
DO $$
DECLARE
    wanted record;
    found bigint;
BEGIN
    FOR wanted IN SELECT name, rows FROM counted LOOP
        EXECUTE format('SELECT count(*) FROM %s', wanted.name::regclass) INTO found;
        IF found <> wanted.rows THEN
            RAISE EXCEPTION '% has % rows instead of %', wanted.name, found, wanted.rows;
        END IF;
    END LOOP;
END
$$;
DROP TABLE counted;
""")
COMMIT = "COMMIT;\nANALYZE;\n"


def refuse_occupied(parameters: Mapping[str, str]) -> int:
    """Return the version of an empty database's server (180006).

    Raises BackupProblem where anything is in it, or another restore is about to fill it.
    """
    with connected(parameters) as connection:
        if connection.execute(TAKES_LOCK).fetchall() == [(False,)]:
            raise BackupProblem("Another restore is filling the database. Nothing was changed.")
        found = connection.execute(OCCUPANTS).fetchall()
        if found:
            names = ", ".join(name for name, _ in found)
            raise BackupProblem(
                f"The database is not empty, it has {names} and so on, {found[0][1]} objects in all: restore into a new"
                " database, or another HUB_DATA. Nothing was changed."
            )
        return connection.info.server_version


class Loading:
    """A database that is being filled; what was not committed at the block's end is rolled back."""

    def __init__(self, parameters: Mapping[str, str], server_version: int) -> None:
        self._parameters, self._drops_new = parameters, server_version < 170000
        self._decompressor, self._stack = ZstdDecompressor(), ExitStack()

    def __enter__(self) -> "Loading":
        head, body, last = (self._pipe() for _ in range(3))
        self._tail = last[1]
        self._restore = self._stack.enter_context(
            Program("pg_restore", *RESTORE, stdin=subprocess.PIPE, stdout=body[1].fileno())
        )
        body[1].close()
        scripts = [pipe[0].fileno() for pipe in (head, body, last)]
        self._psql = self._stack.enter_context(self._start_psql(scripts))
        self._beginning = Thread(target=self._begin, args=(body[0], head[1]), daemon=True)
        self._beginning.start()
        head[0].close()
        last[0].close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, data: bytes) -> None:
        """Load a piece of what `dump` yielded."""
        try:
            self._dump.write(self._decompressor.decompress(data, BLOCK))
            while not self._decompressor.needs_input and not self._decompressor.eof:
                self._dump.write(self._decompressor.decompress(b"", BLOCK))
        except (ZstdError, EOFError):
            raise Damaged("its dump was changed") from None
        except BrokenPipeError:
            raise self._fault() from None

    def commit(self, tables: Mapping[str, int], more: str) -> None:
        """Commit where the tables have so many rows, after `more` statements; else nothing is restored."""
        with suppress(BrokenPipeError):
            self._dump.close()
        if self._restore.fault():
            raise self._fault()
        counted = COUNTED.format(tables=Literal(orjson.dumps(tables).decode())).as_string(None)
        with suppress(BrokenPipeError):
            self._tail.write(f"{counted}\n{more}\n{COMMIT}".encode())
            self._tail.close()
        if self._psql.fault():
            raise self._fault()

    @property
    def _dump(self) -> IO[bytes]:
        assert self._restore.process.stdin  # noqa: S101 — for the types
        return self._restore.process.stdin

    def _pipe(self) -> tuple[IO[bytes], IO[bytes]]:
        reading, writing = os.pipe()
        opened = open(reading, "rb", buffering=0), open(writing, "wb", buffering=0)  # noqa: SIM115 — by the stack
        for end in opened:
            self._stack.callback(end.close)
        return opened

    def _start_psql(self, scripts: list[int]) -> Program:
        files = [part for script in scripts for part in ("-f", f"/dev/fd/{script}")]
        verbosity = ("-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse")  # terse: no row is quoted
        return Program(
            "psql",
            *("--no-psqlrc", "--no-password", "--quiet", *verbosity, *files, f"--dbname={open_text(self._parameters)}"),
            password=self._parameters.get("password", ""),
            pass_fds=scripts,
        )

    def _begin(self, body: IO[bytes], head: IO[bytes]) -> None:
        """Hand the first lines of the dump's script over, without what an older server does not know."""
        lines, line = [BEGIN], b""
        while not line.startswith(LAST_OF_ITS_BEGINNING) and (line := _line(body)):
            if not (self._drops_new and line.startswith(SINCE_17)):
                lines.append(line)
        body.close()  # psql alone reads on
        with suppress(BrokenPipeError), head:
            head.write(b"".join(lines))

    def _fault(self) -> BackupProblem:
        """Say why it failed: psql knows best, for pg_restore ends where nobody reads it any more."""
        with suppress(BrokenPipeError):
            self._dump.close()
        of_restore = self._restore.fault()
        self._beginning.join()
        self._tail.close()
        said = (self._psql.fault() or of_restore).rpartition("ERROR:")[2].strip()
        return BackupProblem(f"The database was not restored, and is as it was: {said}")


def _line(file: IO[bytes]) -> bytes:
    """Read a line and nothing of what follows."""
    line = b""
    while not line.endswith(b"\n") and (byte := file.read(1)):
        line += byte
    return line
