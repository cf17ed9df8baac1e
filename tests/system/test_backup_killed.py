"""A backup and a restore that are broken off, by a crash or by Ctrl-C, leave nothing half, and can be begun again."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.backups import has_nothing, held, hub_on_empty_database, started, succeeds, waits
from tests.system.running import KEYS, Hub
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
HOLDING = "LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE"  # which pg_dump waits for


@pytest.fixture
def target(hub: Hub, tmp_path: Path) -> Iterator[Hub]:
    """A hub to be restored, with the keys of the one that is backed up."""
    keys = {name: (hub.data / name.lower()).read_text() for name in KEYS}
    with hub_on_empty_database(hub, tmp_path / "var", keys) as target:
        yield target


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
        process = started(hub, "backup", str(tmp_path / "hub.backup"))
        assert wait_until(lambda: waits(hub, "pg_dump"))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) != 0

    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_a_restore_that_was_broken_off_leaves_nothing(hub: Hub, target: Hub, by: signal.Signals) -> None:
    path = str(target.data.with_name("hub.backup"))
    succeeds(hub, "backup", path)
    with held(target.settings["DATABASE_URL"], "CREATE TABLE tenants_tenant (n int)"):
        process = started(target, "restore", path)
        assert wait_until(lambda: waits(hub, "psql"))
        process.send_signal(by)
        process.wait()
    here = "SELECT 1 FROM pg_stat_activity WHERE datname = 'another' AND application_name = 'psql'"
    assert wait_until(lambda: not hub.query(here))
    assert has_nothing(target)

    succeeds(target, "restore", path)
