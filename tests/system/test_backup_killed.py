"""A backup and a restore that are broken off, by a crash or by Ctrl-C, leave nothing half, and can be begun again.

What others hold makes them give up, in one line.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.backups import snapshot
from hub.backups.problems import BackupProblem
from hub.backups.snapshot import dump, snapshot_of
from hub.postgres.server import EmbeddedServer
from tests.system.backups import has_nothing, held, hub_on_empty_database, refusal, started, succeeds, waits
from tests.system.conftest import copy
from tests.system.releases.write import RELEASES
from tests.system.running import KEYS, Hub, folder_for_hubs
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
HOLDING = "LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE"  # which pg_dump waits for


@pytest.fixture(scope="module")
def hub(pristine: Path) -> Iterator[Hub]:
    """A hub that does not serve, with the data of a release, on a server that runs."""
    with folder_for_hubs() as folder:
        copy(pristine, folder / "var")
        server = EmbeddedServer(folder / "var")
        server.start()
        hub = Hub(folder / "var", KEYS)
        try:
            succeeds(hub, "restore", str(RELEASES[-1]))
            yield hub
        finally:
            server.stop()


@pytest.fixture
def target(hub: Hub, tmp_path: Path) -> Iterator[Hub]:
    """A hub to be restored, with the keys of the one that is backed up."""
    with hub_on_empty_database(hub.database, tmp_path / "var", KEYS) as target:
        yield target


@pytest.fixture(scope="module")
def made(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A backup of the hub."""
    path = str(tmp_path_factory.mktemp("backups") / "hub.backup")
    succeeds(hub, "backup", path)
    return path


def test_a_backup_that_was_killed_is_none(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "hub.backup"
    with held(hub.database.url(), HOLDING):
        process = started(hub, "backup", str(path))
        assert wait_until(lambda: waits(hub, "pg_dump"))
        process.kill()
        process.wait()
        left = os.listdir(tmp_path)
    again = succeeds(hub, "backup", str(path))

    assert left == ["hub.backup.partial"]
    assert "Backed up" in again.stderr
    assert os.listdir(tmp_path) == ["hub.backup"]


def test_Ctrl_C_leaves_no_backup(hub: Hub, tmp_path: Path) -> None:
    with held(hub.database.url(), HOLDING):
        process = started(hub, "backup", str(tmp_path / "hub.backup"), stderr=subprocess.PIPE)
        assert wait_until(lambda: waits(hub, "pg_dump"))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)

    assert (process.returncode, said.strip()) == (130, b"")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_a_restore_that_was_broken_off_leaves_nothing(hub: Hub, made: str, target: Hub, by: signal.Signals) -> None:
    with held(target.settings["DATABASE_URL"], "CREATE TABLE tenants_tenant (n int)"):
        process = started(target, "restore", made)
        assert wait_until(lambda: waits(hub, "psql"))
        process.send_signal(by)
        process.wait()
    here = "SELECT 1 FROM pg_stat_activity WHERE datname = 'another' AND application_name = 'psql'"
    assert wait_until(lambda: not hub.query(here))
    assert has_nothing(target)

    succeeds(target, "restore", made)


def test_of_two_restores_at_once_one_is_refused(made: str, target: Hub) -> None:
    with held(target.settings["DATABASE_URL"], "SELECT pg_advisory_xact_lock(hashtextextended('hub.restore', 0))"):
        told = refusal(target, "restore", made)

    assert told.endswith("Another restore is filling the database. Nothing was changed.")
    assert has_nothing(target)


def test_no_backup_waits_for_ever_for_a_table(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "LOCK_SECONDS", 1)
    url, parameters = hub.database.url(), hub.database.settings()

    with held(url, "LOCK TABLE tenants_tenant IN ACCESS EXCLUSIVE MODE"), pytest.raises(BackupProblem) as counting:
        snapshot_of(parameters).__enter__()
    with held(url, HOLDING), snapshot_of(parameters) as taken, pytest.raises(BackupProblem) as dumping:
        list(dump(parameters, taken))

    assert [str(counting.value), str(dumping.value)] == [snapshot.LOCKED] * 2
