"""The Citus cluster that the tests were given: databases of their own on all of its nodes, nodes stopped and started.

DATABASE_URL names its coordinator. HUB_TEST_NODES says which nodes may be stopped, and where their data is:
`host:port=/folder`, separated by commas.
"""

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Composed, Identifier

from tests.system.running import KEYS, Hub, folder_for_hubs

NODES = "SELECT nodename, nodeport FROM pg_dist_node WHERE groupid > 0 AND noderole = 'primary' ORDER BY nodeport"
Address = tuple[str, int]


@dataclass(frozen=True)
class Cluster:
    """The coordinator, by the URL that was given, and the workers, as they are called in it."""

    coordinator: str
    workers: list[Address]

    def url(self, database: str, node: Address | None = None) -> str:
        """Name a database, on the coordinator or on a worker."""
        given = conninfo_to_dict(self.coordinator)
        host, port = node or (given["host"], given.get("port", 5432))
        secret = f":{given['password']}" if "password" in given else ""
        return f"postgresql://{given['user']}{secret}@{host}:{port}/{database}"

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Make a database on every node, until the end of the block; give the URL of the coordinator's."""
        name = f"hub_test_{secrets.token_hex(4)}"
        try:
            for node in (None, *self.workers):
                run(self.url("postgres", node), SQL("CREATE DATABASE {}").format(Identifier(name)))
                run(self.url(name, node), SQL("CREATE EXTENSION citus"))
            given = conninfo_to_dict(self.url(name))
            run(self.url(name), SQL("SELECT citus_set_coordinator_host({}, {})").format(given["host"], given["port"]))
            for host, port in self.workers:
                run(self.url(name), SQL("SELECT citus_add_node({}, {})").format(host, port))
            yield self.url(name)
        finally:
            # A move that was broken off leaves roles and replication slots, which are the whole server's.
            run(self.url(name), SQL("CALL citus_cleanup_orphaned_resources()"))
            for node in (None, *self.workers):
                run(self.url("postgres", node), SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(Identifier(name)))


def run(url: str, statement: SQL | Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def given_cluster() -> Cluster | None:
    """Return the cluster whose coordinator DATABASE_URL names; None where it names none."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return None
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'").fetchone():
            return None
        workers = [(str(host), int(port)) for host, port in connection.execute(NODES)]
    return Cluster(url, workers) if len(workers) > 1 else None


@contextlib.contextmanager
def hub_on(url: str, **settings: str) -> Iterator[Hub]:
    """A hub, not started, with a port and a folder of its own, on a database; stopped at the end of the block."""
    with folder_for_hubs() as folder:
        hub = Hub(folder / "var", {**KEYS, "DATABASE_URL": url, **settings})
        try:
            yield hub
        finally:
            hub.stop()


def stoppable() -> dict[Address, Path]:
    """Return the nodes that may be stopped, with the folders of their data."""
    named = os.environ.get("HUB_TEST_NODES", "")
    places = [place.strip().partition("=") for place in named.split(",") if place.strip()]
    return {_address(address): Path(folder) for address, _, folder in places}


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)


@contextlib.contextmanager
def stopped(folder: Path) -> Iterator[None]:
    """A node that was killed (`pg_ctl stop -m immediate`) until the end of the block, and answers again then."""
    control = Path((folder / "postmaster.opts").read_text().split()[0]).with_name("pg_ctl")
    _pg_ctl(control, folder, "stop", "-m", "immediate")
    try:
        yield
    finally:
        _pg_ctl(control, folder, "start", "-l", str(folder.with_suffix(".log")))


def _pg_ctl(control: Path, folder: Path, *arguments: str) -> None:
    """Control the server as the user whose it is, with the libraries that were installed beside it."""
    owner = folder.stat()
    subprocess.run(
        [control, "-D", folder, "-w", "-s", *arguments],
        check=True,
        user=owner.st_uid if os.geteuid() == 0 else None,
        group=owner.st_gid if os.geteuid() == 0 else None,
        extra_groups=[] if os.geteuid() == 0 else None,
        env={"LD_LIBRARY_PATH": str(control.parents[1] / "lib")},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
