"""An embedded server looked at from outside: its processes, what it answers, and other processes that use it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from subprocess import PIPE
from typing import Any

import psycopg
import pytest

from hub.postgres.server import EmbeddedServer
from tests.system.processes import inhabitants, kill
from tests.system.running import ROOT
from tests.waiting import wait_until

AS_ROOT = os.geteuid() == 0
NEEDS_ROOT = pytest.mark.skipif(not AS_ROOT, reason="an ordinary user's server runs as that user")
USER = """
import os, sys
from pathlib import Path
from hub.postgres.server import EmbeddedServer, PostgresError
server = EmbeddedServer(Path(sys.argv[1]))
try:
    server.start()
    print("up", flush=True)
    sys.stdin.read()
except PostgresError as error:
    sys.exit(f"refused: {error}")
finally:
    server.stop()
"""


def start_user(data: Path, code: str = USER) -> subprocess.Popen[str]:
    """Start a process that uses the server until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", code, str(data)],
        cwd=ROOT,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        text=True,
        start_new_session=True,  # a terminal's, for Ctrl-C, which a test run in a shell's background ignores
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def is_up(user: subprocess.Popen[str]) -> bool:
    """Wait for a user's word; show what it said instead when that is not "up"."""
    assert user.stdout
    assert user.stderr
    return user.stdout.readline() == "up\n" or pytest.fail(user.stderr.read())


@contextlib.contextmanager
def folder_for_servers() -> Iterator[Path]:
    """A folder the server's user may enter, which root's tmp_path is not. No server is left in it."""
    folder = Path(tempfile.mkdtemp(prefix="hub-test-"))
    folder.chmod(0o711)
    try:
        yield folder
        for data in folder.iterdir():
            assert wait_until(partial(is_deserted, data)), "a server is left"
    finally:
        for data in folder.iterdir():
            kill(*inhabitants(data))
        shutil.rmtree(folder)


def is_deserted(data: Path) -> bool:
    return not inhabitants(data)


def has_stopped(data: Path) -> bool:
    """Say whether a server has removed its mark. That comes last: a moment later its processes are gone."""
    return not (data / "postgres/cluster/postmaster.pid").exists() and wait_until(partial(is_deserted, data))


def server_pid(data: Path) -> int:
    return int((data / "postgres/cluster/postmaster.pid").read_text().split()[0])


def owner(data: Path) -> int:
    """The user the server runs as."""
    return (data / "postgres/cluster").stat().st_uid


def connect(server: EmbeddedServer, database: str = "hub") -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(server.url(database), autocommit=True)


def value(server: EmbeddedServer, query: str, database: str = "hub") -> object:
    with connect(server, database) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def execute(server: EmbeddedServer, *statements: str) -> None:
    with connect(server) as connection:
        for statement in statements:
            connection.execute(statement)
