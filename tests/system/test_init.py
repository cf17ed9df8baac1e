"""`manage.py init` on databases of all kinds: empty ones, and those that it can do nothing with."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.system.processes import free_port, one_line
from tests.system.running import KEYS, Hub, folder_for_hubs
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
LOCK = "SELECT pg_advisory_lock(hashtextextended('hub.migrations', 0))"

TRIES = (
    "SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE 'SELECT pg_try_advisory_lock(hash%'"
)


@pytest.fixture
def unmade() -> Iterator[Hub]:
    """A hub that has nothing yet, not even a folder."""
    with folder_for_hubs() as folder:
        hub = Hub(folder / "var", {"WORKERS": "1"})
        try:
            yield hub
        finally:
            hub.stop()


@contextmanager
def bootstrap(hub: Hub) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the cluster's own superuser."""
    password = (hub.data / "postgres/superuser-password").read_text().strip()
    given = {**hub.database.settings("postgres"), "user": "postgres", "password": password}
    given.pop("passfile")
    with psycopg.connect(make_conninfo(**given), autocommit=True) as connection:
        yield connection


def test_an_empty_folder_becomes_a_hub_that_serves_and_whose_link_is_good(unmade: Hub) -> None:
    done = unmade.manage("init", "--tenant", "Café Noir", "--key")
    assert done.returncode == 0, done.stderr

    unmade.start("--no-worker")

    tenant = re.findall(r"its id is (\S+)", done.stdout)[0]
    key = re.findall(r"^Key +(\S+)", done.stdout, re.MULTILINE)[0]
    (path,) = re.findall(rf"{unmade.address}(/admin/password/\S+)", done.stdout)
    saved = unmade.send("POST", f"/customers/{tenant}", [{"CustomerId": "1"}], headers={"x-replenit-auth-key": key})
    assert (saved.status, unmade.send("GET", path).status) == (200, 302)


@pytest.fixture
def guests(hub: Hub) -> Iterator[str]:
    """A database in which the role guest may only look; gone afterwards, for other tests have this server, too."""
    with bootstrap(hub) as server:
        server.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        server.execute("CREATE DATABASE another")
    given = hub.database.settings("another")
    try:
        yield f"postgresql://guest:guest@/another?host={given['host']}&port={given['port']}"
    finally:
        with bootstrap(hub) as server:
            server.execute("DROP DATABASE another WITH (FORCE)")
            server.execute("DROP ROLE guest")


def test_a_role_without_rights_is_told_what_it_lacks(hub: Hub, guests: str) -> None:
    refused = hub.manage("init", **KEYS, DATABASE_URL=guests)

    assert "guest may not make tables in the database another: make it the owner" in one_line(refused.stderr)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://hub:secret@127.0.0.1:{port}/hub", "The database cannot be used: connection"),
        ("mysql://hub:secret@127.0.0.1/hub", "DATABASE_URL must look like postgresql://"),
    ],
)
def test_a_database_that_is_not_there_is_one_line_without_its_password(tmp_path: Path, url: str, said: str) -> None:
    refused = Hub(tmp_path / "var").manage("init", **KEYS, DATABASE_URL=url.format(port=free_port()))

    line = one_line(refused.stderr)
    assert refused.returncode == 1
    assert line.startswith(said)
    assert "secret" not in line


def test_of_hubs_that_start_at_once_one_migrates_and_the_others_wait(own: Hub) -> None:
    assert own.manage("init").returncode == 0
    own.start("--no-worker")
    with psycopg.connect(own.database.url(), autocommit=True) as first, ThreadPoolExecutor(1) as pool:
        first.execute(LOCK)
        second = pool.submit(own.manage, "init")
        assert wait_until(lambda: own.query(TRIES))
        first.execute("SELECT pg_advisory_unlock_all()")

        done = second.result()

    assert "waiting until it is done" in done.stderr
    assert "Nothing was changed." in done.stdout
