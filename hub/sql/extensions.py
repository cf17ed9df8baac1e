"""Extensions of PostgreSQL that a migration needs, and what an operator does where it may not create one."""

from typing import Any

from django.contrib.postgres.operations import CreateExtension
from django.core.management.base import CommandError
from django.db import Error

MISSING = (
    "The database needs the extension {name}, and it can't be created here: {reason}. Install PostgreSQL's contrib"
    " package on the server (postgresql-contrib; managed servers have it), run CREATE EXTENSION {name} in this database"
    " as its owner or a superuser, and migrate again. Nothing was changed."
)


class Extension(CreateExtension):
    """Migration operation: create an extension where it is missing; backwards it stays, others may use it.

    Raises CommandError, with what to do, where it can't be created.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        except Error as error:
            raise CommandError(MISSING.format(name=self.name, reason=str(error).splitlines()[0])) from error

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Leave it."""
