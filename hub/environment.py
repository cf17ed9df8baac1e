"""The environment variables the hub reads: one typed model, every one with a default that runs.

README.md lists them; a test compares the two.
"""

import os
import re
import secrets
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Self

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from hub.servers import database_parameters, mail_server
from hub.variables import Addresses, Contacts, Folder, Issuer, Level, Origins, Sender, Words

LEAST_KEY = 32  # characters; the keys that are generated have 64
UTF8 = re.compile(r"[^\ud800-\udfff]*")  # bytes that are no UTF-8 come as surrogates
FIT_KEY = re.compile(rf"{UTF8.pattern.removesuffix('*')}{{{LEAST_KEY},}}")
A_NEW_ONE = "Make a new one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'."
TOO_SHORT = f"{{name}}: a key must have {LEAST_KEY} characters or more, in UTF-8. {A_NEW_ONE}"
REQUIRED = {
    "SECRET_KEY": A_NEW_ONE,
    "ERASURE_KEY": (
        f"{A_NEW_ONE} But a hub that used this database without one goes on with the SECRET_KEY it had,"
        " and one that comes from the embedded database with what is in the file erasure_key of its HUB_DATA."
    ),
}
BESIDE = 3  # connections of a web server process that no thread answers with: the request log's, probes', metrics'
# Connections of the background worker: it was seen to have ten; one for webhooks, three for imports, one for exports.
BACKGROUND = 15
MADE: set[Path] = set()  # files of secrets that this process was the one to make


class EnvironmentProblem(SystemExit):
    """A variable has a value the hub can't run with; the message is one clear line a variable."""


class Environment(BaseModel):
    """What may be set from outside. Names in capitals are the environment variables.

    What holds a secret has `repr=False`: its value is in no message and on no debug page.
    """

    DATABASE_URL: str = Field(
        "", repr=False, description="PostgreSQL 15 or newer, `postgresql://user:password@host:port/name`"
    )
    READ_DATABASE_URL: str = Field(
        "",
        repr=False,
        description="a streaming replica of the database that answers what reads, where it is up to date",
    )
    HUB_SETTINGS: str = Field(
        "", description="file with lines NAME=value of these variables, for those not set; SIGHUP reads it anew"
    )
    HUB_DATA: Path = Field(Path("var"), description="folder of the embedded PostgreSQL and of the generated secrets")
    FILES: Folder = Field(
        "", description="a folder that every host sees, for files of records while they are imported; else the database"
    )
    HOST: str = Field("127.0.0.1", min_length=1, description="address the web server listens on")
    PORT: int = Field(8000, ge=1, le=65535, description="port the web server listens on")
    WORKERS: int = Field(0, ge=0, le=256, description="web server processes; 0 means one a core, four at most")
    THREADS: int = Field(12, ge=1, le=64, description="threads a process, each with its database connection")
    BODY_SECONDS: int = Field(60, ge=1, description="seconds in which a request's body must have arrived")
    STATEMENT_SECONDS: int = Field(
        30, ge=1, description="seconds a request's statement may take, and its transaction rest between two"
    )
    WORKER_MEMORY_MB: int = Field(
        512, ge=0, description="megabytes a web server process may grow to before it is renewed; 0 means no bound"
    )
    SECRET_KEY: str = Field("", repr=False, description="signs sessions; generated and kept in HUB_DATA when absent")
    SECRET_KEY_FALLBACKS: Words = Field(
        [], repr=False, description="former SECRET_KEYs, comma separated: what they signed still holds"
    )
    ERASURE_KEY: str = Field(
        "", repr=False, description="keys the hashes that stand for erased persons; never change it"
    )
    DEBUG: bool = Field(False, description="Django's debug pages; never in production")
    ALLOWED_HOSTS: Words = Field(["localhost", "127.0.0.1", "[::1]"], description="host names the hub answers to")
    CSRF_TRUSTED_ORIGINS: Origins = Field(
        [], description="origins of the admin behind a TLS proxy, `https://hub.example`"
    )
    HTTPS: bool = Field(
        False, description="the hub is reached over TLS alone: what comes without is sent there or refused"
    )
    HSTS_SUBDOMAINS: bool = Field(False, description="browsers shall keep to TLS for all hosts below the hub's, too")
    HSTS_PRELOAD: bool = Field(False, description="browsers may ship with that knowledge; needs HSTS_SUBDOMAINS")
    PROXIES: int = Field(
        0, ge=0, le=8, description="trusted reverse proxies, whose X-Forwarded-For and X-Forwarded-Proto count"
    )
    SECURITY_CONTACT: Contacts = Field(
        [],
        description="whom to tell of a weakness, comma separated: `mailto:security@hub.example`, `https://…`",
    )
    ADDRESS_PER_MINUTE: int = Field(1000, ge=1, description="requests a minute of one address without a valid key")
    ADDRESS_PER_HOUR: int = Field(20000, ge=1, description="requests an hour of one address without a valid key")
    AUDIT_DAYS: int = Field(400, ge=1, description="days that the audit is kept: log-ins, changes, who looked at whom")
    CHANGESET_DAYS: int = Field(
        400, ge=7, description="days that changesets are kept: the feed, the history of records"
    )
    BACKUP_PASSPHRASE: str = Field(
        "", max_length=1000, repr=False, description="encrypts backups, which then hold the hub's keys"
    )
    METRICS_TOKEN: str = Field(
        "", repr=False, description="what Prometheus sends to read /metrics, which is not there without it"
    )
    LOG_ADDRESSES: Addresses = Field(
        "off", description="whether the log names the address a request came from: off, truncated (its network) or on"
    )
    LOG_LEVEL: Level = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    EMAIL_URL: str = Field(
        "",
        repr=False,
        description="the server that takes mails, `smtp://user:password@host:587`; without it none are sent",
    )
    EMAIL_FROM: Sender = Field("", description="who the hub's mails come from; required with EMAIL_URL")
    REQUIRE_MFA: bool = Field(False, description="everybody needs a second factor to use the admin")
    OIDC_ISSUER: Issuer = Field(
        "", description="an OpenID provider whose users may log in to the accounts that have their verified e-mail"
    )
    OIDC_CLIENT_ID: str = Field("", description="the hub's name at the OpenID provider")
    OIDC_CLIENT_SECRET: str = Field("", repr=False, description="the hub's secret at the OpenID provider")

    WEBHOOK_LOOPBACK: bool = Field(
        False, description="webhooks may lead to this machine, over http, too; for trials on the embedded database only"
    )

    @model_validator(mode="after")
    def _values_fit(self) -> Self:
        for name in ("DATABASE_URL", "READ_DATABASE_URL"):
            if url := getattr(self, name):
                database_parameters(url, name)
        if self.HSTS_PRELOAD and not self.HSTS_SUBDOMAINS:
            raise ValueError(
                "HSTS_PRELOAD needs HSTS_SUBDOMAINS: browsers preload domains with all that is below them."
            )
        mail_server(self.EMAIL_URL)
        faults = [] if self.DEBUG else [*self._missing_keys(), *self._unfit_keys()]
        if faults := [*faults, *self._halves(), *self._trials()]:
            raise ValueError("\n".join(faults))
        return self

    def _halves(self) -> list[str]:
        """Say which settings lack what they are nothing without."""
        openid = [self.OIDC_ISSUER, self.OIDC_CLIENT_ID, self.OIDC_CLIENT_SECRET]
        faults = {
            "EMAIL_FROM must be set where EMAIL_URL is.": self.EMAIL_URL and not self.EMAIL_FROM,
            "OIDC_ISSUER must be set together with OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.": any(openid)
            and not all(openid),
        }
        return [said for said, holds in faults.items() if holds]

    def _trials(self) -> list[str]:
        """Say which settings for trials stand where data is real."""
        if self.WEBHOOK_LOOPBACK and self.DATABASE_URL and not self.DEBUG:
            return ["WEBHOOK_LOOPBACK is for trials: it can't be set together with DATABASE_URL unless DEBUG is on."]
        return []

    def _missing_keys(self) -> list[str]:
        missing = [name for name in REQUIRED if self.DATABASE_URL and not getattr(self, name)]
        return [f"{name} is required when DATABASE_URL is set and DEBUG is off. {REQUIRED[name]}" for name in missing]

    def _unfit_keys(self) -> list[str]:
        """Say which keys can't be used. An erasure key may be short where it is an old one (tenants.changes)."""
        keys = {
            "SECRET_KEY": [self.SECRET_KEY],
            "SECRET_KEY_FALLBACKS": self.SECRET_KEY_FALLBACKS,
            "METRICS_TOKEN": [self.METRICS_TOKEN],
        }
        unfit = [name for name, given in keys.items() if not all(FIT_KEY.fullmatch(key) for key in given if key)]
        if not UTF8.fullmatch(self.ERASURE_KEY):
            unfit.append("ERASURE_KEY")
        return [TOO_SHORT.format(name=name) for name in unfit]

    @property
    def processes(self) -> int:
        """How many processes the web server has."""
        return self.WORKERS or min(4, os.cpu_count() or 1)

    @property
    def connections(self) -> int:
        """How many connections to the database a hub has at most: a process may have a successor beside it."""
        return (self.processes + 1) * (self.THREADS + BESIDE) + BACKGROUND

    def secret(self, name: str) -> str:
        """Return SECRET_KEY or ERASURE_KEY: the variable's value, else one made once and kept in HUB_DATA (0600)."""
        given: str = getattr(self, name)
        if given or self.DATABASE_URL:
            return given or "debug"
        return _kept_secret(self.HUB_DATA / name.lower())


def read_environment() -> Environment:
    """Read and check the environment; an unusable value ends the start with one line that names it."""
    known = {name: os.environ[name] for name in Environment.model_fields if os.environ.get(name)}
    known = _settings_of(known.get("HUB_SETTINGS", "")) | known
    try:
        return Environment.model_validate(known)
    except ValidationError as problem:
        raise EnvironmentProblem("\n".join(map(_line, problem.errors()))) from None


def _settings_of(path: str) -> dict[str, str]:
    """Return what a file sets, as systemd's EnvironmentFile has it: blank lines, comments, values in quotes."""
    try:
        text = Path(path).read_text() if path else ""
    except (OSError, ValueError):
        raise EnvironmentProblem(f"HUB_SETTINGS: must be a file that can be read, not {path!r}.") from None
    found = {}
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        name, equals, value = map(str.strip, line.partition("="))
        if not line or line.startswith(("#", ";")):
            continue
        if not equals or name not in Environment.model_fields or name == "HUB_SETTINGS":
            raise EnvironmentProblem(
                f"HUB_SETTINGS: line {number} of {path} sets no variable of the hub's.{_suggestion(name + equals)}"
            )
        quoted = value[:1] == value[-1:] and value[:1] in ("'", '"') and len(value) > 1
        found[name] = value[1:-1] if quoted else value
    return {name: value for name, value in found.items() if value}


def _suggestion(begun: str) -> str:
    """Say how a line that begins so may have been meant to begin; it is not shown itself, for it may be a secret."""
    known = [f"{name}=" for name in Environment.model_fields if name != "HUB_SETTINGS"]
    near = get_close_matches(begun.upper(), known, n=1)
    return f" Did you mean {near[0]}…?" if near else ""


def _line(error: ErrorDetails) -> str:
    """Say in our own words what is wrong; the value is shown where it is no secret."""
    own_words = str(error["msg"]).removeprefix("Value error, ") if error["type"] == "value_error" else ""
    if not error["loc"]:
        return own_words
    name = str(error["loc"][0])
    shown = f", not {error['input']!r}" if Environment.model_fields[name].repr else ""
    return f"{name}: {own_words or _demand(name)}{shown}."


def _demand(name: str) -> str:
    """Say what a variable must be, by its JSON schema."""
    match Environment.model_json_schema()["properties"][name]:
        case {"enum": [*words, last]}:
            return f"must be {', '.join(words)} or {last}"
        case {"minimum": least, "maximum": most}:
            return f"must be a whole number from {least} to {most}"
        case {"minimum": least}:
            return f"must be a whole number, {least} or more"
        case {"type": "boolean"}:
            return "must be true or false"
    return "must be text in UTF-8"


def _kept_secret(path: Path) -> str:
    """Return the secret kept in `path`; of several processes that come first at once, one makes it."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent) as fresh:  # 0600
            fresh.write(secrets.token_urlsafe(48))
            fresh.flush()
            with suppress(FileExistsError):
                os.link(fresh.name, path)
                MADE.add(path)
    kept = path.read_text().strip()  # whoever brings it back may have added a line's end
    if len(kept) < LEAST_KEY:
        raise EnvironmentProblem(f"{path} does not hold the key that was generated: bring it back.")
    return kept
