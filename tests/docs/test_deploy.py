"""What lies in deploy/ fits the code: variables, ports, folders, versions; and is right to who reads it."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hub.environment import LEAST_KEY, Environment
from hub.version import VERSION

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PORT = str(Environment.model_fields["PORT"].default)
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = (DEPLOY / "compose.yaml").read_text()
UNIT = (DEPLOY / "hub.service").read_text()
OTHERS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}  # variables that are not the hub's


def compose() -> Any:
    return pytest.importorskip("yaml").safe_load(COMPOSE)


def make_env(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = shutil.copy(DEPLOY / "make-env", folder)
    return subprocess.run([script, *arguments], capture_output=True, text=True, check=False)


def variables(text: str) -> dict[str, str]:
    """Return what a file of settings sets."""
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))


# Settings


def test_every_variable_that_is_set_is_one_of_the_hubs() -> None:
    (image,) = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
    (unit,) = re.findall(r"^Environment=(.*)$", UNIT, re.MULTILINE)
    inline = {pair.partition("=")[0] for pair in f"{image} {unit}".split()}
    named = inline | set(compose()["services"]["hub"]["environment"])
    commented = re.findall(r"^(?:# )?([A-Z_]+)=", (DEPLOY / "hub.env").read_text(), re.MULTILINE)

    assert (named | set(commented)) - OTHERS - set(Environment.model_fields) == set()


def test_the_file_of_settings_starts_a_hub_once_its_keys_are_filled_in() -> None:
    given = variables((DEPLOY / "hub.env").read_text())

    read = Environment.model_validate({**given, "SECRET_KEY": "s" * LEAST_KEY, "ERASURE_KEY": "e" * LEAST_KEY})

    assert (read.HTTPS, read.PROXIES, read.ALLOWED_HOSTS) == (True, 1, ["hub.example"])


def test_ports_agree() -> None:
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == [PORT]
    assert f"PORT={PORT}" in DOCKERFILE
    assert f"server 127.0.0.1:{PORT};" in (DEPLOY / "nginx.conf").read_text()
    assert f"{{$HUB_AT:127.0.0.1:{PORT}}}" in (DEPLOY / "Caddyfile").read_text()
    assert compose()["services"]["caddy"]["environment"]["HUB_AT"] == f"hub:{PORT}"


# The image


def test_what_the_image_copies_is_there_and_let_through() -> None:
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    copied = {name for line in lines for name in line.split()}
    let_through = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))

    assert [name for name in sorted(copied) if not (ROOT / name).exists()] == []
    assert copied == let_through
    apps = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert apps <= copied


def test_the_images_python_is_one_that_the_hub_runs_on() -> None:
    least, most = re.findall(
        r"(\d+)\.(\d+)", tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    )
    found = {
        (int(major), int(minor)) for major, minor in re.findall(r"^FROM python:(\d+)\.(\d+)", DOCKERFILE, re.MULTILINE)
    }

    assert len(found) == 1
    assert tuple(map(int, least)) <= found.pop() < tuple(map(int, most))


def test_image_and_container_run_without_rights_and_without_secrets() -> None:
    hub = compose()["services"]["hub"]

    assert DOCKERFILE.rindex("\nUSER hub") < DOCKERFILE.index("\nENTRYPOINT")
    assert not re.search(r"SECRET_KEY|ERASURE_KEY|PASSWORD", DOCKERFILE)
    assert (hub["read_only"], hub["cap_drop"]) == (True, ["ALL"])
    assert hub["image"] == f"data-hub:{VERSION}"
    assert hub["volumes"] == ["hub:/data"]
    assert "HUB_DATA=/data" in DOCKERFILE


def test_the_images_health_is_the_process_and_not_the_database() -> None:
    (check,) = re.findall(r"^HEALTHCHECK .*\n +CMD (.*)$", DOCKERFILE, re.MULTILINE)

    assert re.findall(r"\}(/\w+)'", check) == ["/livez"]
    assert "healthcheck" not in compose()["services"]["hub"]


# compose.yaml and its secrets


def test_make_env_writes_what_compose_asks_for_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)(?::\?[^}]*)?\}", COMPOSE))

    made = make_env(tmp_path, "hub.example")
    written = (tmp_path / ".env").read_text()
    again = make_env(tmp_path, "hub.example")

    assert made.returncode == 0, made.stderr
    assert variables(written).keys() == asked
    assert variables(written)["HUB_HOST"] == "hub.example"
    secrets = [value for name, value in variables(written).items() if name != "HUB_HOST"]
    assert all(re.fullmatch(r"[\w-]{48}", secret) for secret in secrets)
    assert len(set(secrets)) == len(secrets)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert again.returncode == 1
    assert (tmp_path / ".env").read_text() == written


@pytest.mark.parametrize("arguments", [[], ["https://hub.example"], ["hub.example; rm"], ["two\nlines"]])
def test_make_env_refuses_what_is_no_name(tmp_path: Path, arguments: list[str]) -> None:
    refused = make_env(tmp_path, *arguments)

    assert refused.returncode == 1
    assert not (tmp_path / ".env").exists()


def test_postgresql_is_reached_by_the_hub_alone() -> None:
    declared = compose()
    services = declared["services"]

    assert declared["networks"]["inside"] == {"internal": True}
    assert services["postgres"]["networks"] == ["inside"]
    assert [name for name in services if "inside" in services[name]["networks"]] == ["postgres", "hub"]
    assert [name for name in services if "ports" in services[name]] == ["caddy"]


def test_postgresql_is_healthy_once_it_listens_where_the_hub_asks() -> None:
    """Not on its socket, where the server answers that makes the database, and is stopped again."""
    test = compose()["services"]["postgres"]["healthcheck"]["test"]

    assert test[:4] == ["CMD", "pg_isready", "-h", "127.0.0.1"]


# The unit and the proxies, as their own programs read them


def test_the_unit_starts_reloads_and_keeps_to_its_folder() -> None:
    assert "ExecStart=/srv/hub/.venv/bin/python manage.py serve\n" in UNIT
    assert "ExecReload=/bin/kill -HUP $MAINPID\n" in UNIT
    assert re.findall(r"^StateDirectory=(.*)$", UNIT, re.MULTILINE) == ["hub"]
    assert "HUB_DATA=/var/lib/hub" in UNIT
    assert UNIT.index("\nSystemCallFilter=~@privileged\n") < UNIT.index(
        "\nSystemCallFilter=@chown\n"
    )  # the embedded server's
    for promise in ("NoNewPrivileges=true", "ProtectSystem=strict", "ProtectHome=true", "OOMPolicy=continue"):
        assert f"\n{promise}\n" in UNIT


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx")
def test_nginx_takes_its_file(tmp_path: Path) -> None:
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=hub.example"]
    subprocess.run(
        [*make, "-keyout", f"{tmp_path}/privkey.pem", "-out", f"{tmp_path}/fullchain.pem"],
        capture_output=True,
        check=True,
    )
    site = (DEPLOY / "nginx.conf").read_text().replace("/etc/letsencrypt/live/hub.example", str(tmp_path))
    site = re.sub(r"listen (\[::\]:)?(80|443)", "listen unix:" + str(tmp_path / r"\2.sock"), site)
    site = re.sub(r"(listen \S+.sock.*;\n)(.*\n)?", r"\1", site).replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log {tmp_path}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{site}}}\n"
    )

    tried = subprocess.run(["nginx", "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False)

    assert tried.returncode == 0, tried.stderr


@pytest.mark.skipif(not shutil.which("caddy"), reason="needs caddy")
def test_caddy_takes_its_file(tmp_path: Path) -> None:
    environ = {**os.environ, "HUB_HOST": "hub.example", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    command = ["caddy", "validate", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"]

    tried = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert tried.returncode == 0, tried.stderr


def test_requests_wait_at_caddy_while_the_hub_is_started_anew() -> None:
    (proxied,) = re.findall(r"\treverse_proxy .*?\n\t\}", (DEPLOY / "Caddyfile").read_text(), re.DOTALL)

    assert "\n\t\tlb_try_duration 30s\n\t\tlb_try_interval 1s\n" in proxied


# The page


def test_the_page_names_the_files_of_deploy() -> None:
    page = (ROOT / "docs/operating.md").read_text()

    assert [path.name for path in DEPLOY.iterdir() if path.name != ".env" and path.name not in page] == []


CODE = "\n".join(path.read_text() for app in ("hub", "tenants", "customers") for path in (ROOT / app).rglob("*.py"))
WHOLE = re.sub(r'"\s*\n\s*f?"', "", CODE)  # texts that go over several lines


def first_cells(section: str) -> list[str]:
    """Return the first cell of each row of a section's tables, without their heads."""
    text = (ROOT / "docs/operating.md").read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    return [cell for cell, after in zip(rows, [*rows[1:], ""], strict=True) if not {"-", ":"} & {cell[:1], after[:1]}]


@pytest.mark.parametrize("section", ["Incidents", "Logs"])
def test_the_page_quotes_what_the_code_says(section: str) -> None:
    """The signs of incidents and the events of the log stand in the code, word for word."""
    cells = first_cells(section)
    quoted = [sign for cell in cells for sign in re.findall(r"`([^`]+)`", cell) if " " in sign]

    assert quoted
    assert [sign for sign in quoted if not all(part in WHOLE for part in _fixed(sign))] == []


def _fixed(sign: str) -> list[str]:
    """Return the parts of a sign that are the same each time, between numbers, words that vary and what is left out."""
    parts = re.split(r"…|\bN\b|\bM\b|(?<=is out of) \w+", sign)
    return [part.strip() for part in parts if len(part.strip()) > 2]
