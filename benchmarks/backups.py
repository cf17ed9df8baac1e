"""How long a backup and a restore take beside pg_dump and pg_restore alone, and what memory they need.

    python -m benchmarks.backups [--rows N] [--rounds N] [--reload]   loads the shops the first time, see shops.py

In turns: `manage.py backup`, the same encrypted, `pg_dump --format=custom`; then `manage.py restore` of the encrypted
one and `pg_restore --single-transaction`, each into a new database of a server of its own. Seconds of the clock, CPU
seconds of the clients, and the largest process of each.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks.shops import HOME, options_of, prepare
from hub.postgres.programs import wheel_binaries
from hub.postgres.server import EmbeddedServer
from hub.sql.files import ROOT

PASSPHRASE = "a passphrase of benchmarks"  # noqa: S105
KEYS = {name: (HOME / name.lower()).read_text() for name in ("SECRET_KEY", "ERASURE_KEY")}


class Run(NamedTuple):
    """What a program took: seconds, CPU seconds of it and its children, megabytes of the largest of these."""

    seconds: float
    cpu: float
    megabytes: float


def run(command: list[str], **settings: str) -> Run:
    """Run a program in a process that runs nothing else, so that what its children used is what it used."""
    code = "import subprocess, resource, sys; subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL)\n"
    code += "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
    code += "print(used.ru_utime + used.ru_stime, used.ru_maxrss)"
    start = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-c", code, *command],
        env={**os.environ, "LOG_LEVEL": "ERROR", **settings},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    cpu, kilobytes = told.stdout.split()[-2:]
    taken = Run(time.monotonic() - start, float(cpu), int(kilobytes) / 1024)
    print(f"{' '.join(Path(word).name for word in command[:3]):50} {taken}", file=sys.stderr, flush=True)
    return taken


def tell(name: str, runs: list[Run], bare: list[Run], size: int = 0) -> None:
    seconds, cpu = (statistics.median(column) for column in list(zip(*runs, strict=True))[:2])
    ratio = statistics.median(ours.seconds / theirs.seconds for ours, theirs in zip(runs, bare, strict=True))
    megabytes = max(run.megabytes for run in runs)
    print(
        f"{name:28} {seconds:8.1f} s  {ratio:5.2f} of bare  {cpu:8.1f} CPU s  {megabytes:6.0f} MB"
        + (f"  file {size / 1e6:,.1f} MB" if size else ""),
        flush=True,
    )


def measure(target: EmbeddedServer, folder: Path, rounds: int) -> None:
    """Measure in turns, and tell the medians."""
    dumps: dict[str, list[Run]] = {"pg_dump -Fc": [], "backup, encrypted": [], "backup": []}
    restores: dict[str, list[Run]] = {"pg_restore -1": [], "restore, encrypted": []}
    files = {name: folder / f"{number}" for number, name in enumerate(dumps)}
    plain, sealed = str(files["pg_dump -Fc"]), str(files["backup, encrypted"])
    manage, bare = [sys.executable, "manage.py"], wheel_binaries()
    backup = [*manage, "backup", "--force"]
    for _ in range(rounds):
        url = EmbeddedServer(HOME).url()
        dumps["pg_dump -Fc"].append(run([str(bare / "pg_dump"), "-Fc", "-f", plain, url]))
        dumps["backup, encrypted"].append(run([*backup, sealed], **KEYS, BACKUP_PASSPHRASE=PASSPHRASE))
        command = [str(bare / "pg_restore"), "-1", "-O", "--no-comments", "-d", fresh(target), plain]
        restores["pg_restore -1"].append(run(command))
        settings = {**KEYS, "DATABASE_URL": fresh(target), "BACKUP_PASSPHRASE": PASSPHRASE}
        restores["restore, encrypted"].append(run([*manage, "restore", sealed], **settings))
        dumps["backup"].append(run([*backup, str(files["backup"])], **KEYS))
    for name, runs in dumps.items():
        tell(name, runs, dumps["pg_dump -Fc"], files[name].stat().st_size)
    for name, runs in restores.items():
        tell(name, runs, restores["pg_restore -1"])


def fresh(server: EmbeddedServer) -> str:
    """Make an empty database, and return its address."""
    with psycopg.connect(**server.settings(), autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute("DROP DATABASE IF EXISTS restored")
        connection.execute("CREATE DATABASE restored TEMPLATE template0")
    return server.url("restored")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options_of(parser)
    options = parser.parse_args()
    prepare(options.rows, reload=options.reload)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # the server's user, who is another where we are root, passes through
        target = EmbeddedServer(Path(folder) / "var")
        target.start()
        try:
            measure(target, Path(folder), options.rounds)
        finally:
            target.stop()


if __name__ == "__main__":
    main()
