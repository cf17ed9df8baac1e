"""`manage.py serve`: the web server and the background worker, until Ctrl-C."""

import os
import socket
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import connections

from hub.checks import NOBODY_IS_BELIEVED
from hub.environment import read_environment
from hub.metrics.places import folder_for_processes
from hub.postgres.server import EmbeddedServer, PostgresError
from hub.serving.processes import Child, Supervisor, web_server
from hub.serving.pulse import Pulse
from hub.serving.room import claim_room
from hub.serving.sessions import tell_of_another_secret_key
from hub.sql.migrations import bring_up_to_date, find_migrations
from hub.sql.trials import require_trial

log = structlog.get_logger("hub.serve")
# Not hub.wsgi: it must come back while the database is away, and the key was checked here.
APPLICATION = "hub.serving.application:make_application()"
START_SECONDS = 60
BACKLOG = 2048
MOST_WORKERS = 256
MEGABYTE = 1024 * 1024
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Command(BaseCommand):
    help = "Run the web server and the background worker until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workers", type=int, metavar="N", help="web server processes (default: WORKERS)")
        parser.add_argument("--no-worker", action="store_true", help="leave the background worker to another machine")
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")
        parser.add_argument("--demo", action="store_true", help="load the demo data first, and show how to try it")

    def handle(self, **options: Any) -> None:
        if options["demo"]:
            require_trial()
        _set_workers(options["workers"])
        environment = read_environment()
        listener = _bind()
        claim_room(environment)
        self._prepare_database(migrate=options["migrate"])
        if options["demo"]:
            call_command("demo")
        connections.close_all()
        _listen(listener)
        web = web_server(APPLICATION, listener, environment.processes)
        if settings.HTTPS and not settings.TRUSTED_PROXIES:
            log.warning(NOBODY_IS_BELIEVED)
        children = [*web, *([] if options["no_worker"] else [_worker()])]
        database = EmbeddedServer(environment.HUB_DATA, connections=environment.connections)
        most_memory = environment.WORKER_MEMORY_MB * MEGABYTE
        supervisor = Supervisor(children, tend=partial(_tend, database), most_memory=most_memory)
        with folder_for_processes():
            try:
                supervisor.start()
                self._announce(supervisor)
                supervisor.watch()
            finally:
                supervisor.stop()
                database.stop()
                log.info("the hub has stopped")
                self.stdout.write("The hub has stopped.")

    def _prepare_database(self, *, migrate: bool) -> None:
        if migrate:
            bring_up_to_date()
        found = find_migrations()
        if found.missing:
            raise CommandError("The database is not up to date: run `manage.py migrate`, or serve with --migrate.")
        if found.unknown:
            log.warning("the database has migrations of a newer version of the hub", last=found.unknown[-1])
        call_command("erasure_key", verbosity=0)
        tell_of_another_secret_key()

    def _announce(self, supervisor: Supervisor) -> None:
        address = _address()
        deadline = time.monotonic() + START_SECONDS
        while not _answers(address):
            if supervisor.stopping:
                return
            if supervisor.children[0].exit_code() is not None or time.monotonic() > deadline:
                raise CommandError("The web server did not start; what it said is above.")
            supervisor.rest(0.1)
        log.info("the hub serves", address=address)
        self.stdout.write(f"\n  API     {address}\n  Admin   {address}/admin/\n  Health  {address}/health\n")
        self.stdout.write("\n  Ctrl-C stops everything.\n")
        self.stdout.flush()


def _set_workers(number: int | None) -> None:
    if number is not None:
        if not 1 <= number <= MOST_WORKERS:
            raise CommandError(f"--workers must be a whole number from 1 to {MOST_WORKERS}.")
        os.environ["WORKERS"] = str(number)


def _bind() -> socket.socket:
    """Take the port before anything else is done.

    The listening socket is ours, handed down to the web server's processes: while these are started again, or others
    take their places, requests wait instead of being refused, and no other program can come between.
    """
    host, port = settings.ENVIRONMENT.HOST, settings.ENVIRONMENT.PORT
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # also while old connections linger
        listener.bind(address)
    except OSError as error:
        raise _unusable(error) from None
    return listener


def _listen(listener: socket.socket) -> None:
    try:
        listener.listen(BACKLOG)
    except OSError as error:  # of two that have bound the port, the first to listen has it
        raise _unusable(error) from None


def _unusable(error: OSError) -> CommandError:
    place = f"{settings.ENVIRONMENT.HOST}:{settings.ENVIRONMENT.PORT}"
    return CommandError(f"Cannot listen on {place}: {error.strerror}. Set another HOST or PORT.")


def _worker() -> Child:
    command = ["manage.py", "procrastinate", "worker", "--concurrency", "4"]
    return Child("background worker", command, pulse=Pulse.make())


def _tend(database: EmbeddedServer) -> None:
    """Bring the embedded server back when it was killed."""
    try:
        if not settings.ENVIRONMENT.DATABASE_URL and not database.running():
            database.start()
            log.error("the database died, and was started again")
    except PostgresError as error:
        log.error("the database cannot be started", reason=str(error))


def _address() -> str:
    host = settings.ENVIRONMENT.HOST
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{shown}:{settings.ENVIRONMENT.PORT}"


def _answers(address: str) -> bool:
    try:
        DIRECT.open(f"{address}/livez", timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
