#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it starts the embedded PostgreSQL first."""

import os
import sys

from django.core.management import execute_from_command_line

from hub.environment import read_environment
from hub.postgres import EmbeddedServer, PostgresError

WITHOUT_DATABASE = {
    "help",
    "version",
    "--help",
    "-h",
    "--version",
    "check",
    "collectstatic",
    "makemigrations",
    "spectacular",
}


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
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
