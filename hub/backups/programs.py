"""PostgreSQL's programs as clients of the hub's database, from the wheel: they know all servers that a hub does.

Passwords go to them by the environment, which other users of the machine don't see, as they see command lines.
"""

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from psycopg.conninfo import make_conninfo

from hub.environment import Environment
from hub.postgres.programs import wheel_binaries
from hub.postgres.server import EmbeddedServer
from hub.servers import database_parameters

SECRET = {"password", "sslpassword"}
KEPT = {"HOME", "PATH", "KRB5CCNAME", "KRB5_CONFIG", "LD_LIBRARY_PATH"}


def parameters_of(environment: Environment) -> dict[str, str]:
    """Return the libpq parameters of the hub's database."""
    if environment.DATABASE_URL:
        return {"connect_timeout": "10", **database_parameters(environment.DATABASE_URL)}
    return EmbeddedServer(environment.HUB_DATA).settings()


def open_text(parameters: Mapping[str, str]) -> str:
    """Return the parameters as a connection string that may be seen."""
    return make_conninfo(**{name: value for name, value in parameters.items() if name not in SECRET})


class Program:
    """One of PostgreSQL's programs that runs beside us; it ends with the block, killed where it has not ended."""

    def __init__(self, name: str, *arguments: str | Path, password: str = "", **streams: Any) -> None:
        self.name = name
        self._said: IO[bytes] = TemporaryFile()  # noqa: SIM115 — closed in __exit__
        self.process = subprocess.Popen(
            [wheel_binaries() / name, *arguments],
            env=_environment(password),
            stderr=self._said,
            start_new_session=True,  # Ctrl-C in the terminal is ours to pass on
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **streams},
        )

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if stream:
                    stream.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._said.close()

    def fault(self) -> str:
        """Wait for its end, and return the line that says why it failed; "" where it did not."""
        if self.process.wait() == 0:
            return ""
        self._said.seek(0)
        lines = [line.strip() for line in self._said.read(100_000).decode(errors="replace").splitlines()]
        telling = [line for line in lines if "error:" in line.lower()]
        return (telling or [line for line in lines if line] or [f"{self.name} was killed."])[0]


def _environment(password: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("PG")}
    return {**kept, "LC_ALL": "C", **({"PGPASSWORD": password} if password else {})}
