"""What only the operator can mend ends a process with one line, not with a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg.errors
from django.db import NotSupportedError, OperationalError, ProgrammingError


@contextmanager
def in_one_line() -> Iterator[None]:
    """End the process where the database does not answer, is too old, or has not been migrated."""
    try:
        yield
    except (OperationalError, NotSupportedError) as error:
        sys.exit(f"The database cannot be used: {_first_line(error)}")
    except ProgrammingError as error:
        if not isinstance(error.__cause__, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
            raise
        sys.exit("The database is not up to date: run `manage.py migrate`.")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
