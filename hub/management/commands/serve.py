"""`manage.py serve`: the web server and the background worker, until Ctrl-C."""

import os
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from hub.processes import Child, Supervisor

START_SECONDS = 30


class Command(BaseCommand):
    help = "Run the web server and the background worker until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workers", type=int, metavar="N", help="web server processes (default: WORKERS)")
        parser.add_argument("--no-worker", action="store_true", help="leave the background worker to another machine")
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")
        parser.add_argument("--demo", action="store_true", help="load the demo data first, and show how to try it")

    def handle(self, **options: Any) -> None:
        self._prepare_database(migrate=options["migrate"])
        if options["workers"]:
            os.environ["WORKERS"] = str(options["workers"])
        if options["demo"]:
            call_command("demo")
        connections.close_all()
        supervisor = Supervisor([*_web(), *([] if options["no_worker"] else _worker())])
        supervisor.start()
        try:
            self._announce(supervisor)
            supervisor.watch()
        finally:
            supervisor.stop()
            self.stdout.write("The hub has stopped.")

    def _prepare_database(self, *, migrate: bool) -> None:
        if migrate:
            call_command("migrate", verbosity=0)
        executor = MigrationExecutor(connections["default"])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date: run `manage.py migrate`, or serve with --migrate.")

    def _announce(self, supervisor: Supervisor) -> None:
        address = _address()
        deadline = time.monotonic() + START_SECONDS
        while not supervisor.stopping:
            if supervisor.children[0].died() or time.monotonic() > deadline:
                raise CommandError(f"The web server did not start on {address}; is the port in use?")
            if _answers(address):
                break
            time.sleep(0.1)
        self.stdout.write(f"\n  API     {address}\n  Admin   {address}/admin/\n  Health  {address}/health\n")
        self.stdout.write("\n  Ctrl-C stops everything.\n")
        self.stdout.flush()


def _web() -> list[Child]:
    return [Child("web server", ["-m", "gunicorn", "--config", "python:hub.gunicorn", "hub.wsgi:application"])]


def _worker() -> list[Child]:
    return [Child("background worker", ["manage.py", "procrastinate", "worker", "--concurrency", "4"])]


def _address() -> str:
    host = settings.ENVIRONMENT.HOST
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{shown}:{settings.ENVIRONMENT.PORT}"


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=2)  # noqa: S310 — our own http:// address
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
