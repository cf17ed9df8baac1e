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


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for hubs that a test starts itself."""
    with folder_for_hubs() as folder:
        yield folder
