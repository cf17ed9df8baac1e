"""Who may connect to the embedded server, look into its folders, or read its log: nobody but the hub."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest

from hub.postgres.programs import wheel_binaries
from hub.postgres.server import EmbeddedServer, PostgresError
from tests.system.processes import inhabitants
from tests.system.servers import AS_ROOT, NEEDS_ROOT, connect, execute, has_stopped, owner, value

pytestmark = pytest.mark.slow


def test_role_may_create_databases_and_is_no_superuser(server: EmbeddedServer) -> None:
    query = "SELECT (rolsuper, rolcreaterole, rolreplication, rolbypassrls, rolcreatedb)::text FROM pg_roles"
    assert value(server, f"{query} WHERE rolname = current_user") == "(f,f,f,f,t)"
    execute(server, "CREATE DATABASE test_hub")
    assert value(server, "SELECT current_database()", "test_hub") == "test_hub"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(server, "COPY (SELECT 1) TO PROGRAM 'true'")


def test_log_holds_no_personal_values(server: EmbeddedServer, data: Path) -> None:
    execute(
        server, "CREATE TABLE person (email text UNIQUE, age int)", "INSERT INTO person VALUES ('a@example.com', 1)"
    )
    with connect(server) as connection:
        for statement in ("INSERT INTO person (email) VALUES (%s)", "SELECT 1 FROM no_such_table WHERE email = %s"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode(), ["a@example.com"])
    log = (data / "postgres/postgresql.log").read_text()
    assert "duplicate key" in log
    assert "example.com" not in log


def test_everything_is_private(server: EmbeddedServer, data: Path) -> None:
    home = data / "postgres"
    for path in home.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE(home.stat().st_mode) == (0o710 if AS_ROOT else 0o700)
    rules = (home / "cluster/pg_hba.conf").read_text().splitlines()
    assert {rule.split()[-1] for rule in rules if rule.strip() and not rule.startswith("#")} == {"scram-sha-256"}


def test_the_servers_environment_holds_nothing_of_the_hub(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of the hub, in 32 characters or more")
    server = EmbeddedServer(data)
    server.start()
    environments = [Path(f"/proc/{pid}/environ").read_bytes() for pid in inhabitants(data)]
    server.stop()
    assert environments
    assert not any(b"secret" in environment for environment in environments)


@NEEDS_ROOT
def test_another_user_of_the_machine_is_refused(server: EmbeddedServer, data: Path) -> None:
    other = pwd.getpwnam("nobody" if pwd.getpwnam("nobody").pw_uid != owner(data) else "daemon")
    stolen = data.parent / "stolen"
    shutil.copy(server.settings()["passfile"], stolen)
    os.chown(stolen, other.pw_uid, other.pw_gid)
    refused = subprocess.run(
        [wheel_binaries() / "psql", "-XAt", "-c", "SELECT 1", server.url().split("&")[0] + f"&passfile={stolen}"],
        capture_output=True,
        text=True,
        check=False,
        user=other.pw_uid,
        group=other.pw_gid,
        extra_groups=[],
        cwd="/",
    )
    stolen.unlink()
    assert refused.returncode != 0
    assert "Permission denied" in refused.stderr


def test_connection_without_the_password_is_refused(server: EmbeddedServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(server.url(), passfile="/dev/null")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url(), password="guess")


def test_path_too_long_for_a_socket(folder: Path) -> None:
    server = EmbeddedServer(folder / ("long-" * 20) / "var")
    server.start()
    sockets = Path(server.settings()["host"])
    assert sockets.parent == Path("/tmp")
    assert stat.S_IMODE(sockets.lstat().st_mode) == 0o700
    assert value(server, "SELECT 1") == 1
    server.stop()
    assert not server.running()
    assert has_stopped(folder / ("long-" * 20) / "var")
    shutil.rmtree(sockets)


def test_short_socket_folder_made_by_somebody_else_is_refused(folder: Path) -> None:
    server = EmbeddedServer(folder / ("long-" * 20) / "var")
    sockets = Path(server.settings()["host"])
    sockets.symlink_to(folder)
    with pytest.raises(PostgresError, match="not a private folder"):
        server.start()
    server.stop()
    sockets.unlink()


def test_private_data_folder_made_by_others_first_holds_the_server(empty: Path) -> None:
    empty.mkdir(mode=0o700)
    server = EmbeddedServer(empty)
    server.start()
    assert not (empty / "postgres").is_symlink()
    assert stat.S_IMODE(empty.stat().st_mode) == (0o710 if AS_ROOT else 0o700)
    server.stop()
