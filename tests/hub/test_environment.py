"""The environment: every variable has a default that runs; an unusable value ends the start with one line."""

import itertools
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from hub.environment import Environment, EnvironmentProblem, read_environment
from hub.servers import database_parameters, mail_server
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
URL = "postgresql://hub:secret@db.example:5433/hub"
KEY = "k" * 32


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
        ("SECURITY_CONTACT", "mailto:a@b.example, https://b.example", ["mailto:a@b.example", "https://b.example"]),
        ("ALLOWED_HOSTS", "hub.example, .shop.example ,", ["hub.example", ".shop.example"]),
        (
            "CSRF_TRUSTED_ORIGINS",
            "https://hub.example,http://localhost:8000",
            ["https://hub.example", "http://localhost:8000"],
        ),
        ("HUB_DATA", "/srv/hub", Path("/srv/hub")),
        ("LOG_LEVEL", "WARNING", "WARNING"),
        ("LOG_LEVEL", "info", "INFO"),
        ("LOG_LEVEL", " Debug ", "DEBUG"),
        ("FILES", "", ""),
        ("FILES", f"{ROOT}/../{ROOT.name}", str(ROOT)),
        ("SECRET_KEY", KEY, KEY),
        ("SECRET_KEY_FALLBACKS", f"{KEY}1, {KEY}2", [f"{KEY}1", f"{KEY}2"]),
        ("ERASURE_KEY", KEY, KEY),
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
        ("WEBHOOK_LOOPBACK", "some"),
        ("HTTPS", "2"),
        ("SECURITY_CONTACT", "security@hub.example"),
        ("SECURITY_CONTACT", "http://hub.example/security"),
        ("SECURITY_CONTACT", "mailto:a@hub.example\nContact: mailto:eve@example.com"),
        ("HSTS_PRELOAD", "true"),
        ("FILES", f"{ROOT}/nowhere"),
        ("FILES", str(ROOT / "README.md")),
        ("FILES", "\udce4"),
        ("PROXIES", "-1"),
        ("PROXIES", "all"),
        ("ADDRESS_PER_MINUTE", "0"),
        ("ADDRESS_PER_HOUR", "none"),
        ("HOST", "\udce4"),
        ("SECRET_KEY", "k" * 31),
        ("SECRET_KEY", "\udce4" * 32),
        ("SECRET_KEY_FALLBACKS", f"{KEY},k"),
        ("ERASURE_KEY", "\udce4" * 32),
        ("LOG_LEVEL", "verbose"),
        ("CSRF_TRUSTED_ORIGINS", "hub.example"),
        ("CSRF_TRUSTED_ORIGINS", "https://hub.example,ftp://hub.example"),
        ("DATABASE_URL", "mysql://hub@db/hub"),
        ("DATABASE_URL", "db.example/hub"),
        ("DATABASE_URL", "postgresql://db.example"),
        ("DATABASE_URL", "postgresql://db.example:port/hub"),
        ("DATABASE_URL", "postgresql://db.example:99999/hub"),
        ("DATABASE_URL", "postgresql://[db.example/hub"),
        ("READ_DATABASE_URL", "mysql://hub@db/hub"),
        ("READ_DATABASE_URL", "postgresql://db.example:99999/hub"),
        ("EMAIL_URL", "mail.example:587"),
        ("EMAIL_URL", "http://mail.example"),
        ("EMAIL_URL", "smtp://"),
        ("EMAIL_URL", "smtp://mail.example:port"),
        ("EMAIL_URL", "smtp://mail.example?tls=no"),
        ("EMAIL_FROM", "nobody"),
        ("EMAIL_FROM", "Hub <hub@hub.example>\nBcc: all@hub.example"),
        ("REQUIRE_MFA", "some"),
        ("OIDC_ISSUER", "login.example"),
        ("OIDC_ISSUER", "https://login.example"),  # without the other two
        ("OIDC_CLIENT_SECRET", "secret"),
    ],
)
def test_an_unusable_value_is_named_in_one_line(environ: pytest.MonkeyPatch, name: str, value: str) -> None:
    environ.setenv("SECRET_KEY", KEY)
    environ.setenv("ERASURE_KEY", KEY)
    environ.setenv(name, value)

    with pytest.raises(EnvironmentProblem) as problem:
        read_environment()

    text = str(problem.value)
    assert name in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "http", "PORT: must be a whole number from 1 to 65535, not 'http'."),
        ("PORT", "70000", "PORT: must be a whole number from 1 to 65535, not '70000'."),
        ("ADDRESS_PER_HOUR", "0", "ADDRESS_PER_HOUR: must be a whole number, 1 or more, not '0'."),
        ("DEBUG", "maybe", "DEBUG: must be true or false, not 'maybe'."),
        ("LOG_LEVEL", "verbose", "LOG_LEVEL: must be DEBUG, INFO, WARNING or ERROR, not 'VERBOSE'."),
        ("HOST", "\udce4", "HOST: must be text in UTF-8, not '\\udce4'."),
        (
            "CSRF_TRUSTED_ORIGINS",
            "hub.example",
            "CSRF_TRUSTED_ORIGINS: must look like https://hub.example, not 'hub.example'.",
        ),
    ],
)
def test_the_line_says_what_is_allowed(environ: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    environ.setenv(name, value)

    with pytest.raises(EnvironmentProblem) as problem:
        read_environment()

    assert str(problem.value) == said


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", ("", 0, "", "", False, False)),
        ("smtp://hub:p%40ss@mail.example", ("mail.example", 587, "hub", "p@ss", True, False)),
        ("smtps://hub:secret@mail.example", ("mail.example", 465, "hub", "secret", False, True)),
        ("smtps://mail.example:4650", ("mail.example", 4650, "", "", False, True)),
        ("smtp+plain://[::1]", ("::1", 25, "", "", False, False)),
    ],
)
def test_a_mail_server_is_read(url: str, server: tuple[object, ...]) -> None:
    assert tuple(mail_server(url)) == server


def test_webhooks_to_this_machine_are_for_trials(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("WEBHOOK_LOOPBACK", "true")
    assert read_environment().WEBHOOK_LOOPBACK

    for name, value in {"DATABASE_URL": URL, "SECRET_KEY": KEY, "ERASURE_KEY": KEY}.items():
        environ.setenv(name, value)
    with pytest.raises(EnvironmentProblem, match=r"^WEBHOOK_LOOPBACK is for trials: "):
        read_environment()

    environ.setenv("DEBUG", "true")
    assert read_environment().WEBHOOK_LOOPBACK


def test_a_mail_server_needs_a_sender(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("EMAIL_URL", "smtp://hub:secret@mail.example")
    with pytest.raises(EnvironmentProblem, match=r"^EMAIL_FROM must be set where EMAIL_URL is\.$"):
        read_environment()

    environ.setenv("EMAIL_FROM", "Data hub <hub@hub.example>")
    assert "secret" not in repr(read_environment())


def test_no_line_has_a_librarys_words(environ: pytest.MonkeyPatch) -> None:
    """Every variable there is, with a byte that is not UTF-8: a path and a host name are all that may hold one."""
    said = {name: what_is_said(environ, name, "\udce4") for name in Environment.model_fields}

    assert {name for name, line in said.items() if line is None} == {"HUB_DATA", "ALLOWED_HOSTS"}
    lines = [line for line in said.values() if line]
    assert [
        line for line in lines if not re.fullmatch(r"\w+(: a key|:|) must (be|have|look like) [^\n]+\.", line)
    ] == []


def what_is_said(environ: pytest.MonkeyPatch, name: str, value: str) -> str | None:
    """Return what is said of a variable's value, None where it is taken."""
    with environ.context() as only:
        only.setenv(name, value)
        try:
            read_environment()
        except EnvironmentProblem as problem:
            return str(problem)
    return None


def test_every_unusable_value_has_its_line(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("PORT", "http")
    environ.setenv("DEBUG", "maybe")

    with pytest.raises(EnvironmentProblem) as problem:
        read_environment()

    assert [line.partition(":")[0] for line in str(problem.value).splitlines()] == ["PORT", "DEBUG"]


def test_a_database_of_ones_own_needs_both_keys_unless_debugging(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("DATABASE_URL", URL)
    with pytest.raises(EnvironmentProblem) as problem:
        read_environment()
    secret, erasure = str(problem.value).splitlines()
    assert secret.startswith("SECRET_KEY is required when DATABASE_URL is set")
    assert erasure.startswith("ERASURE_KEY is required when DATABASE_URL is set")
    assert "python3 -c" in erasure
    assert "the SECRET_KEY it had" in erasure
    assert "the file erasure_key" in erasure

    environ.setenv("DEBUG", "on")
    assert read_environment().secret("SECRET_KEY")
    assert read_environment().secret("ERASURE_KEY")

    environ.setenv("DEBUG", "off")
    environ.setenv("SECRET_KEY", KEY)
    with pytest.raises(EnvironmentProblem, match=r"^ERASURE_KEY is required[^\n]+$"):
        read_environment()

    environ.setenv("ERASURE_KEY", "e" * 32)
    assert [read_environment().secret(name) for name in ("SECRET_KEY", "ERASURE_KEY")] == [KEY, "e" * 32]


def test_the_command_for_a_new_key_makes_one_that_is_taken(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("SECRET_KEY", "short")
    with pytest.raises(EnvironmentProblem) as problem:
        read_environment()
    command = str(problem.value).partition("with: ")[2].removesuffix(".")

    made = subprocess.run(shlex.split(command), capture_output=True, text=True, check=True).stdout.strip()

    environ.setenv("SECRET_KEY", made)
    assert read_environment().secret("SECRET_KEY") == made


def test_while_debugging_a_key_may_be_short(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("DEBUG", "on")
    environ.setenv("SECRET_KEY", "s")
    environ.setenv("SECRET_KEY_FALLBACKS", "f")
    environ.setenv("ERASURE_KEY", "e")

    assert [read_environment().secret(name) for name in ("SECRET_KEY", "ERASURE_KEY")] == ["s", "e"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *itertools.product(
            ["SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "READ_DATABASE_URL"],
            ["hunter2", "hunter2\udce4", "hunter2,hunter2"],
        ),
        ("ERASURE_KEY", "hunter2\udce4"),
    ],
)
def test_no_secret_is_shown(environ: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Not in a message, and not in what a debug page shows of the settings."""
    settings = read_environment().model_copy(update={name: value})
    environ.setenv(name, value)

    with pytest.raises(EnvironmentProblem) as problem:
        read_environment()

    assert name in str(problem.value)
    assert "hunter2" not in str(problem.value)
    assert "hunter2" not in repr(settings)


def test_no_refusal_shows_a_password(environ: pytest.MonkeyPatch) -> None:
    for url in (URL, URL.replace("postgresql", "mysql"), URL.replace("5433", "port"), URL.replace("/hub", "")):
        environ.setenv("DATABASE_URL", url.replace("secret", "hunter2"))
        with pytest.raises(EnvironmentProblem) as problem:
            read_environment()
        assert "hunter2" not in str(problem.value)


def test_secrets_are_generated_once_and_kept_from_others(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environ.setenv("HUB_DATA", str(tmp_path / "data"))

    first = [read_environment().secret(name) for name in ("SECRET_KEY", "ERASURE_KEY")]
    second = [read_environment().secret(name) for name in ("SECRET_KEY", "ERASURE_KEY")]

    assert first == second
    assert len(set(first)) == 2
    assert min(map(len, first)) >= 50
    assert read_environment().SECRET_KEY_FALLBACKS == []
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()] == [0o600, 0o600]
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_secret_that_is_brought_back_may_end_with_a_line(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environ.setenv("HUB_DATA", str(tmp_path))
    made = read_environment().secret("ERASURE_KEY")
    (tmp_path / "erasure_key").write_text(f"{made}\n")

    assert read_environment().secret("ERASURE_KEY") == made


@pytest.mark.parametrize("left", ["", "\n", "cut off"])
def test_a_file_that_lost_its_secret_is_named(environ: pytest.MonkeyPatch, tmp_path: Path, left: str) -> None:
    environ.setenv("HUB_DATA", str(tmp_path))
    (tmp_path / "erasure_key").write_text(left)

    with pytest.raises(EnvironmentProblem, match=f"^{tmp_path}/erasure_key [^\n]+$"):
        read_environment().secret("ERASURE_KEY")


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


SETTINGS = """
# of this machine
PORT=9000
; and of its people
ALLOWED_HOSTS = 'hub.example, shop.example'
SECRET_KEY="{key}"
LOG_LEVEL=
"""


def test_a_file_sets_what_the_environment_does_not(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "hub.env"
    file.write_text(SETTINGS.format(key=KEY))
    environ.setenv("HUB_SETTINGS", str(file))
    environ.setenv("PORT", "9001")

    read = read_environment()

    assert (read.PORT, read.ALLOWED_HOSTS) == (9001, ["hub.example", "shop.example"])
    assert (read.SECRET_KEY, read.LOG_LEVEL) == (KEY, "INFO")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PORT 9000", "HUB_SETTINGS: line 1 of {} sets no variable of the hub's."),
        ("\nPROT=9000", "HUB_SETTINGS: line 2 of {} sets no variable of the hub's. Did you mean PORT=…?"),
        ("hunter2 hunter2", "HUB_SETTINGS: line 1 of {} sets no variable of the hub's."),
        ("HUB_SETTINGS=/other", "HUB_SETTINGS: line 1 of {} sets no variable of the hub's."),
        ("PORT=no", "PORT: must be a whole number from 1 to 65535, not 'no'."),
        (None, "HUB_SETTINGS: must be a file that can be read, not '{}'."),
    ],
)
def test_a_file_that_sets_what_is_none_is_refused(
    environ: pytest.MonkeyPatch, tmp_path: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "hub.env"
    if text is not None:
        file.write_text(text)
    environ.setenv("HUB_SETTINGS", str(file))

    with pytest.raises(EnvironmentProblem) as problem:
        read_environment()

    assert str(problem.value) == said.format(file)
