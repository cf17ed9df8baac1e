"""`manage.py serve` as its user meets it: started, stopped, killed in part and as a whole, and refused."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.system.processes import kill, one_line
from tests.system.running import KEYS, Hub
from tests.waiting import PATIENCE, wait_until

NEEDS_PSQL = pytest.mark.skipif(not shutil.which("psql"), reason="needs psql")
pytestmark = pytest.mark.slow


# Stopping


@pytest.mark.parametrize("send", [os.killpg, os.kill], ids=["in the terminal", "to the supervisor"])
def test_ctrl_c_stops_everything_within_seconds(own: Hub, send: Callable[[int, int], None]) -> None:
    printed = own.start()
    assert f"API     {own.address}\n" in printed
    assert f"Admin   {own.address}/admin/\n" in printed
    logged = own.errors.read_text().rpartition('"the hub has stopped"')[2]  # since it was started the last time
    assert '"event":"request"' not in logged
    assert len(own.all_web_workers()) == 1
    assert own.background_worker()
    kept = own.connect()
    assert own.send("GET", "/health", connection=kept).status == 200

    send(own.pid, signal.SIGINT)

    assert own.wait() == 0
    assert own.remnants() == []
    kept.close()


def start_has_begun(hub: Hub) -> bool:
    return (hub.data / "postgres/lock").exists()


def database_has_begun(hub: Hub) -> bool:
    return (hub.data / "postgres/cluster/postmaster.pid").exists()


def hub_is_connected(hub: Hub) -> bool:
    """Say whether the database serves somebody but us."""
    others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
    try:
        return bool(hub.query(f"SELECT pid FROM pg_stat_activity WHERE {others}"))
    except psycopg.OperationalError:
        return False


def web_server_has_begun(hub: Hub) -> bool:
    return bool(hub.processes("hub.serving.web"))


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, start_has_begun),
        (signal.SIGINT, database_has_begun),
        (signal.SIGINT, hub_is_connected),
        (signal.SIGINT, web_server_has_begun),
        (signal.SIGTERM, database_has_begun),
        (signal.SIGTERM, web_server_has_begun),
    ],
)
def test_ending_during_the_start_leaves_nothing_and_shows_no_traceback(
    own: Hub, number: signal.Signals, moment: Callable[[Hub], bool]
) -> None:
    (own.data / "postgres/lock").unlink(missing_ok=True)
    own.serve("--migrate")
    assert wait_until(lambda: moment(own), pause=0.001)

    os.killpg(own.pid, number)

    own.wait()
    assert own.remnants() == []
    assert "Traceback" not in own.errors.read_text() + own.output.read_text()


LOST = """
import signal, time, weakref
class Thing: pass
kept = Thing()
reference = weakref.ref(kept, lambda _: (signal.raise_signal({number}), *range(1000)))
del kept
time.sleep(60)
"""


@pytest.fixture
def heard() -> Iterator[None]:
    """Have children hear SIGHUP and SIGINT, which a shell lets nobody hear who is started by nohup, or with &."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGHUP, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_hears_a_signal_that_comes_in_a_callback(hub: Hub, number: signal.Signals) -> None:
    ended = hub.manage("shell", "--no-imports", "-c", LOST.format(number=int(number)))

    assert (ended.returncode, ended.stdout, ended.stderr) == (128 + number, "", "")


# What dies comes back


def is_whole(hub: Hub) -> bool:
    return hub.send("GET", "/health").status == 200 and bool(hub.processes("procrastinate"))


def test_a_killed_web_worker_comes_back(hub: Hub) -> None:
    victim = min(hub.all_web_workers())

    os.kill(victim, signal.SIGKILL)

    assert wait_until(lambda: len(hub.web_workers()) == 3 and victim not in hub.web_workers())
    assert wait_until(lambda: is_whole(hub))


def test_a_killed_web_server_comes_back_and_requests_wait_for_it(hub: Hub) -> None:
    victims = hub.all_web_workers()

    kill(*victims)

    assert hub.send("GET", "/health").status == 200  # not refused: the listening socket outlives the web server
    assert wait_until(lambda: not victims & set(hub.web_workers()))


def test_a_killed_background_worker_comes_back(hub: Hub) -> None:
    victim = hub.background_worker()

    os.kill(victim, signal.SIGKILL)

    assert wait_until(lambda: set(hub.processes("procrastinate")) - {victim})


def test_a_killed_database_comes_back(hub: Hub) -> None:
    victim = hub.postmaster()

    os.kill(victim, signal.SIGKILL)

    assert wait_until(lambda: hub.database.running() and hub.postmaster() != victim)
    assert wait_until(lambda: hub.send("GET", "/health").status == 200)


def test_a_supervisor_killed_while_it_has_no_worker_leaves_the_database_to_the_next_hub(own: Hub) -> None:
    own.start("--no-worker")
    left = own.postmaster()
    os.kill(own.pid, signal.SIGKILL)
    own.wait()
    assert wait_until(lambda: not own.processes("hub.serving.web"))

    own.start("--no-worker")

    assert own.postmaster() == left
    own.stop()
    assert own.remnants() == []


# Refusing to start


def test_a_port_in_use_is_one_clear_line_and_nothing_is_left(own: Hub) -> None:
    with socket.create_server(("127.0.0.1", own.port)):
        refused = own.manage("serve", "--migrate")

    assert refused.returncode == 1
    assert one_line(refused.stderr) == (
        f"CommandError: Cannot listen on 127.0.0.1:{own.port}: Address already in use. Set another HOST or PORT."
    )
    assert own.remnants() == []


def test_pending_migrations_refuse_the_start(hub: Hub) -> None:
    hub.query("CREATE DATABASE empty")
    try:
        empty = {**KEYS, "DATABASE_URL": hub.database.url("empty")}
        refused = hub.manage("serve", **empty, PORT=str(Hub(hub.data).port))
        early = hub.manage("create_tenant", "Early", **empty)
    finally:
        hub.query("DROP DATABASE empty WITH (FORCE)")

    assert refused.returncode == 1
    assert "run `manage.py migrate`, or serve with --migrate" in one_line(refused.stderr)
    assert early.returncode == 1
    assert "run `manage.py migrate`" in one_line(early.stderr)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "eight", "PORT: "),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: "),
        ("DATABASE_URL", "mysql://here/hub", "DATABASE_URL must look like postgresql://"),
        ("SECRET_KEY", "x", "SECRET_KEY: a key must have 32 characters"),
        ("ERASURE_KEY", "", "ERASURE_KEY is required"),
    ],
)
def test_an_unusable_setting_is_one_clear_line(tmp_path: Path, name: str, value: str, said: str) -> None:
    settings = {**KEYS, "DATABASE_URL": "postgresql://hub@127.0.0.1:5432/hub", name: value}

    refused = Hub(tmp_path / "var", settings).manage("serve")

    assert refused.returncode == 1
    assert one_line(refused.stderr).startswith(said)
    assert refused.stdout == ""
    assert not (tmp_path / "var").exists()


def test_an_unreachable_database_is_one_clear_line(tmp_path: Path) -> None:
    settings = {**KEYS, "DATABASE_URL": "postgresql://hub:secret@127.0.0.1:1/hub"}

    refused = Hub(tmp_path / "var", settings).manage("serve")

    assert refused.returncode == 1
    assert one_line(refused.stderr).startswith("The database cannot be used: ")


def test_an_impossible_number_of_workers_is_one_clear_line(hub: Hub) -> None:
    refused = hub.manage("serve", "--workers=0")

    assert refused.returncode == 1
    assert "--workers must be a whole number from 1 to 256" in one_line(refused.stderr)


# Beside each other


def test_two_hubs_run_side_by_side_and_the_killed_one_leaves_nothing(hub: Hub, own: Hub) -> None:
    own.start()
    here, there = hub.shop("Here"), own.shop("There")

    assert here.post("customers", [{"CustomerId": "C-1"}]).status == 200
    assert there.read("customers") == []
    assert there.post("customers", [{"CustomerId": "C-2"}]).status == 200
    assert [customer["CustomerId"] for customer in here.read("customers")] == ["C-1"]
    assert len(own.everything()) > 5

    os.kill(own.pid, signal.SIGKILL)

    assert own.remnants() == []
    assert here.read("customers")


@NEEDS_PSQL
def test_psql_takes_the_database_url_with_and_without_a_hub_running(hub: Hub, own: Hub) -> None:
    for each in (hub, own):
        url = each.manage("database_url").stdout.strip()
        asked = subprocess.run(
            ["psql", url, "-Atc", "SELECT count(*) >= 0 FROM tenants_tenant"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert (asked.returncode, asked.stdout, asked.stderr) == (0, "t\n", "")

    assert own.everything()  # left running for whoever took the URL; the next command stops it
    assert own.manage("showmigrations").returncode == 0
    assert own.remnants() == []
