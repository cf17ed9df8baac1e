"""SQL kept in files of its own: `<app>/sql/<name>.sql`, each with a comment that says what it promises."""

import re
from pathlib import Path

COMMENTS = re.compile(r"--[^\n]*")


def read_sql(module_file: str, name: str) -> str:
    """Return the statement in `sql/<name>.sql` beside the module, without its comments."""
    return COMMENTS.sub("", (Path(module_file).parent / "sql" / f"{name}.sql").read_text())
