"""`manage.py restore FILE`: a hub from a backup, into an empty database."""

import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.loader import MigrationLoader
from tqdm import tqdm

from hub.backups.keys import remove_made
from hub.backups.loading import refuse_occupied
from hub.backups.passphrases import ask_passphrase, read_passphrase
from hub.backups.problems import BackupProblem
from hub.backups.programs import parameters_of
from hub.backups.reading import Content, is_encrypted, look_through, parts_of
from hub.backups.restoring import load, place_keys, require_folder, require_keys
from hub.sql.files import ROOT, read_sql

NOT_FINISHED = "The backup is restored, but `manage.py {command}` failed: {said}"
LOST = "Now run `manage.py erasure_key --replace`: it takes the hub's ERASURE_KEY in place of the lost one."
ERASE_AGAIN = (
    "Who was erased after {made_at:%Y-%m-%d %H:%M} UTC is back: erase them again before you let anyone in"
    ' (docs/embedded-postgresql.md, "Erasures on disk and in backups").'
)
QUIET = "Its webhooks are paused, and no mail that waited is sent: it is a copy."


class Command(BaseCommand):
    help = "Restore a backup into an empty database: all of it, or nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a backup that `manage.py backup` has written")
        parser.add_argument(
            "--passphrase-file", metavar="FILE", help="its first line is what the backup was encrypted with"
        )
        parser.add_argument(
            "--as-copy",
            action="store_true",
            help="for trials beside the hub itself: webhooks are paused, mails not sent",
        )
        parser.add_argument(
            "--verify", action="store_true", help="only look whether the backup is whole, and what it has"
        )
        parser.add_argument("--show-keys", action="store_true", help="only show the keys that it holds, as settings")
        parser.add_argument(
            "--erasure-key-is-lost",
            action="store_true",
            help="restore although the hub has not the backup's ERASURE_KEY",
        )

    def handle(self, *, file: str, **options: Any) -> None:
        try:
            path = Path(file)
            passphrase = _passphrase(path, options)
            content = _looked_through(path, passphrase)
            if options["show_keys"]:
                self._show_keys(content)
            elif options["verify"]:
                self.stdout.write(_said(content))
            else:
                self._restore(path, passphrase, content, options)
        except BackupProblem as problem:
            remove_made()
            raise CommandError(str(problem)) from None
        except psycopg.Error as error:
            raise CommandError(f"The database cannot be used: {str(error).partition(chr(10))[0]}") from None

    def _show_keys(self, content: Content) -> None:
        if not content.keys:
            raise BackupProblem("This backup is not encrypted, and names its keys only by fingerprints.")
        for name, key in content.keys.items():
            self.stdout.write(f"{name}={key}")

    def _restore(self, path: Path, passphrase: str, content: Content, options: dict[str, Any]) -> None:
        environment, is_lost = settings.ENVIRONMENT, options["erasure_key_is_lost"]
        loader = MigrationLoader(None)
        content.manifest.require_known({f"{app}.{name}" for app, name in loader.disk_migrations})
        require_folder(environment, content)
        for said in require_keys(environment, content, is_lost=is_lost):
            self.stderr.write(said)
        server_version = refuse_occupied(parameters_of(environment))
        for said in place_keys(environment, content):
            self.stderr.write(said)
        with _bar(path, "restoring") as bar:
            quiet = read_sql(*settings.QUIET_COPY) if options["as_copy"] else ""
            load(environment, parts_of(path, passphrase, bar.update), content, server_version, quiet)
        _manage("migrate", "--verbosity", "0")
        if not is_lost:
            _manage("erasure_key", "--verbosity", "0")
        more = [*([QUIET] if quiet else []), *([LOST] if is_lost else [])]
        again = ERASE_AGAIN.format(made_at=content.manifest.made_at)
        self.stdout.write("\n".join([f"Restored: {_said(content)}", *more, again]))


def _passphrase(path: Path, options: dict[str, Any]) -> str:
    if not is_encrypted(path):
        return ""
    if given := options["passphrase_file"]:
        return read_passphrase(given)
    said: str = settings.ENVIRONMENT.BACKUP_PASSPHRASE
    return said or (ask_passphrase() if sys.stdin.isatty() else "")


def _looked_through(path: Path, passphrase: str) -> Content:
    with _bar(path, "reading") as bar:
        return look_through(path, passphrase, bar.update)


def _bar(path: Path, doing: str) -> "tqdm[Any]":
    """Return the progress through a file, on the standard error where that is a terminal."""
    return tqdm(total=path.stat().st_size, desc=doing, unit="B", unit_scale=True, disable=None, leave=False)


def _said(content: Content) -> str:
    manifest = content.manifest
    files = f" and {content.files} files" if content.files else ""
    keys = "with the hub's keys" if content.keys else "without the hub's keys"
    return (
        f"{manifest.rows:,} rows{files} of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, by hub {manifest.hub}"
        f" on PostgreSQL {manifest.postgresql}, {keys}."
    )


def _manage(*arguments: str) -> None:
    """Run another command in a process of its own: it has the keys as they are now."""
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it did not say why."])[-1]
        raise CommandError(NOT_FINISHED.format(command=arguments[0], said=said))
