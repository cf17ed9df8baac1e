"""How fast a file is imported, beside the bare upsert statement on one connection with the same rows.

    python -m benchmarks.files [--rows N]      100,000 rows of each file (customers; a third of it orders of 3 lines)

The job runs in a process of its own, as the background worker runs it; the statement gets parameters that were made
before the clock starts. Both take turns, each of new rows. CPU is the job's process and PostgreSQL's beside
PostgreSQL's alone; memory is the most that the job's process ever had.
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from statistics import median
from uuid import UUID

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    os.environ.setdefault(
        "HUB_DATA", tempfile.mkdtemp(prefix="bench-files-", dir="var" if Path("var").is_dir() else None)
    )
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ.pop("DATABASE_URL", None)

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from psycopg.conninfo import make_conninfo  # noqa: E402

from benchmarks.cases import NEW  # noqa: E402
from benchmarks.client import Statements  # noqa: E402
from benchmarks.cpu import cpu_seconds  # noqa: E402
from benchmarks.records import MARK_BYTES, Record, as_parameters, batches, dumps  # noqa: E402
from benchmarks.stage import ROOT, UNLIMITED, _hub_options, _postmaster, embedded_server  # noqa: E402
from benchmarks.tasks import STATEMENTS, raw_statement  # noqa: E402
from tenants.changes.changesets import Origin  # noqa: E402
from tenants.imports import chunks, jobs, store  # noqa: E402
from tenants.imports.running import run  # noqa: E402
from tenants.imports.worker import give_way  # noqa: E402
from tenants.models import Entity, FileFormat, Source, Tenant  # noqa: E402
from tenants.provisioning import create_tenant  # noqa: E402

TURNS = 4
TARGETS = {("customers", "ndjson"): 0.8, ("customers", "csv"): 0.6, ("orders", "ndjson"): 0.6}
LARGEST_MB = 200
HEAD = (
    "| file | rows | rows/s | bare statement's | ratio | CPU ratio | memory MB |\n|---|---:|---:|---:|---:|---:|---:|"
)


@dataclass
class Taken:
    """What was taken in the turns of one of two: seconds and CPU seconds, and in the end memory in MB."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: float = 0.0


def lines(entity: str, records: Sequence[Record], kind: str) -> bytes:
    """Write records as a file."""
    if kind == "ndjson":
        return b"".join(dumps(record) + b"\n" for record in records)
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(records[0])
    for record in records:
        writer.writerow(str(value).lower() if isinstance(value, bool) else value for value in record.values())
    return text.getvalue().encode()


def import_file(tenant: Tenant, entity: str, kind: str, data: bytes, postmaster: int) -> tuple[float, float, float]:
    """Import a file in a process of its own; return its seconds, its CPU seconds, and the most memory it had in MB."""
    origin = Origin(Source.IMPORT, "benchmark", "0" * 32)
    job = jobs.create(tenant, origin, entity=Entity(entity), format=FileFormat(kind))
    for start in range(0, len(data), 8_000_000):
        store.append(job, start, data[start : start + 8_000_000])
    jobs.start(job)
    command = [sys.executable, "-m", "benchmarks.files", "--run", str(job.pk), str(tenant.pk), str(postmaster)]
    told = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    return told["seconds"], told["cpu"], told["memory"]


def run_here(import_id: int, tenant_id: UUID, postmaster: int) -> None:
    """Run a job, and print what it took."""
    give_way()
    connection.ensure_connection()
    start, cpu, before = time.perf_counter(), time.process_time(), cpu_seconds(postmaster)
    job = run(import_id, tenant_id)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert job is not None and job.state == "finished", job  # noqa: PT018
    cpu += cpu_seconds(postmaster) - before
    most = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps({"seconds": seconds, "cpu": cpu, "memory": int(most[1]) / 1024 if most else 0}))


def measure(entity: str, kind: str, rows: int, conninfo: str, postmaster: int) -> tuple[Taken, Taken]:
    """Import a file and run the bare statement in turns."""
    (ours, _), (theirs, _) = (create_tenant(f"{entity} {kind} {n}", per_minute=UNLIMITED) for n in range(2))
    send = Statements(conninfo, tuple(map(raw_statement, STATEMENTS[entity])), str(theirs.pk)).open()
    job, bare = Taken(), Taken()
    size = chunks.MOST_ITEMS
    number = max(1, rows // TURNS // size)
    for turn in range(TURNS):
        found = batches(entity, size, NEW, connection=turn, among=0, number=number)
        mark = b"%d" % (100_000_000 + turn)
        data = lines(entity, [record for batch in found for record in batch], kind).replace(MARK_BYTES, mark)
        parts = [[part.replace(MARK_BYTES, mark) for part in as_parameters(entity, batch)] for batch in found]
        del found
        for what in ("job", "bare") if turn % 2 else ("bare", "job"):
            if what == "job":
                seconds, cpu, job.memory = import_file(ours, entity, kind, data, postmaster)
            else:
                start, before = time.perf_counter(), cpu_seconds(postmaster)
                for part in parts:
                    send(part)
                seconds, cpu = time.perf_counter() - start, cpu_seconds(postmaster) - before
            taken = job if what == "job" else bare
            taken.seconds.append(seconds)
            taken.cpu.append(cpu)
    return job, bare


def row(entity: str, kind: str, rows: int, job: Taken, bare: Taken) -> str:
    """Return the row of the table, with the target where it is missed."""
    each = rows // TURNS
    ratio = median(theirs / ours for ours, theirs in zip(job.seconds, bare.seconds, strict=True))
    cpu = median(theirs / ours for ours, theirs in zip(job.cpu, bare.cpu, strict=True))
    target = TARGETS[entity, kind]
    said = f"{ratio:.2f}" if ratio >= target else f"**{ratio:.2f}** of {target}"
    rates = f"{each / median(job.seconds):,.0f} | {each / median(bare.seconds):,.0f}"
    return f"| {entity} {kind} | {rows:,} | {rates} | {said} | {cpu:.2f} | {job.memory:.0f} |"


def conninfos() -> Iterator[tuple[str, int]]:
    """Yield how the embedded server is reached, and the process it is, while it runs."""
    data = Path(os.environ["HUB_DATA"]).resolve()
    with embedded_server(data) as database:
        call_command("migrate", verbosity=0)
        yield make_conninfo(**database.settings(), **_hub_options()), _postmaster(data)


def main() -> None:
    """Print a row for each kind of file."""
    parser = ArgumentParser(prog="python -m benchmarks.files")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--run", nargs=3, metavar=("IMPORT", "TENANT", "POSTMASTER"), help="run a job that waits")
    parser.add_argument("--only", help="one kind of file: customers-ndjson")
    arguments = parser.parse_args()
    if arguments.run:
        run_here(int(arguments.run[0]), UUID(arguments.run[1]), int(arguments.run[2]))
        return
    for conninfo, postmaster in conninfos():
        print(HEAD)
        for entity, kind in TARGETS:
            if arguments.only in (None, f"{entity}-{kind}"):
                rows = arguments.rows // 3 if entity == "orders" else arguments.rows
                taken = measure(entity, kind, rows, conninfo, postmaster)
                print(row(entity, kind, rows, *taken), flush=True)


if __name__ == "__main__":
    main()
