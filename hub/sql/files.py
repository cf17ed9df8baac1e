"""SQL kept in files of its own: `<app>/sql/<name>.sql`, each with a comment that says what it promises."""

import re
from pathlib import Path

from django.db.migrations import RunSQL

ROOT = Path(__file__).resolve().parents[2]
COMMENTS = re.compile(r"--[^\n]*")


def read_sql(app: str, name: str) -> str:
    """Return the statement in `<app>/sql/<name>.sql`, without its comments."""
    return COMMENTS.sub("", (ROOT / app / "sql" / f"{name}.sql").read_text()).strip()


def database_function(app: str, name: str) -> RunSQL:
    """Migration operation: create the function in `<app>/sql/functions/<name>.sql`; backwards, drop it.

    For its first migration. One that loads a changed function again has nothing to undo: RunSQL(read_sql(…), noop).
    """
    return RunSQL(read_sql(app, f"functions/{name}"), f"DROP FUNCTION {name}")
