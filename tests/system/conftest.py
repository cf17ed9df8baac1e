"""Hubs and embedded servers that really run, for the tests of serving, of faults and of concurrency."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.postgres.server import EmbeddedServer
from tests.sharing import first_comer, share
from tests.system.cluster import Cluster, given_cluster, hub_on
from tests.system.pairs import Pair, running_pair
from tests.system.running import Hub, folder_for_hubs
from tests.system.servers import folder_for_servers, start_user

CROWD = {"WORKERS": "3", "THREADS": "4"}
PATIENT = {"DJANGO_SETTINGS_MODULE": "tests.system.patient"}


@pytest.fixture(scope="session")
def prepared() -> Path:
    """A copy of a data folder that a hub has been started on and stopped, not to be started itself.

    Made once for all workers, by the very first start of a hub: initdb and migrations take seconds of CPU.
    """
    kept = share() / "prepared"
    with first_comer("prepared") as first:
        if first:
            _start_once(kept)
    return kept


def _start_once(kept: Path) -> None:
    with folder_for_hubs() as folder:
        hub = Hub(folder / "var", {"WORKERS": "1"})
        try:
            hub.start("--migrate", "--no-worker")
        finally:
            hub.stop()
        copy(hub.data, kept)


@pytest.fixture(scope="session")
def hub(prepared: Path) -> Iterator[Hub]:
    """The hub the tests of a session share; who kills parts of it waits until it is whole again."""
    yield from hub_on_a_copy(prepared, CROWD)


@pytest.fixture(scope="session")
def patient_hub(prepared: Path) -> Iterator[Hub]:
    """The same with a web server whose limits of time are out of the way."""
    yield from hub_on_a_copy(prepared, CROWD | PATIENT)


def hub_on_a_copy(prepared: Path, settings: dict[str, str], *arguments: str) -> Iterator[Hub]:
    with folder_for_hubs() as folder:
        copy(prepared, folder / "var")
        hub = Hub(folder / "var", settings)
        try:
            hub.start(*arguments)
            yield hub
        finally:
            hub.stop()


@pytest.fixture(scope="session")
def settled(prepared: Path) -> Iterator[Path]:
    """A data folder whose database is up to date and stopped."""
    with folder_for_hubs() as folder:
        copy(prepared, folder / "var")
        yield folder / "var"


@pytest.fixture
def own(settled: Path) -> Iterator[Hub]:
    """A hub to be started, with one process of the web server, on the settled data."""
    hub = Hub(settled, {"WORKERS": "1"})
    yield hub
    hub.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for servers."""
    with folder_for_servers() as folder:
        yield folder


@pytest.fixture
def empty(folder: Path) -> Path:
    """A data folder not made yet."""
    return folder / "var"


@pytest.fixture(scope="session")
def pristine() -> Iterator[Path]:
    """A data folder that has been started once, to copy: a cold start for each test would take a minute in all."""
    with folder_for_servers() as folder:
        server = EmbeddedServer(folder / "var")
        server.start()
        server.stop()
        yield folder / "var"


@pytest.fixture
def data(empty: Path, pristine: Path) -> Path:
    """A data folder with a cluster that does not run."""
    copy(pristine, empty)
    return empty


@pytest.fixture
def server(data: Path) -> Iterator[EmbeddedServer]:
    """A server that this process uses."""
    server = EmbeddedServer(data)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def users() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start processes that use a server until they are ended."""
    started = []

    def start(*arguments: Any) -> subprocess.Popen[str]:
        started.append(start_user(*arguments))
        return started[-1]

    yield start
    for user in started:
        user.communicate()


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The Citus cluster that was given; skips the test where there is none."""
    return given_cluster() or pytest.skip("DATABASE_URL names no coordinator of Citus with two workers")


@pytest.fixture(scope="session")
def distributed(cluster: Cluster) -> Iterator[Hub]:
    """A hub that runs on a database of its own in the cluster, with the tenants distributed."""
    with cluster.database() as url, hub_on(url) as hub:
        hub.start("--migrate")
        assert hub.manage("distribute").returncode == 0
        yield hub


@pytest.fixture(scope="session")
def pair() -> Iterator[Pair]:
    """Two hubs on one database, shared by all tests of them: on the cluster where one was given."""
    with running_pair() as pair:
        yield pair


def copy(data: Path, to: Path) -> None:
    """Copy a data folder with owners and modes."""
    subprocess.run(["cp", "-a", data, to], check=True)
