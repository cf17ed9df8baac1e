#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it starts the embedded PostgreSQL first."""

import os
import signal
import sys

import psycopg.errors
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

from hub.environment import read_environment
from hub.postgres.server import EmbeddedServer, PostgresError

INTERRUPTED = 128 + signal.SIGINT  # the exit code shells know
WITHOUT_DATABASE = {"help", "version", "--help", "-h", "--version", "check", "collectstatic"}


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    environment = read_environment()
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if not environment.DATABASE_URL and command not in WITHOUT_DATABASE and "--help" not in sys.argv:
        try:
            EmbeddedServer(environment.HUB_DATA).start()
        except PostgresError as error:
            sys.exit(f"PostgreSQL: {error}")
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
    _run(sys.argv)


def _run(arguments: list[str]) -> None:
    """Run a command; what only its user can mend is one line, not a traceback."""
    try:
        execute_from_command_line(arguments)
    except OperationalError as error:
        sys.exit(f"The database cannot be used: {_first_line(error)}")
    except ProgrammingError as error:
        if not isinstance(error.__cause__, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
            raise
        sys.exit("The database is not up to date: run `manage.py migrate`.")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


if __name__ == "__main__":
    main()
