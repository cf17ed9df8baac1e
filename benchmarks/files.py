"""How fast a file is imported, beside the bare upsert statement on one connection with the same rows.

And beside the hub's own write of them, with its lock, its changeset and its consents: what a job can reach at best.

    python -m benchmarks.files [--rows N]      100,000 rows of each file (customers; a third of it orders of 3 lines)

The job runs in a process of its own, as the background worker runs it, but with its usual priority, and after a small
one: a worker is not new either. The statement gets parameters, and the hub's write records, that were made
before the clock starts. They take turns, each of new rows. CPU is the job's process and PostgreSQL's beside
PostgreSQL's alone; memory is the most that the job's process ever had.
"""

import atexit
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from random import sample
from statistics import median
from typing import Any
from uuid import UUID

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    if "--run" not in sys.argv:  # a process that runs a job has those of who started it
        FOLDER = Path(tempfile.mkdtemp(prefix="bench-files-", dir="var" if Path("var").is_dir() else None)).resolve()
        atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
        for name in ("HUB_DATA", "FILES"):  # in a folder, as files of this size should be
            (FOLDER / name).mkdir(mode=0o700)
            os.environ[name] = str(FOLDER / name)
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ.pop("DATABASE_URL", None)

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from psycopg.conninfo import make_conninfo  # noqa: E402

from benchmarks.cases import NEW  # noqa: E402
from benchmarks.client import Statements  # noqa: E402
from benchmarks.cpu import cpu_seconds  # noqa: E402
from benchmarks.records import MARK_BYTES, Record, as_parameters, batches, dumps  # noqa: E402
from benchmarks.stage import ROOT, UNLIMITED, _hub_options, _postmaster, embedded_server  # noqa: E402
from benchmarks.tasks import STATEMENTS, raw_statement  # noqa: E402
from hub.records.sifting import sift_all  # noqa: E402
from tenants.changes.changesets import Origin  # noqa: E402
from tenants.entities import entity_config  # noqa: E402
from tenants.imports import chunks, jobs, store  # noqa: E402
from tenants.imports.running import run  # noqa: E402
from tenants.models import Entity, FileFormat, Source, Tenant  # noqa: E402
from tenants.provisioning import create_tenant  # noqa: E402

TURNS, EACH = 4, 100_000  # turns at least, and rows of one where there are more
TARGETS = {("customers", "ndjson"): 0.8, ("customers", "csv"): 0.6, ("orders", "ndjson"): 0.6}
LARGEST_MB = 200
HEAD = (
    "| file | rows | rows/s | bare statement's | ratio | of the hub's write | CPU ratio | memory MB |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|"
)


@dataclass
class Taken:
    """What one of them took in its turns: seconds and CPU seconds, and in the end memory in MB."""

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


def waiting_job(tenant: Tenant, entity: str, kind: str, data: bytes) -> int:
    """Return the id of a job that waits."""
    origin = Origin(Source.IMPORT, "benchmark", "0" * 32)
    job = jobs.create(tenant, origin, entity=Entity(entity), format=FileFormat(kind))
    for start in range(0, len(data), 8_000_000):
        store.append(job, start, data[start : start + 8_000_000])
    jobs.start(job)
    return int(job.pk)


def import_file(tenant: Tenant, entity: str, kind: str, data: bytes, postmaster: int) -> tuple[float, float, float]:
    """Import a file in a process of its own; return its seconds, its CPU seconds, and the most memory it had in MB."""
    head = b"".join(data.splitlines(keepends=True)[:100])
    waiting = [str(waiting_job(tenant, entity, kind, each)) for each in (head, data)]
    command = [sys.executable, "-m", "benchmarks.files", "--run", str(tenant.pk), *waiting, str(postmaster)]
    told = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    return told["seconds"], told["cpu"], told["memory"]


def run_here(import_id: int, tenant_id: UUID, postmaster: int) -> None:
    """Run a job, and print what it took."""
    start, cpu, before = time.perf_counter(), time.process_time(), cpu_seconds(postmaster)
    job = run(import_id, tenant_id)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert job is not None and job.state == "finished", job  # noqa: PT018
    cpu += cpu_seconds(postmaster) - before
    most = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps({"seconds": seconds, "cpu": cpu, "memory": int(most[1]) / 1024 if most else 0}))


def measure(entity: str, kind: str, rows: int, conninfo: str, postmaster: int) -> dict[str, Taken]:
    """Import a file, run the bare statement, and have the hub write the records, in turns."""
    *three, last = sorted((create_tenant(name, per_minute=UNLIMITED)[0] for name in "abcd"), key=lambda t: t.pk)
    job, bare, own = sample(three, 3)
    send = Statements(conninfo, tuple(map(raw_statement, STATEMENTS[entity])), str(bare.pk)).open()
    taking = entity_config(entity).taking(Source.IMPORT)
    schema, origin = chunks.of_chunks(taking.schema(own)), Origin(Source.IMPORT, "benchmark", "0" * 32)
    write: dict[str, Callable[[Any], object]] = {
        "bare": send,
        "own": lambda batch: taking.upsert(own, batch.records, origin=origin),
    }
    taken = {what: Taken() for what in ("job", *write)}
    # The tenant at the end of all indexes is 15 % faster: here it is none of the three.
    for batch in batches(entity, chunks.MOST_ITEMS, NEW, connection=0, among=0, number=3):
        taking.upsert(last, sift_all(schema, dumps(batch)).records, origin=origin)
    number = max(1, rows // turns_of(rows) // chunks.MOST_ITEMS)
    for turn in range(turns_of(rows)):
        found = batches(entity, chunks.MOST_ITEMS, NEW, connection=turn, among=0, number=number)
        mark = b"%d" % (100_000_000 + turn)
        data = lines(entity, [record for batch in found for record in batch], kind).replace(MARK_BYTES, mark)
        parts = [[part.replace(MARK_BYTES, mark) for part in as_parameters(entity, batch)] for batch in found]
        sifted = [sift_all(schema, dumps(batch).replace(MARK_BYTES, mark)) for batch in found]
        del found
        for what in (*taken, *taken)[turn % 3 :][:3]:
            if what == "job":
                seconds, cpu, taken[what].memory = import_file(job, entity, kind, data, postmaster)
            else:
                start, before = time.perf_counter(), cpu_seconds(postmaster)
                for each in parts if what == "bare" else sifted:
                    write[what](each)
                seconds, cpu = time.perf_counter() - start, cpu_seconds(postmaster) - before
            taken[what].seconds.append(seconds)
            taken[what].cpu.append(cpu)
    return taken


def turns_of(rows: int) -> int:
    """Return in how many turns rows are stored: more of them, not longer ones, for a machine's moods meet all alike."""
    return max(TURNS, rows // EACH)


def row(entity: str, kind: str, rows: int, taken: dict[str, Taken]) -> str:
    """Return the row of the table, with the target where it is missed."""
    job, bare, own = taken["job"], taken["bare"], taken["own"]
    ratio, cpu = _ratio(bare.seconds, job.seconds), _ratio(bare.cpu, job.cpu)
    target = TARGETS[entity, kind]
    said = f"{ratio:.2f}" if ratio >= target else f"**{ratio:.2f}** of {target}"
    rates = [f"{rows / turns_of(rows) / median(each.seconds):,.0f}" for each in (job, bare)]
    cells = [f"{entity} {kind}", f"{rows:,}", *rates, said, f"{_ratio(own.seconds, job.seconds):.2f}", f"{cpu:.2f}"]
    return f"| {' | '.join(cells)} | {job.memory:.0f} |"


def _ratio(theirs: Sequence[float], ours: Sequence[float]) -> float:
    return median(one / other for one, other in zip(theirs, ours, strict=True))


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
    parser.add_argument(
        "--run",
        nargs=4,
        metavar=("TENANT", "FIRST", "IMPORT", "POSTMASTER"),
        help="run two jobs that wait, and measure the second",
    )
    parser.add_argument("--only", help="one kind of file: customers-ndjson")
    arguments = parser.parse_args()
    if arguments.run:
        warm_up, job, postmaster = map(int, arguments.run[1:])
        run(warm_up, UUID(arguments.run[0]))
        run_here(job, UUID(arguments.run[0]), postmaster)
        return
    for conninfo, postmaster in conninfos():
        print(HEAD)
        for entity, kind in TARGETS:
            if arguments.only in (None, f"{entity}-{kind}"):
                rows = arguments.rows // 3 if entity == "orders" else arguments.rows
                print(row(entity, kind, rows, measure(entity, kind, rows, conninfo, postmaster)), flush=True)


if __name__ == "__main__":
    main()
