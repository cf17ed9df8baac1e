"""What a run needs: an embedded PostgreSQL of its own, tenants, the hub and the yardstick served."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg.conninfo import make_conninfo

from benchmarks.cpu import Usage, children, cpu_seconds
from hub.postgres.cluster import Cluster
from hub.postgres.server import EmbeddedServer
from hub.serving.processes import tied_to_us
from tenants.provisioning import create_tenant

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30  # seconds for a server to start or stop
UNLIMITED = 2_000_000_000  # requests a minute: counted like any limit, never reached
TENANTS = 9  # eight that share the work, and one that has nothing yet
YARDSTICK = "yardstick"  # the name of its database


@dataclass(frozen=True)
class Shop:
    """A tenant of the hub and its key; an owner of the yardstick and its token."""

    tenant_id: str
    key: str
    token: str


@dataclass
class Server:
    """The hub's web server, serving a WSGI application."""

    application: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu(self) -> float:
        """CPU seconds of its processes so far."""
        return cpu_seconds(self.process.pid)

    def workers(self) -> list[int]:
        return children(self.process.pid)


@dataclass
class Stage:
    """Everything that runs while the benchmark does."""

    conninfo: str
    yardstick_conninfo: str
    postmaster: int
    shops: Sequence[Shop]
    hub: Server
    yardstick: Server

    def usage(self, server: Server | None) -> Usage:
        """CPU used so far by PostgreSQL and by a web server, where one is under test."""
        return Usage(server.cpu() if server else 0.0, cpu_seconds(self.postmaster))


@contextlib.contextmanager
def staged(data: Path) -> Iterator[Stage]:
    """Set everything up, on free ports of this machine, and take everything down again, whatever happens."""
    with embedded_server(data) as database:
        call_command("migrate", verbosity=0)
        tokens = _prepare_yardstick(database)
        tenants = [create_tenant(f"Shop {n}", per_minute=UNLIMITED, per_hour=UNLIMITED) for n in range(TENANTS)]
        shops = [Shop(str(tenant.pk), key, token) for (tenant, key), token in zip(tenants, tokens, strict=True)]
        connections.close_all()
        with (
            served("hub.wsgi:application", data) as hub,
            served("benchmarks.yardstick.wsgi:application", data) as yardstick,
        ):
            ours = make_conninfo(**database.settings(), **_hub_options())
            theirs = make_conninfo(**database.settings(YARDSTICK))
            yield Stage(ours, theirs, _postmaster(data), shops, hub, yardstick)


@contextlib.contextmanager
def embedded_server(data: Path) -> Iterator[EmbeddedServer]:
    """Run an embedded server in an empty folder, and remove both when done."""
    home = Cluster(data).home  # not always below the folder: see docs/embedded-postgresql.md
    server = EmbeddedServer(data)
    try:
        server.start()
        home = Cluster(data).home
        yield server
    finally:
        connections.close_all()
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


def _hub_options() -> dict[str, str]:
    """Return what the hub sets for its connections: the raw statements must have it too."""
    return {"options": str(settings.DATABASES["default"]["OPTIONS"]["options"])}


def _postmaster(data: Path) -> int:
    return int((Cluster(data).directory / "postmaster.pid").read_text().split()[0])


def _prepare_yardstick(database: EmbeddedServer) -> list[str]:
    with psycopg.connect(**database.settings(), autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute(f"CREATE DATABASE {YARDSTICK}")
    command = [sys.executable, "-m", "django", "prepare", str(TENANTS), "--settings=benchmarks.yardstick.settings"]
    tokens: list[str] = json.loads(subprocess.check_output(command, cwd=ROOT))
    return tokens


@contextlib.contextmanager
def served(application: str, data: Path, *, workers: int = 0) -> Iterator[Server]:
    """Serve an application on this machine by the hub's own web server; its log stays in the data folder."""
    port = _free_port()
    log = data / f"{application.partition(':')[0]}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.server", application],
            cwd=ROOT,
            env={**os.environ, "HOST": "127.0.0.1", "PORT": str(port), "WORKERS": str(workers), "LOG_LEVEL": "INFO"},
            stdout=output,
            stderr=output,
            process_group=0,  # Ctrl-C is for us: we stop it
            preexec_fn=tied_to_us(signal.SIGTERM),
        )
    try:
        _await_listening(port, process, log)
        yield Server(application, port, process)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _listening(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"A web server did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
