"""Two hubs on one database, as on two hosts: each with a folder, a port and a background worker of its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from hub.postgres.server import EmbeddedServer
from tests.system.cluster import given_cluster, hub_on
from tests.system.metrics import TOKEN
from tests.system.processes import kill
from tests.system.running import Hub, Shop
from tests.system.servers import folder_for_servers
from tests.waiting import wait_until

BRISK = {
    "DJANGO_SETTINGS_MODULE": "tests.system.brisk",
    "METRICS_TOKEN": TOKEN,
    "WORKERS": "1",
    "THREADS": "4",
}
ROOM = 160  # connections of the database's server: of four hubs that may come to hold 29 each, and the tests' own
LOCK = "SELECT pg_advisory_lock(hashtextextended('hub.migrations', 0))"
TRYING = """
SELECT count(*)
  FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'SELECT pg_try_advisory_lock(hash%'
"""


@dataclass(frozen=True)
class Pair:
    """Two hubs that run on one database."""

    one: Hub
    other: Hub

    @property
    def url(self) -> str:
        return self.one.settings["DATABASE_URL"]

    def __iter__(self) -> Iterator[Hub]:
        return iter((self.one, self.other))

    def shops(self, name: str, *arguments: str) -> tuple[Shop, Shop]:
        """Create a tenant, and return it as it is reached at each hub."""
        shop = self.one.shop(name, *arguments)
        return shop, Shop(self.other, shop.id, shop.key)

    @contextmanager
    def again(self, *arguments: str, **settings: str) -> Iterator[None]:
        """Have both started anew, the first with arguments, both with settings; after the block as they were."""
        before = [hub.settings for hub in self]
        try:
            for hub in self:
                hub.settings = {**hub.settings, **settings}
            self.restart(*arguments)
            yield
        finally:
            for hub, known in zip(self, before, strict=True):
                hub.settings = known
            self.restart()

    def restart(self, *arguments: str) -> None:
        """Stop both, where they run, and start them side by side, the first with arguments."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Hub.stop, self))
        self.one.serve(*arguments)
        self.other.serve()
        for hub in self:
            hub.started()


def lose(hub: Hub) -> None:
    """End all processes of a hub at once, as when its host is lost."""
    kill(*hub.processes())
    assert hub.process
    hub.process.wait()
    assert wait_until(lambda: not hub.processes())


@contextmanager
def empty_database() -> Iterator[str]:
    """A database with nothing in it: on the cluster that was given, else on a server of its own."""
    if cluster := given_cluster():
        with cluster.database() as url:
            yield url
        return
    with folder_for_servers() as folder:
        server = EmbeddedServer(folder / "var", connections=ROOM)
        server.start()
        try:
            yield server.url()
        finally:
            server.stop()


@contextmanager
def running_pair() -> Iterator[Pair]:
    """Two hubs that were started at the same moment on an empty database; on a cluster its tenants are distributed."""
    with ExitStack() as stack:
        url = stack.enter_context(empty_database())
        pair = Pair(*(stack.enter_context(hub_on(url, **BRISK)) for _ in range(2)))
        with psycopg.connect(url, autocommit=True) as first:
            first.execute(LOCK)
            for hub in pair:
                hub.serve("--migrate")
            assert wait_until(lambda: pair.one.query(TRYING) == [(2,)] or any(hub.has_ended() for hub in pair))
        for hub in pair:
            hub.started()
        if given_cluster():
            done = pair.one.manage("distribute")
            assert done.returncode == 0, done.stderr
        yield pair


def data_of(hub: Hub, path: str) -> Any:
    return hub.send("GET", path).json()["data"]
