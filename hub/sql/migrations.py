"""Which migrations the database has beside those that the hub knows, and how the rest come to it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg.errors
import structlog
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.db.migrations.executor import MigrationExecutor

from hub.sql.execute import is_distributed
from hub.sql.files import ROOT

log = structlog.get_logger("hub.migrations")
TRY = "SELECT pg_try_advisory_lock(hashtextextended('hub.migrations', 0))"
UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('hub.migrations', 0))"
PAUSE = 0.5  # seconds between two looks at whether another is done: a lock that is waited for would time out
NOT_ALLOWED = (
    "{user} may not make tables in the database {name}: make it the owner (ALTER DATABASE {name} OWNER TO {user}),"
    " or GRANT CREATE ON SCHEMA public TO {user}. Nothing was changed."
)


@dataclass(frozen=True, slots=True)
class Migrations:
    """How a database stands to this version, by the names of migrations: `orders.0001_initial`.

    `missing` are to be run; `unknown` were run by a newer version of the hub.
    """

    missing: list[str]
    unknown: list[str]

    @property
    def said(self) -> str:
        """What an operator should know, in a few words."""
        if self.missing:
            return f"{_counted(self.missing)} to be run (manage.py migrate)"
        if self.unknown:
            return f"has {_counted(self.unknown)} of a newer version of the hub, the last {self.unknown[-1]}"
        return "up to date"


def _counted(names: list[str]) -> str:
    return f"{len(names)} migration{'s' * (len(names) != 1)}"


def find_migrations() -> Migrations:
    """Ask the database which migrations it has."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    planned = executor.migration_plan(loader.graph.leaf_nodes())
    ours = {app.label for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
    unknown = sorted(key for key in loader.applied_migrations if key[0] in ours and key not in loader.disk_migrations)
    return Migrations([f"{one.app_label}.{one.name}" for one, _ in planned], [".".join(key) for key in unknown])


def bring_up_to_date() -> int:
    """Run the migrations that are missing, on every node where tenants are distributed, and return how many they were.

    One at a time: of several hubs that start at once the others wait, and find nothing to do. Raises CommandError.
    """
    with alone():
        missing = find_migrations().missing
        _migrate()
        if is_distributed():  # tables and functions that are new go to every node
            call_command("distribute")
        return len(missing)


@contextmanager
def alone() -> Iterator[None]:
    """Be the only one who changes what this database is; may be entered again inside."""
    is_told = False
    while not _ask(TRY):
        if not is_told:
            log.info("another hub changes the database: waiting until it is done")
        is_told = True
        time.sleep(PAUSE)
    try:
        yield
    finally:
        if connection.connection is not None:  # a connection that has ended holds nothing
            _ask(UNLOCK)


def _migrate() -> None:
    try:
        call_command("migrate", verbosity=0)
    except (MigrationSchemaMissing, ProgrammingError) as error:
        if isinstance(error, ProgrammingError) and not isinstance(
            error.__cause__, psycopg.errors.InsufficientPrivilege
        ):
            raise
        found = connection.settings_dict
        raise CommandError(NOT_ALLOWED.format(user=found["USER"], name=found["NAME"])) from error


def _ask(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return bool(cursor.fetchone()[0])
