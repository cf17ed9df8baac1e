"""The environment variables the hub reads: one typed model, every one with a default that runs.

README.md lists them; a test compares the two.
"""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails


class EnvironmentProblem(SystemExit):
    """A variable has a value the hub can't run with; the message is one clear line a variable."""


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _origin(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+", value):
        raise ValueError("An origin looks like https://hub.example")
    return value


Words = Annotated[list[str], BeforeValidator(_split)]
Origins = Annotated[list[Annotated[str, AfterValidator(_origin)]], BeforeValidator(_split)]


class Environment(BaseModel):
    """What may be set from outside. Names in capitals are the environment variables."""

    DATABASE_URL: str = Field("", description="PostgreSQL 15 or newer, `postgresql://user:password@host:port/name`")
    HUB_DATA: Path = Field(Path("var"), description="folder of the embedded PostgreSQL and of the generated secret")
    HOST: str = Field("127.0.0.1", min_length=1, description="address the web server listens on")
    PORT: int = Field(8000, ge=1, le=65535, description="port the web server listens on")
    WORKERS: int = Field(0, ge=0, le=256, description="web server processes; 0 means one a core, four at most")
    THREADS: int = Field(12, ge=1, le=64, description="threads a process, each with its database connection")
    SECRET_KEY: str = Field("", description="signs sessions; generated and kept in HUB_DATA when absent")
    ERASURE_KEY: str = Field("", description="keys the hashes that stand for erased persons; never change it")
    DEBUG: bool = Field(False, description="Django's debug pages; never in production")
    ALLOWED_HOSTS: Words = Field(["localhost", "127.0.0.1", "[::1]"], description="host names the hub answers to")
    CSRF_TRUSTED_ORIGINS: Origins = Field(
        [], description="origins of the admin behind a TLS proxy, `https://hub.example`"
    )
    HTTPS: bool = Field(False, description="the hub is served over TLS: secure cookies and HSTS")
    PROXIES: int = Field(0, ge=0, le=8, description="trusted reverse proxies that add to X-Forwarded-For")
    ADDRESS_PER_MINUTE: int = Field(1000, ge=1, description="requests a minute of one address without a valid key")
    ADDRESS_PER_HOUR: int = Field(20000, ge=1, description="requests an hour of one address without a valid key")
    LOG_LEVEL: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")

    @model_validator(mode="after")
    def _secret_is_named(self) -> Self:
        if self.DATABASE_URL:
            database_parameters(self.DATABASE_URL)
        if self.DATABASE_URL and not self.DEBUG and not self.SECRET_KEY:
            raise ValueError("SECRET_KEY is required when DATABASE_URL is set and DEBUG is off.")
        return self

    def secret(self, name: str) -> str:
        """Return SECRET_KEY or ERASURE_KEY: the variable's value, else one made once and kept in HUB_DATA (0600)."""
        given: str = getattr(self, name)
        if given or self.DATABASE_URL:
            return given or self.SECRET_KEY or "debug"
        return _kept_secret(self.HUB_DATA / name.lower())


def database_parameters(url: str) -> dict[str, str]:
    """Split a `postgresql://` URL into libpq parameters; raises ValueError with one clear line."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("DATABASE_URL names an invalid host.") from None
    name = parts.path.lstrip("/")
    if not re.fullmatch("postgres(ql)?", parts.scheme) or not name:
        raise ValueError("DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    named = {"user": parts.username, "password": parts.password, "host": parts.hostname, "dbname": name}
    try:
        named["port"] = str(parts.port or "")
    except ValueError:
        raise ValueError("DATABASE_URL names a port that is no number from 1 to 65535.") from None
    return {key: unquote(value) for key, value in named.items() if value} | dict(parse_qsl(parts.query))


def read_environment() -> Environment:
    """Read and check the environment; an unusable value ends the start with one line that names it."""
    known = {name: os.environ[name] for name in Environment.model_fields if os.environ.get(name)}
    try:
        return Environment.model_validate(known)
    except ValidationError as problem:
        raise EnvironmentProblem("\n".join(map(_line, problem.errors()))) from None


def _line(error: ErrorDetails) -> str:
    name, text = "".join(map(str, error["loc"][:1])), str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {text}, not {error['input']!r}." if name else text


def _kept_secret(path: Path) -> str:
    """Return the secret kept in `path`; of several processes that come first at once, one makes it."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent) as fresh:  # 0600
            fresh.write(secrets.token_urlsafe(48))
            fresh.flush()
            with suppress(FileExistsError):
                os.link(fresh.name, path)
    return path.read_text()
