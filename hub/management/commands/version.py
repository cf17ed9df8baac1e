"""`manage.py version`: which hub this is, on what it runs, and how its database stands to it."""

import platform
from typing import Any

import django
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from hub.postgres.server import EmbeddedServer
from hub.sql.migrations import find_migrations
from hub.version import VERSION

AT_REST = "the embedded one, which is not running"


class Command(BaseCommand):
    help = "Show the versions of the hub, Python, Django and PostgreSQL, and whether the database is up to date."
    requires_system_checks: list[str] = []

    def handle(self, **_: Any) -> None:
        postgresql, database = _database()
        shown = {
            "Data hub": VERSION,
            "Python": platform.python_version(),
            "Django": django.get_version(),
            "PostgreSQL": postgresql,
            "Database": database,
        }
        for name, value in shown.items():
            self.stdout.write(f"{name:<12}{value}")


def _database() -> tuple[str, str]:
    """Return what PostgreSQL is reached, and how the database stands; the embedded one is not started for that."""
    environment = settings.ENVIRONMENT
    if not environment.DATABASE_URL and not EmbeddedServer(environment.HUB_DATA).running():
        return AT_REST, "not asked"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version')")
            return str(cursor.fetchone()[0]), find_migrations().said
    except DatabaseError as error:
        return "cannot be reached", str(error).partition("\n")[0]
