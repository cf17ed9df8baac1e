"""The hub's own PostgreSQL, for when no DATABASE_URL names one. See docs/embedded-postgresql.md.

    server = EmbeddedServer(Path("var"))
    server.start()
    psycopg.connect(**server.settings())

No Django here: settings are made from this.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from hub.postgres.cluster import DATABASE, ROLE, Cluster
from hub.postgres.keeper import READY
from hub.postgres.programs import PORT, PostgresError, explain

__all__ = ["EmbeddedServer", "PostgresError"]

PATIENCE = 300  # seconds; crash recovery of a full WAL may need minutes


class EmbeddedServer:
    """A PostgreSQL server shared by every process that names the same data folder.

    It runs while at least one process holds a lease, taken by start(), and stops seconds after the last one has
    released it or died. It is restarted when it dies. When its keeper dies too, the next start() of any process,
    this one included, brings it back.
    """

    def __init__(self, data: Path) -> None:
        self._cluster = Cluster(data)
        self._leases: list[int] = []

    def start(self) -> None:
        """Return when the server accepts connections, and keep it running until stop() or the end of this process.

        Safe from many processes and threads at once; milliseconds when it already runs.
        Raises PostgresError with one line that says what to do.
        """
        try:
            self._take_lease()
            self._await_server()
        except OSError as error:
            raise explain(error, self._cluster.home) from error

    def settings(self, database: str = DATABASE) -> dict[str, str]:
        """The libpq parameters of a database; right before the first start too."""
        host, passfile = str(self._cluster.sockets), str(self._cluster.passfile)
        return {"host": host, "port": str(PORT), "user": ROLE, "dbname": database, "passfile": passfile}

    def url(self, database: str = DATABASE) -> str:
        """The same as a libpq URL, as psql takes it."""
        parameters = self.settings(database)
        query = urlencode({name: parameters[name] for name in ("host", "port", "passfile")}, quote_via=quote, safe="")
        return f"postgresql://{ROLE}@/{quote(database, safe='')}?{query}"

    def running(self) -> bool:
        """Say whether the server accepts connections and has a keeper; one without is about to stop."""
        with contextlib.suppress(FileNotFoundError):
            if not self._cluster.socket.exists() or not self._has_keeper():
                return False  # without a socket the keeper may be about to give its folder an owner
            self._cluster.verify_private(self._cluster.sockets)
            conninfo = make_conninfo(**self.settings(), connect_timeout=5)
            return PGconn.ping(conninfo.encode()) == Ping.OK
        return False

    def revive(self) -> None:
        """Bring the server back when its keeper was killed; cheap when it lives. Call it now and then while running.

        Waits for nothing but its own work: a server that is recovering has a keeper. Raises PostgresError.
        """
        lock = self._lock_for_keeper()
        if lock is not None:
            self._hire_keeper(lock)

    def stop(self) -> None:
        """Release this process's lease; the server stops when nobody holds one."""
        while self._leases:
            os.close(self._leases.pop())  # not LOCK_UN: forked children share the lock and keep it

    def _take_lease(self) -> None:
        """Hold a shared lock on the lease file, waiting for a keeper that is on its way out.

        The lock goes with the process, by whatever death. A lease on a deleted file (rm -rf var) is worth nothing.
        """
        if any(os.fstat(lease).st_nlink for lease in self._leases):
            return
        self._cluster.make_home()
        lease = self._cluster.open_private(self._cluster.lease, os.O_RDWR)
        fcntl.flock(lease, fcntl.LOCK_SH)
        self._leases.append(lease)

    def _await_server(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.running():
            lock = self._lock_for_keeper()
            if lock is not None:
                self._hire_keeper(lock)
                deadline = time.monotonic() + 10  # it said that the server is ready
            elif time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL does not answer: see {self._cluster.log}.")
            else:
                time.sleep(0.02)

    def _has_keeper(self) -> bool:
        descriptor = os.open(self._cluster.keeper_lock, os.O_RDWR | os.O_CLOEXEC)
        try:
            return not locked(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def _lock_for_keeper(self) -> int | None:
        """Return the locked descriptor of the keeper's lock; None while somebody has it."""
        descriptor = self._cluster.open_private(self._cluster.keeper_lock, os.O_RDWR)
        if locked(descriptor, fcntl.LOCK_EX):
            return descriptor
        os.close(descriptor)
        return None

    def _hire_keeper(self, lock: int) -> None:
        """Start a keeper, which inherits the lock so that there is never a second one, and wait for its word."""
        try:
            keeper = self._spawn_keeper(lock)
        finally:
            os.close(lock)  # soon: a child forked by another thread would keep a copy
        word = keeper.communicate()[0].strip()
        if word != READY:
            raise PostgresError(word.splitlines()[-1] if word else "PostgreSQL's keeper was killed: start again.")

    def _spawn_keeper(self, lock: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "hub.postgres.keeper", str(self._cluster.data)],
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=[lock],
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
        )


def locked(descriptor: int, kind: int) -> bool:
    """Try to lock a file at once; the lock ends with the last copy of the descriptor."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
