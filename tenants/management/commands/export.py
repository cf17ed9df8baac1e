"""`manage.py export TENANT ENTITY [FILE]`: all records of a kind as a file, as the API exports them."""

import gzip
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, cast

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError
from tqdm import tqdm

from tenants.changes.news import last_number
from tenants.exports.export import FORMATS, Export
from tenants.exports.recording import Recorded, Taker
from tenants.models import Entity, FileFormat
from tenants.provisioning import named_tenant

INTERRUPTED = 130  # as a shell has it of what Ctrl-C ended
STDOUT = "-"


class Command(BaseCommand):
    help = "Export all records of a kind as NDJSON or CSV, into a file that is there when it is whole, or to a pipe."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", help="the tenant's id, slug, or name that no other has")
        parser.add_argument("entity", choices=Entity.values, help="which records")
        parser.add_argument("file", nargs="?", default=STDOUT, help="where to (default: -, the standard output)")
        formats = [each.value for each in FORMATS]
        parser.add_argument("--format", choices=formats, help="as what (default: as FILE is called, else ndjson)")
        parser.add_argument("--gzip", action="store_true", help="compress it (default: where FILE ends in .gz)")
        escape = "of a CSV for people: no cell that a spreadsheet runs as a formula"
        parser.add_argument("--escape-formulas", action="store_true", help=escape)

    def handle(self, **options: Any) -> None:
        tenant = named_tenant(options["tenant"])
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']!r}.")
        named = options["file"]
        form = FileFormat(options["format"] or _format_of(named))
        export = Export(tenant, Entity(options["entity"]), form, escapes=options["escape_formulas"])
        packs = options["gzip"] or named.endswith(".gz")
        number = last_number(tenant.pk)
        pieces = Recorded(export, Taker())
        try:
            with (
                closing(pieces),
                _opened(named) as file,
                gzip.open(file, "wb") if packs else nullcontext(file) as packed,
            ):
                _write(pieces, cast("IO[bytes]", packed))
        except KeyboardInterrupt:
            self.stderr.write("Ended: no file was left.")
            sys.exit(INTERRUPTED)
        except (OSError, DatabaseError, InterfaceError, psycopg.Error) as error:
            raise CommandError(f"The export was not finished: {error}") from None
        self.stderr.write(f"{pieces.records} {export.entity} of {tenant}; the feed goes on after number {number}.")


def _format_of(name: str) -> str:
    """Return the format that a file's name says, NDJSON for any other."""
    return FileFormat.CSV if name.removesuffix(".gz").endswith(".csv") else FileFormat.NDJSON


def _write(pieces: Recorded, file: IO[bytes]) -> None:
    with tqdm(unit=" records", disable=None) as bar:  # on the standard error, where that is a terminal
        for piece in pieces:
            file.write(piece)
            bar.update(pieces.records - bar.n)


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    """Open a file that has its name once all is in it; whatever ends it before leaves what had that name."""
    if name == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = Path(f"{name}.{os.getpid()}.part")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(name)
    finally:
        partial.unlink(missing_ok=True)
