"""The processes of a hub that runs, as /proc shows them, and what they are started with."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from subprocess import DEVNULL, PIPE

from hub.postgres.cluster import Cluster
from hub.serving.processes import tied_to_us

ESTABLISHED = "01"  # in /proc/net/tcp


def commands(mark: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield pid and command line of the processes that have `mark` among their environment variables."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                yield int(process.name), (process / "cmdline").read_bytes()


def inhabitants(data: Path) -> list[int]:
    """The processes of the database, whose working directory is in the data folder."""
    cluster = Cluster(data)
    look = ["find", "/proc", "-maxdepth", "2", "-name", "cwd", "-lname", f"{cluster.home}/*"]
    # As the server's user: without CAP_SYS_PTRACE, in containers, root does not see it.
    asked = subprocess.run(
        look, stdout=PIPE, stderr=DEVNULL, text=True, check=False, cwd="/", **cluster.account.identity()
    )
    return [int(line.split("/")[2]) for line in asked.stdout.splitlines()]


def connections_of(pid: int, port: int) -> int:
    """Return how many connections to a port of this machine a process has accepted."""
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == ESTABLISHED
    }
    held = 0
    with contextlib.suppress(FileNotFoundError):  # a process, or a descriptor, that has just gone
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            held += os.readlink(descriptor).removeprefix("socket:[").removesuffix("]") in inodes
    return held


def cpu_seconds(pids: Iterable[int]) -> float:
    """What processes have used of the processors, which says nothing of how many others wanted them."""
    ticks = 0
    for pid in pids:
        user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def kill(*pids: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Send processes a signal; one of them may have ended because of another."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, by)


def as_in_a_terminal() -> Callable[[], None]:
    """Take Ctrl-C, which a test run in the background of a shell ignores; one that is killed leaves no hub behind."""
    tie = tied_to_us(signal.SIGTERM)

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        tie()

    return prepare


def one_line(text: str) -> str:
    """Return what was said, when that was one clear line."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert "Traceback" not in text
    return lines[0]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
