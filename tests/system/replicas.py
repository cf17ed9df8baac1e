"""A streaming replica of a hub's embedded server: a base backup of it, started as a server of its own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from hub.postgres.cluster import DATABASE, SUPERUSER, Cluster
from hub.postgres.programs import PORT
from hub.postgres.server import EmbeddedServer
from tests.system.processes import inhabitants, kill
from tests.system.running import Hub
from tests.system.servers import server_pid
from tests.waiting import wait_until


class Replica:
    """The replica of a running hub's database; whether it replays is the test's to say."""

    def __init__(self, hub: Hub, data: Path) -> None:
        self.primary, self.cluster = Cluster(hub.data), Cluster(data)
        self.server = EmbeddedServer(data)

    @property
    def url(self) -> str:
        return self.server.url()

    def make(self) -> None:
        """Copy the primary, over its socket and as its superuser: a new cluster lets that one replicate, and nobody."""
        self.cluster.make_home()
        self.cluster.passfile.write_bytes(self.primary.passfile.read_bytes())
        password = (self.primary.home / "superuser-password").read_text()
        passwords = self.cluster.home / "passwords"
        passwords.write_text(f"*:*:*:{SUPERUSER}:{password}\n")
        for file in (self.cluster.passfile, passwords):
            file.chmod(0o600)
        self.cluster.directory.mkdir(mode=0o700)
        for path in (self.cluster.directory, passwords):
            os.chown(path, *self.cluster.account)
        source = f"host='{self.primary.sockets}' port={PORT} user={SUPERUSER} passfile='{passwords}'"
        copy = ("-D", self.cluster.directory, "-d", source, "--write-recovery-conf", "--checkpoint=fast")
        self.cluster.run("pg_basebackup", *copy)

    def kill(self) -> None:
        """Kill all of it, as a machine that is gone."""
        os.kill(server_pid(self.cluster.data), signal.SIGKILL)
        assert wait_until(lambda: not inhabitants(self.cluster.data))

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        return ask(self.cluster, self.primary, statement)

    def pause(self) -> None:
        """Replay all that the primary has written, and no more."""
        self.query("SELECT pg_wal_replay_resume()")
        assert wait_until(self.is_level)
        self.query("SELECT pg_wal_replay_pause()")
        assert wait_until(lambda: self.query("SELECT pg_get_wal_replay_pause_state()") == [("paused",)])

    def resume(self) -> None:
        self.query("SELECT pg_wal_replay_resume()")
        assert wait_until(self.is_level)

    def is_level(self) -> bool:
        """Say whether all is replayed that the primary had written when asked."""
        ((written,),) = ask(self.primary, self.primary, "SELECT pg_current_wal_lsn()::text")
        return self.query(f"SELECT coalesce(pg_last_wal_replay_lsn() >= '{written}', false)") == [(True,)]


def ask(server: Cluster, passwords: Cluster, statement: str) -> list[tuple[Any, ...]]:
    """Ask a server as its superuser."""
    password = (passwords.home / "superuser-password").read_text()
    place = make_conninfo(host=str(server.sockets), port=PORT, user=SUPERUSER, password=password, dbname=DATABASE)
    with psycopg.connect(place, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@contextmanager
def replica_of(hub: Hub, data: Path) -> Iterator[Replica]:
    """A replica that runs until the end of the block."""
    replica = Replica(hub, data)
    try:
        replica.make()
        replica.server.start()
        yield replica
    finally:
        replica.server.stop()
        kill(*inhabitants(data))
