"""The hub's own PostgreSQL, for when no DATABASE_URL names one. See docs/embedded-postgresql.md.

    server = EmbeddedServer(Path("var"))
    server.start()
    psycopg.connect(**server.settings())
    server.stop()

No Django here: settings are made from this.
"""

import errno
import fcntl
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlencode

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from hub.postgres.cluster import DATABASE, ROLE, Cluster
from hub.postgres.programs import PORT, PostgresError, explain

__all__ = ["EmbeddedServer", "PostgresError"]

PATIENCE = 300  # seconds; crash recovery of a full WAL may need minutes, and so may a killed server's last query
IN_THE_WAY = ("already exists", "still in use")  # what a killed server leaves: marks with its pid, its last processes


class EmbeddedServer:
    """A PostgreSQL server shared by every process that names the same data folder.

    Each holds a shared lock on the file `lease` from start() to stop() or to its death; whoever stops as the last
    stops the server. All that starts and stops happens under an exclusive lock on the file `lock`.
    Whoever starts it decides how many connections it has: room for `connections` of a hub, and more.
    """

    def __init__(self, data: Path, *, connections: int = 0) -> None:
        self._cluster = Cluster(data)
        self._connections = connections
        self._lease: IO[str] | None = None

    def start(self) -> None:
        """Return when the server accepts connections; nobody else stops it until stop() or the end of this process.

        Safe from many processes and threads at once; on a server that runs it costs milliseconds, one that was killed
        it brings back. Raises PostgresError with one line that says what to do.
        """
        with self._alone():
            self._release()  # a lease on a file that was removed (rm -rf var) is worth nothing
            self._lease = self._cluster.open_private("lease")
            fcntl.flock(self._lease, fcntl.LOCK_SH)
            self._cluster.prepare()
            self._await_server()

    def stop(self) -> None:
        """Release this process's lease; when nobody else holds one, stop the server and return when it has ended."""
        if self._lease is None or not self._cluster.home.exists():  # removed: such a server ends by itself
            self._release()
            return
        with self._alone():
            self._release()
            with self._cluster.open_private("lease") as lease, suppress(BlockingIOError):
                fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._shut_down()

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
        """Say whether the server accepts connections."""
        return PGconn.ping(make_conninfo(**self.settings(), connect_timeout=5).encode()) == Ping.OK

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of those who start and stop this server, and say what the operating system refuses."""
        try:
            self._cluster.make_home()
            with self._cluster.open_private("lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise explain(error, self._cluster.home) from error

    def _release(self) -> None:
        if self._lease:
            self._lease.close()  # not LOCK_UN: forked children share the lock and keep it
            self._lease = None

    def _await_server(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.running():
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL does not answer: see {self._cluster.log}.")
            if self._listens():
                time.sleep(0.1)
            else:
                self._launch()

    def _listens(self) -> bool:
        """Say whether there is a server, even one that recovers or is too busy to answer."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            return client.connect_ex(str(self._cluster.socket)) not in (errno.ENOENT, errno.ECONNREFUSED)

    def _launch(self) -> None:
        """Start the server; clear what a dead one left, so that the next attempt succeeds, or wait for one that lives.

        PostgreSQL judges its lock files by the pid in them, which a zombie or a stranger may have by now. A server that
        starts slowly has them, too, and does not listen yet: only a lock that its processes hold tells.
        """
        said = self._cluster.launch(PATIENCE, self._connections)
        if any(words in said for words in IN_THE_WAY):
            if self._cluster.is_dead():
                self._cluster.clear_marks()
            time.sleep(0.2)
        elif said:
            raise PostgresError(f"PostgreSQL did not start: {said} (see {self._cluster.log})")

    def _shut_down(self) -> None:
        if self._listens():  # else the pid that pg_ctl would signal may be a stranger's
            try:
                self._cluster.run("pg_ctl", "stop", "-sw", "-m", "fast", "-t", "60")
            except PostgresError:
                self._cluster.run("pg_ctl", "stop", "-sw", "-m", "immediate")
