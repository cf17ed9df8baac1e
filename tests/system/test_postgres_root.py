"""Started by root, the embedded server runs as somebody else: where its folders and its programs then are."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hub.postgres.programs import wheel_binaries
from hub.postgres.server import EmbeddedServer, PostgresError
from tests.system.processes import inhabitants
from tests.system.running import ROOT
from tests.system.servers import NEEDS_ROOT, execute, has_stopped, owner, server_pid, value
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, NEEDS_ROOT]
WHERE_PROGRAMS_ARE = (
    "from pathlib import Path; from hub.postgres.cluster import Cluster; print(Cluster(Path('/tmp/no')).binaries())"
)


def test_the_server_runs_as_an_unprivileged_user(server: EmbeddedServer, data: Path) -> None:
    user = os.stat(f"/proc/{server_pid(data)}").st_uid
    assert user == owner(data)
    assert user != 0


def test_a_folder_made_by_an_ordinary_user_keeps_its_owner(data: Path) -> None:
    subprocess.run(["chown", "-R", "daemon:daemon", data], check=True)
    server = EmbeddedServer(data)
    server.start()
    assert os.stat(f"/proc/{server_pid(data)}").st_uid == owner(data) == data.stat().st_uid
    assert {path.stat().st_uid for path in (data / "postgres").iterdir()} == {owner(data)}
    server.stop()


def test_folder_only_root_can_enter(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedServer(closed / "var")
    before = server.settings()
    server.start()
    home = (closed / "var/postgres").resolve()
    execute(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert home.is_relative_to("/var/lib/data-hub")
    assert EmbeddedServer(closed / "var").settings() == before
    server.stop()

    (closed / "var").rename(closed / "moved")
    moved, fresh = EmbeddedServer(closed / "moved"), EmbeddedServer(closed / "var")
    moved.start()
    fresh.start()
    assert value(moved, "SELECT answer FROM kept") == 42
    assert value(fresh, "SELECT to_regclass('kept')") is None
    fresh_home = (closed / "var/postgres").resolve()
    for one in (moved, fresh):
        one.stop()
    assert has_stopped(closed / "moved")
    assert has_stopped(closed / "var")
    for used in {home, fresh_home}:
        shutil.rmtree(used)


def test_programs_only_root_can_read_are_copied_to_where_they_run(folder: Path) -> None:
    closed, package = folder / "closed", wheel_binaries().parents[1]
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    look = [sys.executable, "-c", WHERE_PROGRAMS_ARE]
    found = subprocess.check_output(look, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(closed)}, text=True).strip()
    again = subprocess.check_output(look, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(closed)}, text=True).strip()
    shown = subprocess.check_output([f"{found}/psql", "--version"], user="nobody", cwd="/", text=True)
    shutil.rmtree(Path(found).parents[2])
    assert found == again
    assert not Path(found).is_relative_to(closed)
    assert "PostgreSQL" in shown


def test_full_disk_is_named_and_room_helps(folder: Path) -> None:
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=711", "tmpfs", disk], check=False).returncode:
        pytest.skip("may not mount")
    server = EmbeddedServer(disk / "var")
    try:
        with pytest.raises(PostgresError, match="disk is full"):
            server.start()
        subprocess.run(["mount", "-o", "remount,size=300m", disk], check=True)
        server.start()
        assert value(server, "SELECT 1") == 1
        assert stat.S_IMODE((disk / "var").stat().st_mode) == 0o710
    finally:
        server.stop()
        wait_until(lambda: not inhabitants(disk / "var"))
        subprocess.run(["umount", disk], check=True)
