"""Hubs that really run, for the tests of serving, of faults and of concurrency."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.running import Hub, folder_for_hubs, running_hub


@pytest.fixture(scope="session")
def hub() -> Iterator[Hub]:
    """The hub the tests of a session share; who kills parts of it waits until it is whole again."""
    with running_hub(THREADS="4", WORKERS="3") as hub:
        yield hub


@pytest.fixture(scope="session")
def settled() -> Iterator[Path]:
    """A data folder whose database is up to date and stopped."""
    with folder_for_hubs() as folder:
        hub = Hub(folder / "var")
        try:
            assert hub.manage("migrate", "--verbosity", "0").returncode == 0
        finally:
            hub.stop()
        yield folder / "var"


@pytest.fixture
def own(settled: Path) -> Iterator[Hub]:
    """A hub to be started, on the settled data."""
    hub = Hub(settled)
    yield hub
    hub.stop()
