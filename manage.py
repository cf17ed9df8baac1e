#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it starts the embedded PostgreSQL first."""

import os
import signal
import sys

import django
from django.core.management import ManagementUtility, execute_from_command_line

from hub.environment import read_environment
from hub.postgres.server import EmbeddedServer, PostgresError
from hub.serving.refusals import in_one_line
from hub.serving.signals import raised, raised_again

INTERRUPTED = 128 + signal.SIGINT  # the exit code shells know
WITHOUT_DATABASE = {"help", "version", "--help", "-h", "--version", "check", "collectstatic"}
VERSION = {"version", "--version"}  # the hub's: Django would show its own
LEAVES_IT_RUNNING = "database_url"  # for whoever connects with what it printed


def main() -> None:
    """Run the command that the arguments name, the embedded server around it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    environment = read_environment()
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command == "serve" and not sys.stdin.isatty():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it is to renew processes, and there are none yet
    try:
        if environment.DATABASE_URL or command in WITHOUT_DATABASE or "--help" in sys.argv:
            _run(sys.argv)
        else:
            server = EmbeddedServer(environment.HUB_DATA, connections=environment.connections)
            _run_with_server(server, command)
    except PostgresError as error:
        sys.exit(f"PostgreSQL: {error}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _run_with_server(server: EmbeddedServer, command: str) -> None:
    """Run the command, and stop the server when nobody else uses it, also when told to end in the middle."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            signal.signal(number, raised)
    try:
        server.start()
        _run(sys.argv)
    finally:
        if command != LEAVES_IT_RUNNING:
            server.stop()


def _run(arguments: list[str]) -> None:
    with in_one_line():
        if arguments[1:2] and arguments[1] in VERSION:
            django.setup()
            ManagementUtility().fetch_command("version").run_from_argv([arguments[0], "version", *arguments[2:]])
        else:
            execute_from_command_line(arguments)


if __name__ == "__main__":
    with raised_again():
        main()
