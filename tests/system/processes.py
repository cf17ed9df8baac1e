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

LISTENING = "0A"  # in /proc/net/tcp
_bound: list[socket.socket] = []  # whose ports are ours until this process ends


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
    """Return how many connections to a port of this machine a process has accepted and not closed.

    One whose client has gone counts until the process knows: so long it leaves new ones to others.
    """
    return len(accepted(pid, port))


def accepted(pid: int, port: int) -> set[str]:
    """Return the connections to a port of this machine that a process has, as its descriptors name them."""
    return held(pid) & {
        f"socket:[{line.split()[9]}]"
        for line in Path("/proc/net/tcp").read_text().splitlines()
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] != LISTENING
    }


def held(pid: int) -> set[str]:
    """Return what a process has open: files, and sockets, also those that the network has forgotten."""
    found = set()
    with contextlib.suppress(FileNotFoundError):  # the process has just gone
        for descriptor in list(Path(f"/proc/{pid}/fd").iterdir()):
            with contextlib.suppress(FileNotFoundError):  # it has just been closed
                found.add(os.readlink(descriptor))
    return found


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


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Have a process rest until the end of the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


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
    """Return a port that no other program is given, also while the hub that is to listen there does not run.

    It stays bound here, and nobody listens. Whoever says that it may be shared (SO_REUSEADDR), as a hub does, can bind
    it, too.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    _bound.append(held)
    return int(held.getsockname()[1])
