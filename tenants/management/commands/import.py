"""`manage.py import TENANT ENTITY FILE`: a file of records is stored, as the API stores one that is sent to it.

Exits with 0 where all was stored, 1 where some rows were rejected, 2 where the file or its options can't be used, 130
after Ctrl-C.
"""

import json
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from types import FrameType
from typing import Any, BinaryIO
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from hub.files.problems import FileProblem
from tenants.changes.changesets import Origin
from tenants.changes.fingerprint import check_erasure_key
from tenants.entities import entity_config
from tenants.imports import jobs, rejects, store
from tenants.imports.glancing import Glance, glance
from tenants.imports.items import FileRefused
from tenants.imports.mapping import Suggestion, suggest
from tenants.imports.options import Options, OptionsRefused, read_options
from tenants.imports.problems import NotTaken
from tenants.imports.recognising import HEAD, recognised
from tenants.imports.running import run
from tenants.models import Entity, FileFormat, Import, ImportState, Source, Tenant
from tenants.provisioning import named_tenant

STORED, SOME_REJECTED, WRONG, STOPPED = 0, 1, 2, 130  # exit codes
PIECE = 1024 * 1024
WATCH_SECONDS = 1.0
ENDED = (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED)
FLAGS = {
    "encoding": "encoding",
    "delimiter": "delimiter",
    "dates": "dates",
    "decimal": "decimal",
    "timeZone": "time_zone",
}
STANDARD_INPUT = "-"


class Command(BaseCommand):
    help = "Store a file of records: NDJSON, CSV or XLSX, also packed with gzip or zstd; - reads standard input."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", help="id or slug")
        parser.add_argument("entity", choices=Entity.values)
        parser.add_argument("file", help="its path, or - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="store nothing, and say what would be stored")
        parser.add_argument("--map", metavar="FILE", help="how a table is read, as --show-map writes it")
        parser.add_argument("--show-map", action="store_true", help="write how a table would be read, and do no more")
        parser.add_argument("--dates", help="iso, dmy, mdy or ymd: the order of day, month and year")
        parser.add_argument("--decimal", help=". or , before decimals")
        parser.add_argument("--time-zone", help="of moments that name none; without it the tenant's")
        parser.add_argument("--encoding", help="utf-8, utf-16 or windows-1252; without it as found")
        parser.add_argument("--delimiter", help="comma, semicolon, tab or pipe; without it as found")
        parser.add_argument(
            "--constant",
            action="append",
            default=[],
            metavar="FIELD=TEXT",
            help="a field that no column has, the same in all records: Currency=EUR",
        )
        parser.add_argument("--rejected", metavar="FILE", help="write the rejected rows there, to be mended and sent")
        parser.add_argument("--reason", default="", help="kept with every change")

    def handle(self, *, tenant: str, entity: str, file: str, **options: Any) -> None:
        check_erasure_key()
        found = named_tenant(tenant)
        if found is None:
            raise CommandError(f"There is no tenant {tenant!r}.", returncode=WRONG)
        try:
            with _opened(file) as opened:
                code = self._imported(found, Entity(entity), opened, file, options)
        except KeyboardInterrupt:
            raise CommandError("Stopped. Nothing was stored.", returncode=STOPPED) from None
        except OptionsRefused as refused:
            raise CommandError(str(refused), returncode=WRONG) from None
        except (FileProblem, FileRefused, NotTaken, OSError) as refused:
            raise CommandError(str(refused), returncode=WRONG) from None
        if code:
            sys.exit(code)

    def _imported(self, tenant: Tenant, entity: Entity, file: BinaryIO, name: str, said: Mapping[str, Any]) -> int:
        kind, packing = recognised(name, file.read(HEAD))
        options = Options()
        if kind != FileFormat.NDJSON:
            options = _said(entity, said)
            looked = glance(partial(_pieces, file), kind, packing, options)
            suggestion = suggest(tenant, entity, looked.header, looked.rows, options)
            if said["show_map"]:
                self.stdout.write(json.dumps(suggestion.options.json, indent=2, ensure_ascii=False))
                return STORED
            self._show(looked, suggestion)
            _refuse_unclear(suggestion)
            options = suggestion.options
        job = _job(tenant, entity, kind, packing, name, options, said)
        _upload(job, file)
        return self._run(job, said)

    def _show(self, looked: Glance, found: Suggestion) -> None:
        """Say how a table is read."""
        if looked.dialect:
            self.stdout.write(f"{looked.dialect.encoding}, cells separated by {looked.dialect.delimiter!r}")
        if found.vendor:
            self.stdout.write(f"looks like an export of {found.vendor}")
        for column in found.columns:
            what = ", else ".join(column.fields) or f"– {column.note or 'Not taken.'}"
            self.stdout.write(f"  {column.header:30}  {what:40}  {' · '.join(column.samples)[:60]}")
        for field, text in found.options.constants.items():
            self.stdout.write(f"  {'(all records)':30}  {field:40}  {text}")

    def _run(self, job: Import, said: Mapping[str, Any]) -> int:
        """Run a job to its end, or to Ctrl-C."""
        with _asked_to_stop() as is_asked, _bar(job) as bar:
            jobs.start(job)
            job = _run_to_its_end(job, bar, is_asked)
        if job.rejected and said["rejected"]:
            with Path(said["rejected"]).open("wb") as rejected:
                rejected.writelines(rejects.written(job))
        self._summarise(job, said)
        if job.state == ImportState.FAILED:
            raise CommandError(job.message, returncode=WRONG)
        if job.state != ImportState.FINISHED:
            return STOPPED
        return SOME_REJECTED if job.rejected else STORED

    def _summarise(self, job: Import, said: Mapping[str, Any]) -> None:
        counts = ", ".join(
            f"{getattr(job, name):,} {name}" for name in jobs.COUNTS if name == "read" or getattr(job, name)
        )
        self.stdout.write(f"Import {job.pk}: {counts}")
        if job.is_dry_run:
            self.stdout.write("This was a dry run: nothing was stored.")
            jobs.cancel(job)
        if job.state not in (ImportState.FINISHED, ImportState.FAILED):
            self.stdout.write(
                "Stopped. What was stored stays; import the file again to go on, nothing is stored twice."
            )
        if job.rejected:
            where = f"are in {said['rejected']}" if said["rejected"] else "are written with --rejected FILE"
            self.stdout.write(f"The rejected rows {where}, and from GET /imports/{job.tenant_id}/{job.pk}/rejected")


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """Open a file; what comes from standard input is in a temporary one meanwhile, for it is read twice."""
    if name != STANDARD_INPUT:
        with Path(name).open("rb") as file:
            yield file
    else:
        with TemporaryFile() as kept:
            while piece := sys.stdin.buffer.read(PIECE):
                kept.write(piece)
            kept.seek(0)
            yield kept


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file from its beginning."""
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _said(entity: Entity, said: Mapping[str, Any]) -> Options:
    """Return the options that are said, those of the line before those of the file."""
    columns = entity_config(entity).columns
    stored: Any = {}
    if said["map"]:
        try:
            stored = json.loads(Path(said["map"]).read_text())
        except ValueError as error:
            raise OptionsRefused({"--map": f"The file is not JSON: {error}."}) from None
    line: dict[str, Any] = {name: said[flag] for name, flag in FLAGS.items() if said[flag]}
    if said["constant"]:
        pairs = [text.partition("=") for text in said["constant"]]
        if not all(mark for _, mark, _ in pairs):
            raise OptionsRefused({"--constant": "Must be FIELD=TEXT, for example Currency=EUR."})
        line["constants"] = {field: text for field, _, text in pairs}
    return read_options(line, columns).over(read_options(stored, columns))


def _refuse_unclear(found: Suggestion) -> None:
    """Raise OptionsRefused for a table that could be read in two ways, or lacks what every record must have."""
    asked = {
        f"--{question.option}": f"{question.text} {', '.join(question.headers)} has {', '.join(question.samples)}."
        f" Say {' or '.join(f'--{question.option} {choice}' for choice in question.choices)}."
        for question in found.ambiguous
    }
    if found.missing:
        text = "Map a column to it, or say --constant FIELD=TEXT where it is the same in all records."
        asked |= dict.fromkeys(found.missing, f"No column gives it. {text}")
    if asked:
        raise OptionsRefused(asked)


def _job(
    tenant: Tenant, entity: Entity, kind: FileFormat, packing: str, name: str, options: Options, said: Mapping[str, Any]
) -> Import:
    return jobs.create(
        tenant,
        Origin(Source.IMPORT, "manage.py import", uuid4().hex, reason=said["reason"]),
        entity=entity,
        format=kind,
        packing=packing,
        file_name="" if name == STANDARD_INPUT else Path(name).name[:200],
        options=options.json,
        is_dry_run=said["dry_run"],
    )


def _upload(job: Import, file: BinaryIO) -> None:
    """Have the file where whoever runs the job finds it; without a trace where that does not succeed."""
    try:
        for piece in _pieces(file):
            store.append(job, job.size, piece)
    except BaseException:
        jobs.discard(job)
        raise


def _bar(job: Import) -> "tqdm[Any]":
    """Return a bar for the bytes that are read, shown on a terminal."""
    return tqdm(total=job.size, unit="B", unit_scale=True, disable=None, leave=False)


@contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    """Note Ctrl-C instead of breaking off; a second one breaks off, and what was stored stays all the same."""
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _run_to_its_end(job: Import, bar: "tqdm[Any]", asked: list[int]) -> Import:
    """Run a job here, or watch it where a worker has taken it up; after Ctrl-C it is cancelled between two chunks."""
    while job.state not in ENDED:
        left = run(job.pk, job.tenant_id, beat=partial(_beat, bar), is_stopping=lambda: bool(asked))
        if asked:
            jobs.cancel(job)
        if left is None:
            time.sleep(WATCH_SECONDS)
        job.refresh_from_db()
        _beat(bar, job)
    return job


def _beat(bar: "tqdm[Any]", job: Import) -> None:
    bar.n = job.bytes_read
    bar.set_postfix_str(f"{job.read:,} read, {job.rejected:,} rejected")
