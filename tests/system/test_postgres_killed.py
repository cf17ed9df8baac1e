"""The embedded server when it, or who starts it, is killed: it comes back with its data, and nothing else is harmed."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from hub.postgres.server import EmbeddedServer
from tests.system.processes import inhabitants
from tests.system.servers import USER, execute, has_stopped, owner, server_pid, value
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


def test_killed_server_comes_back_with_its_data(server: EmbeddedServer, data: Path) -> None:
    execute(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    killed = server_pid(data)
    os.kill(killed, signal.SIGKILL)
    server.start()
    assert server_pid(data) != killed
    assert value(server, "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("recycled", ["stranger", "zombie"])
def test_everything_killed_and_the_pid_recycled(server: EmbeddedServer, data: Path, recycled: str) -> None:
    os.kill(server_pid(data), signal.SIGKILL)
    assert wait_until(lambda: not inhabitants(data))
    mark = data / "postgres/cluster/postmaster.pid"
    command = ["true" if recycled == "zombie" else "sleep", "600"]
    with subprocess.Popen(
        command, user=owner(data), cwd="/"
    ) as other:  # of the server's user, else nothing is in doubt
        lines = [str(other.pid), str(mark.parent), "1", "5432", str(data / "postgres/socket"), "", "0 0", "ready"]
        mark.write_text("\n".join(lines) + "\n")
        server.stop()
        assert recycled == "zombie" or other.poll() is None  # a stop signals no stranger
        server.start()
        assert value(server, "SELECT 1") == 1
        other.kill()


# The last of a first start, which must not come before it is killed.
NEVER_ENDING = f"""
import time
from pathlib import Path
Path.replace = lambda *_: time.sleep(240)
{USER}
"""


@pytest.mark.parametrize("reached", ["global", "PG_VERSION", "base/4"])
def test_first_start_killed_in_the_middle_is_done_again(empty: Path, users, reached: str) -> None:
    user = users(empty, NEVER_ENDING)
    assert wait_until(lambda: list(empty.glob(f"postgres/cluster.new-*/{reached}")), pause=0.001)
    for pid in (user.pid, *inhabitants(empty)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert not (empty / "postgres/cluster").exists()
    server = EmbeddedServer(empty)
    server.start()
    assert value(server, "SELECT 1") == 1
    assert wait_until(lambda: is_swept(server, empty))
    server.stop()


def is_swept(server: EmbeddedServer, data: Path) -> bool:
    """Start once more and say whether nothing half-made is left: a killed start's initdb may go on for a moment."""
    server.start()
    return not list(data.glob("postgres/cluster.new-*"))


def test_a_server_that_starts_slowly_is_waited_for_and_not_taken_for_dead(data: Path, users) -> None:
    mark, server = data / "postgres/cluster/postmaster.pid", EmbeddedServer(data)
    starter = users(data)
    assert wait_until(lambda: mark.exists() and mark.read_text().strip(), pause=0.0005)
    slow = server_pid(data)
    os.kill(slow, signal.SIGSTOP)
    starter.kill()

    other = threading.Thread(target=server.start)
    other.start()
    time.sleep(1)  # in which it could take the server for dead
    assert server_pid(data) == slow
    os.kill(slow, signal.SIGCONT)
    other.join()

    assert server_pid(data) == slow
    assert value(server, "SELECT 1") == 1
    server.stop()
    assert has_stopped(data)
