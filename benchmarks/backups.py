"""How long a backup and a restore take beside pg_dump and pg_restore alone, and what memory they need.

    python -m benchmarks.backups [--rows N] [--rounds N] [--reload]   loads var/benchmark-backups-N the first time

So many customers, with an order of three lines each. In turns: `manage.py backup`, the same encrypted, `pg_dump
--format=custom`; then `manage.py restore` of the encrypted one and `pg_restore --single-transaction`, each into a new
database of the same server. Seconds of the clock, CPU seconds of the clients, and the largest process of each.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from hub.postgres.programs import wheel_binaries
from hub.postgres.server import EmbeddedServer
from hub.sql.files import ROOT

ROWS = (Path(__file__).parent / "admin_rows.sql").read_text()
PASSPHRASE = "a passphrase of benchmarks"  # noqa: S105
KEYS = {"SECRET_KEY": "the secret key of the benchmarks!", "ERASURE_KEY": "the erasure key of the benchmarks"}


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
    return Run(time.monotonic() - start, float(cpu), int(kilobytes) / 1024)


def load(server: EmbeddedServer, home: Path, rows: int) -> None:
    """Fill a database."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True, env={**os.environ, "HUB_DATA": str(home)}
    )
    named: dict[str, Any] = {
        "rows": rows,
        "names": ["Anna", "Ben", "Cleo"],
        "surnames": ["Schmidt", "Virtanen", "Rossi"],
    }
    with psycopg.connect(**server.settings(), autocommit=True) as connection:  # type: ignore[arg-type]
        psycopg.ClientCursor(connection).execute(ROWS.encode(), named)
        connection.execute("VACUUM ANALYZE")


def tell(name: str, runs: list[Run], bare: list[Run], size: int = 0) -> None:
    seconds, cpu = (statistics.median(column) for column in list(zip(*runs, strict=True))[:2])
    ratio = statistics.median(ours.seconds / theirs.seconds for ours, theirs in zip(runs, bare, strict=True))
    megabytes = max(run.megabytes for run in runs)
    print(
        f"{name:28} {seconds:8.1f} s  {ratio:5.2f} of bare  {cpu:8.1f} CPU s  {megabytes:6.0f} MB"
        + (f"  file {size / 1e6:,.1f} MB" if size else ""),
        flush=True,
    )


def measure(server: EmbeddedServer, home: Path, folder: Path, rounds: int) -> None:
    """Measure in turns, and tell the medians."""
    dumps: dict[str, list[Run]] = {"pg_dump -Fc": [], "backup": [], "backup, encrypted": []}
    restores: dict[str, list[Run]] = {"pg_restore -1": [], "restore, encrypted": []}
    files = {name: folder / f"{number}" for number, name in enumerate(dumps)}
    manage, bare = [sys.executable, "manage.py"], wheel_binaries()
    ours = {"HUB_DATA": str(home), **KEYS}
    for _ in range(rounds):
        backup = [*manage, "backup", "--force"]
        dumps["backup"].append(run([*backup, str(files["backup"])], **ours))
        sealed = str(files["backup, encrypted"])
        dumps["backup, encrypted"].append(run([*backup, sealed], **ours, BACKUP_PASSPHRASE=PASSPHRASE))
        plain = str(files["pg_dump -Fc"])
        dumps["pg_dump -Fc"].append(run([str(bare / "pg_dump"), "-Fc", "-f", plain, server.url()]))
        url = fresh(server)
        command = [str(bare / "pg_restore"), "-1", "-O", "--no-comments", "-d", url, plain]
        restores["pg_restore -1"].append(run(command))
        url = fresh(server)
        command = [*manage, "restore", sealed]
        restores["restore, encrypted"].append(run(command, **KEYS, DATABASE_URL=url, BACKUP_PASSPHRASE=PASSPHRASE))
    for name, runs in dumps.items():
        tell(name, runs, dumps["pg_dump -Fc"], files[name].stat().st_size)
    for name, runs in restores.items():
        tell(name, runs, restores["pg_restore -1"])


def fresh(server: EmbeddedServer) -> str:
    """Make an empty database, and return its address."""
    with psycopg.connect(**server.settings(), autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute("DROP DATABASE IF EXISTS restored WITH (FORCE)")
        connection.execute("CREATE DATABASE restored TEMPLATE template0")
    return server.url("restored")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reload", action="store_true")
    options = parser.parse_args()
    home = Path(f"var/benchmark-backups-{options.rows}").absolute()
    is_new = options.reload or not (home / "postgres").exists()
    server = EmbeddedServer(home)
    server.start()
    try:
        if is_new:
            load(server, home, options.rows)
        with tempfile.TemporaryDirectory() as folder:
            measure(server, home, Path(folder), options.rounds)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
