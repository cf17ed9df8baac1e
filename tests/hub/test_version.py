"""The version of the hub: one place has it, and everybody who asks is told the same."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import connection
from django.test import Client
from pytest_django import Settings

from hub.environment import Environment
from hub.serving.refusals import in_one_line
from hub.sql.backend.base import DatabaseFeatures
from hub.version import VERSION
from tests.members import superuser, text
from tests.tenants.test_commands import run

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.django_db
def test_command_document_page_and_changelog_agree() -> None:
    page = text(superuser().get("/admin/system/"))
    released = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert re.search(rf"^Data hub +{re.escape(PROJECT['version'])}$", run("version"), re.MULTILINE)
    assert Client().get("/openapi.json").json()["info"]["version"] == PROJECT["version"]
    assert VERSION in page
    assert released[0] == PROJECT["version"] == VERSION


@pytest.mark.django_db
def test_the_database_is_told_of() -> None:
    printed = run("version")

    assert re.search(r"^PostgreSQL +\d\d\.\d", printed, re.MULTILINE)
    assert re.search(r"^Database +up to date$", printed, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["version", "--version"])
def test_it_is_told_without_a_database(tmp_path: Path, asked: str) -> None:
    environ = {"PATH": "/usr/bin", "HUB_DATA": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "manage.py", asked], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith(f"Data hub    {VERSION}\n")
    assert "not running" in done.stdout
    assert not (tmp_path / "postgres").exists()


def test_the_licence_is_the_one_that_is_named() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text()


@pytest.mark.django_db
def test_an_older_postgresql_than_the_hub_needs_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connection.features.minimum_database_version == (15,)
    monkeypatch.setattr(DatabaseFeatures, "minimum_database_version", (99,))
    monkeypatch.delitem(vars(connection.features), "minimum_database_version", raising=False)

    with (
        pytest.raises(SystemExit, match=r"^The database cannot be used: PostgreSQL 99 or later is required"),
        in_one_line(),
    ):
        connection.check_database_version_supported()


# What demo data does not get into


@pytest.fixture
def real(settings: Settings) -> Settings:
    """A hub whose DATABASE_URL names a database."""
    keys = {"SECRET_KEY": "s" * 32, "ERASURE_KEY": "e" * 32}
    settings.ENVIRONMENT = Environment.model_validate({"DATABASE_URL": "postgresql://hub@127.0.0.1/shop", **keys})
    return settings


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [["demo"], ["demo", "--into", "shop"], ["serve", "--migrate", "--demo"]])
def test_demo_data_gets_into_no_database_by_accident(real: Settings, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"^Demo data is for trials, and DATABASE_URL names the database test_"):
        run(*arguments)
