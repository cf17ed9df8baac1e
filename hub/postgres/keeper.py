"""The keeper of the embedded PostgreSQL: a small process that runs the server for as long as somebody holds a lease.

Started by hub.postgres.server as `python -m hub.postgres.keeper DATA LOCK`; LOCK is the inherited descriptor of the
keeper's lock. It writes one line to stdout, "ready" or what went wrong, and goes on in the background.
"""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hub.postgres.cluster import Account, Cluster
from hub.postgres.programs import PostgresError, explain, options, reason

READY = "ready"
POLL = 0.25  # seconds between two looks at the leases and the server


class Keeper:
    """Runs one cluster's server as its child. Holds the keeper's lock, so it is the only one to touch the cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.lease = cluster.open_private(cluster.lease, os.O_RDWR)
        self.server: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start the server and return when it accepts connections, after crash recovery if need be."""
        vacate(self.cluster)
        self.cluster.make_socket_folder()
        with self.cluster.open_log() as log:
            before = log.tell()
            self.server = subprocess.Popen(
                [
                    *(self.cluster.binaries / "postgres", "-D", self.cluster.directory),
                    *options(unix_socket_directories=quoted(self.cluster.sockets)),
                ],
                **self.cluster.as_server_user(on_our_death=signal.SIGINT),  # a fast shutdown
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while not is_ready(self.cluster, self.server.pid):
            if self.server.poll() is not None:
                raise PostgresError(f"PostgreSQL did not start: {last_words(self.cluster, before)}")
            time.sleep(0.01)

    def keep(self) -> None:
        """Restart the server whenever it dies; return when nobody holds a lease any more."""
        while not self.abandoned():
            time.sleep(POLL)
            if self.server is None or self.server.poll() is not None:
                self.note("the server died, starting it again")
                self.launch()

    def abandoned(self) -> bool:
        """Say whether nobody holds a lease. Once true it stays so: who wants one now waits until we are gone."""
        try:
            fcntl.flock(self.lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def stop(self) -> None:
        """Stop the server: politely, then at once, then by force."""
        for number, patience in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            if self.server is None or self.server.poll() is not None:
                return
            self.server.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.wait(patience)

    def note(self, text: str) -> None:
        with self.cluster.open_log() as log:
            log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC keeper [{os.getpid()}] {text}\n".encode())


def quoted(folder: Path) -> str:
    """A folder as an entry of a PostgreSQL list, where spaces and commas would cut it."""
    return '"{}"'.format(str(folder).replace('"', '""'))


def is_ready(cluster: Cluster, pid: int) -> bool:
    """Read what pg_ctl reads: postmaster.pid, whose first line is the pid and whose eighth the state."""
    try:
        lines = (cluster.directory / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == READY


def last_words(cluster: Cluster, start: int) -> str:
    with cluster.log.open("rb") as log:
        log.seek(start)
        return f"{reason(log.read().decode(errors='replace'))} (see {cluster.log})"


def vacate(cluster: Cluster) -> None:
    """Wait until no process lives in the cluster, stop what stays, and clear the marks of a server that was killed.

    PostgreSQL judges postmaster.pid by the pid, and so refuses to start over a zombie or a stranger's recycled pid.
    """
    server = recorded_pid(cluster)
    # The main process stops the others. Without it they end by themselves; one deep in a query may need a push.
    steps = [(signal.SIGINT, 30.0)] if server in inhabitants(cluster) else []
    for number, patience in (*steps, (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        if is_empty(cluster, 0.0 if number == signal.SIGINT else 2.0):
            break
        tell({server} if number == signal.SIGINT else inhabitants(cluster), number)
        is_empty(cluster, patience)
    if left := inhabitants(cluster):
        raise PostgresError(f"{cluster.directory} is used by processes that cannot be stopped: {sorted(left)}.")
    if has_proc():
        (cluster.directory / "postmaster.pid").unlink(missing_ok=True)
        for mark in cluster.sockets.glob(f"{cluster.socket.name}*"):
            mark.unlink(missing_ok=True)


def tell(processes: set[int], number: signal.Signals) -> None:
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def is_empty(cluster: Cluster, patience: float) -> bool:
    """Wait up to patience seconds for the last process to leave the cluster."""
    deadline = time.monotonic() + patience
    while inhabitants(cluster):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def has_proc() -> bool:
    return Path("/proc/self/cwd").exists()


def recorded_pid(cluster: Cluster) -> int:
    """The pid in postmaster.pid, or 0."""
    try:
        return int((cluster.directory / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return 0


def inhabitants(cluster: Cluster) -> set[int]:
    """The processes whose working directory is the cluster: every process of a living server, and no zombie."""
    if not has_proc():
        return {recorded_pid(cluster)} - {0} if answers(cluster) else set()
    place = cluster.directory.stat()
    # As the server's user: without CAP_SYS_PTRACE (containers) root cannot look into another user's process.
    with acting_as(cluster.account):
        return {int(pid) for pid in os.listdir("/proc") if pid.isdigit() and lives_in(pid, place)}


def lives_in(pid: str, place: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(f"/proc/{pid}/cwd"), place)
    except OSError:
        return False


@contextlib.contextmanager
def acting_as(account: Account | None) -> Iterator[None]:
    """Be another user for a moment; for a process of one thread."""
    if account is None:
        yield
        return
    user, group = os.geteuid(), os.getegid()
    os.setegid(account.gid)
    os.seteuid(account.uid)
    try:
        yield
    finally:
        os.seteuid(user)
        os.setegid(group)


def answers(cluster: Cluster) -> bool:
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.connect(str(cluster.socket))
        return True
    return False


def report(text: str) -> None:
    """Tell the process that started us, and hold its pipe no longer. It may be gone by now."""
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), f"{text}\n".encode())
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def main(data: Path) -> None:
    """Make the cluster when there is none, run its server, and end when nobody needs it."""
    cluster = Cluster(data)
    try:
        keeper = Keeper(cluster)
        try:
            cluster.prepare()
            keeper.launch()
            report(READY)
            keeper.keep()
        except (OSError, PostgresError) as error:
            keeper.note(f"gives up: {error}")
            raise
        finally:
            keeper.stop()
    except OSError as error:
        report(str(explain(error, cluster.home)))
    except PostgresError as error:
        report(str(error))


if __name__ == "__main__":
    if os.fork():  # nobody's child: the process that started us need not wait for our end
        os._exit(0)
    os.chdir("/")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    main(Path(sys.argv[1]))
