"""The environment: every variable has a default that runs; an unusable value ends the start with one line."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from hub.environment import Environment, EnvironmentProblem, database_parameters, read_environment
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
URL = "postgresql://hub:secret@db.example:5433/hub"


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing to the hub."""
    for name in Environment.model_fields:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_an_empty_environment_runs(environ: pytest.MonkeyPatch) -> None:
    found = read_environment()

    assert isinstance(found, BaseModel)
    assert (found.HOST, found.PORT, found.DEBUG, found.DATABASE_URL) == ("127.0.0.1", 8000, False, "")


def test_an_empty_variable_is_one_not_set(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("PORT", "")
    environ.setenv("ALLOWED_HOSTS", "")

    assert (read_environment().PORT, read_environment().ALLOWED_HOSTS) == (8000, ["localhost", "127.0.0.1", "[::1]"])


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("PORT", "65535", 65535),
        ("WORKERS", "0", 0),
        ("DEBUG", "true", True),
        ("HTTPS", "1", True),
        ("ALLOWED_HOSTS", "hub.example, .shop.example ,", ["hub.example", ".shop.example"]),
        (
            "CSRF_TRUSTED_ORIGINS",
            "https://hub.example,http://localhost:8000",
            ["https://hub.example", "http://localhost:8000"],
        ),
        ("HUB_DATA", "/srv/hub", Path("/srv/hub")),
        ("LOG_LEVEL", "WARNING", "WARNING"),
    ],
)
def test_a_variable_is_read(environ: pytest.MonkeyPatch, name: str, value: str, read: object) -> None:
    environ.setenv(name, value)

    assert getattr(read_environment(), name) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("WORKERS", "-1"),
        ("WORKERS", "many"),
        ("WORKERS", "257"),
        ("THREADS", "0"),
        ("THREADS", "x"),
        ("DEBUG", "maybe"),
        ("HTTPS", "2"),
        ("PROXIES", "-1"),
        ("PROXIES", "all"),
        ("ADDRESS_PER_MINUTE", "0"),
        ("ADDRESS_PER_HOUR", "none"),
        ("LOG_LEVEL", "verbose"),
        ("CSRF_TRUSTED_ORIGINS", "hub.example"),
        ("CSRF_TRUSTED_ORIGINS", "https://hub.example,ftp://hub.example"),
        ("DATABASE_URL", "mysql://hub@db/hub"),
        ("DATABASE_URL", "db.example/hub"),
        ("DATABASE_URL", "postgresql://db.example"),
        ("DATABASE_URL", "postgresql://db.example:port/hub"),
        ("DATABASE_URL", "postgresql://db.example:99999/hub"),
        ("DATABASE_URL", "postgresql://[db.example/hub"),
    ],
)
def test_an_unusable_value_is_named_in_one_line(environ: pytest.MonkeyPatch, name: str, value: str) -> None:
    environ.setenv("SECRET_KEY", "s")
    environ.setenv(name, value)

    with pytest.raises(EnvironmentProblem) as problem:
        read_environment()

    text = str(problem.value)
    assert name in text
    assert "\n" not in text


def test_every_unusable_value_has_its_line(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("PORT", "http")
    environ.setenv("DEBUG", "maybe")

    with pytest.raises(EnvironmentProblem) as problem:
        read_environment()

    assert [line.partition(":")[0] for line in str(problem.value).splitlines()] == ["PORT", "DEBUG"]


def test_a_database_of_ones_own_needs_a_secret_unless_debugging(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("DATABASE_URL", URL)
    with pytest.raises(EnvironmentProblem, match=r"^SECRET_KEY is required"):
        read_environment()

    environ.setenv("DEBUG", "on")
    assert read_environment().secret("SECRET_KEY")

    environ.setenv("DEBUG", "off")
    environ.setenv("SECRET_KEY", "s")
    assert read_environment().secret("SECRET_KEY") == "s"


def test_no_refusal_shows_a_password(environ: pytest.MonkeyPatch) -> None:
    for url in (URL, URL.replace("postgresql", "mysql"), URL.replace("5433", "port"), URL.replace("/hub", "")):
        environ.setenv("DATABASE_URL", url)
        with pytest.raises(EnvironmentProblem) as problem:
            read_environment()
        assert "secret" not in str(problem.value)


def test_secrets_are_generated_once_and_kept_from_others(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environ.setenv("HUB_DATA", str(tmp_path / "data"))

    first = [read_environment().secret(name) for name in ("SECRET_KEY", "ERASURE_KEY")]
    second = [read_environment().secret(name) for name in ("SECRET_KEY", "ERASURE_KEY")]

    assert first == second
    assert len(set(first)) == 2
    assert min(map(len, first)) >= 50
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()] == [0o600, 0o600]
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("url", "parameters"),
    [
        (URL, {"user": "hub", "password": "secret", "host": "db.example", "port": "5433", "dbname": "hub"}),
        ("postgres:///hub", {"dbname": "hub"}),
        ("postgresql:///hub?host=/run/pg&sslmode=require", {"dbname": "hub", "host": "/run/pg", "sslmode": "require"}),
        (
            "postgresql://a%40b:p%2Fq%25@[::1]/h%20b",
            {"user": "a@b", "password": "p/q%", "host": "::1", "dbname": "h b"},
        ),
    ],
)
def test_a_database_url_is_split(url: str, parameters: dict[str, str]) -> None:
    assert database_parameters(url) == parameters


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "migrate", "help"])
def test_a_command_ends_with_the_line_and_nothing_else(command: str) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env={**os.environ, "PORT": "http"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert re.fullmatch(r"PORT: [^\n]+\n", ended.stderr)


def test_the_readme_lists_every_variable() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [name for name in Environment.model_fields if f"`{name}`" not in readme] == []
