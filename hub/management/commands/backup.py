"""`manage.py backup FILE`: the hub in one file, while it runs."""

import os
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import django.db
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from hub.backups.making import Made, make_backup
from hub.backups.output import output
from hub.backups.passphrases import ask_passphrase, read_passphrase, require_strong
from hub.backups.problems import BackupProblem

STDOUT = "-"
KEPT_IN = "tenants_erasurekey"  # which a database without a hub does not have
UNENCRYPTED = (
    "It is not encrypted, and does not hold the hub's keys: keep the ERASURE_KEY elsewhere, without it the database has"
    " forgotten who was erased."
)


class Command(BaseCommand):
    help = "Write the hub to a file as it is now, while it runs: database, files of imports and, encrypted, its keys."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="where to; - is the standard output")
        parser.add_argument("--passphrase-file", metavar="FILE", help="encrypt it with the first line of this file")
        parser.add_argument("--encrypt", action="store_true", help="ask for a passphrase, and encrypt it")
        parser.add_argument("--force", action="store_true", help="replace the file where there is one")

    def handle(self, *, file: str, **options: Any) -> None:
        started = time.monotonic()
        try:
            _require_erasure_key()
            passphrase = _passphrase(options)
            if file == STDOUT:
                made = _to_stdout(passphrase)
            else:
                with output(Path(file).absolute(), replaces=options["force"]) as opened:
                    made = _write(opened, passphrase)
        except BackupProblem as problem:
            raise CommandError(str(problem)) from None
        except (psycopg.Error, django.db.Error) as error:
            raise CommandError(f"The database cannot be used: {str(error).partition(chr(10))[0]}") from None
        self.stderr.write(_summary(made, file, time.monotonic() - started))
        if not passphrase:
            self.stderr.write(UNENCRYPTED)


def _require_erasure_key() -> None:
    """Refuse another key than the database's: it would lie in the backup as if it were the one that is needed."""
    if KEPT_IN in connection.introspection.table_names():
        call_command("erasure_key", verbosity=0)


def _passphrase(options: dict[str, Any]) -> str:
    """Return what to encrypt with; "" where nobody asked for it."""
    if path := options["passphrase_file"]:
        return require_strong(read_passphrase(path))
    if given := settings.ENVIRONMENT.BACKUP_PASSPHRASE:
        return require_strong(given)
    return require_strong(ask_passphrase(twice=True)) if options["encrypt"] else ""


def _to_stdout(passphrase: str) -> Made:
    if sys.stdout.isatty():
        raise BackupProblem("A backup is not for the terminal: name a file, or lead the output into a pipe.")
    try:
        made = _write(sys.stdout.buffer, passphrase)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python says so once more at its end
        raise BackupProblem("Who read the backup has ended before its end.") from None
    except OSError as error:
        raise BackupProblem(f"The output cannot be written: {error.strerror}.") from None
    return made


def _write(opened: Any, passphrase: str) -> Made:
    with tqdm(unit="B", unit_scale=True, disable=None, leave=False) as bar:  # on the standard error, if a terminal
        return make_backup(settings.ENVIRONMENT, opened, passphrase=passphrase, seen=bar.update)


def _summary(made: Made, file: str, seconds: float) -> str:
    size = "" if file == STDOUT else f", {Path(file).stat().st_size / 1_000_000:,.1f} MB"
    files = f" and {made.files} files" if made.files else ""
    encrypted = ", encrypted, with the hub's keys" if made.manifest.holds_keys else ""
    return f"Backed up {made.manifest.rows:,} rows{files} in {seconds:.1f} s{size}{encrypted}."
