"""A running hub is backed up and restored elsewhere; what is broken off, damaged or in the way leaves nothing half."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub.postgres.server import EmbeddedServer
from tests.customers.dialects.vendors import UPLOAD, basic
from tests.system.backups import PASSPHRASE, content, is_empty, refusal, succeeds
from tests.system.conftest import CROWD, hub_on_a_copy
from tests.system.running import KEYS, ROOT, Hub, Shop
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
ANN = {"external_id": "ann-1", "email": "ann@example.org"}
ENCRYPTED = {"BACKUP_PASSPHRASE": PASSPHRASE}
SECRET = """
import django; django.setup()
from tenants.models import Webhook
from tenants.webhooks.sealing import unseal
print(unseal(Webhook.objects.get().secret))
"""


@dataclass
class Source:
    """A hub with a shop that forgot Ann and has a webhook, and its backups: encrypted, in clear."""

    hub: Hub
    shop: Shop
    secret: str
    sealed: Path
    clear: Path


@pytest.fixture(scope="module")
def source(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    for hub in hub_on_a_copy(prepared, CROWD):
        shop = hub.shop("Shop")
        assert shop.post(
            "customers", [{"CustomerId": f"C-{n}", "Name": os.urandom(500).hex()[:100]} for n in range(900)]
        )
        assert upload(hub, shop, is_forgotten=True)["count"] == 1
        made = succeeds(hub, "webhooks", "create", shop.id, "https://receiver.example/")
        secret = next(word for word in made.stdout.split() if word.startswith("whsec_"))
        folder = tmp_path_factory.mktemp("backups")
        source = Source(hub, shop, secret, folder / "sealed", folder / "clear")
        succeeds(hub, "backup", str(source.sealed), **ENCRYPTED)
        succeeds(hub, "backup", str(source.clear))
        yield source


def upload(hub: Hub, shop: Shop, **record: Any) -> Any:
    answer = hub.send("POST", UPLOAD, {"customers": [ANN | record]}, headers=basic("shop", shop.key))
    assert answer.status == 200, answer.body
    return answer.json()


@pytest.fixture
def target(source: Source, tmp_path: Path) -> Iterator[Hub]:
    """A hub to be restored by DATABASE_URL, with the source's keys."""
    source.hub.query("CREATE DATABASE target TEMPLATE template0")
    keys = {name: (source.hub.data / name.lower()).read_text() for name in KEYS}
    hub = Hub(tmp_path / "var", {**keys, "DATABASE_URL": source.hub.database.url("target"), "WORKERS": "1"})
    yield hub
    hub.stop()
    source.hub.query("DROP DATABASE target WITH (FORCE)")


def has_nothing(hub: Hub) -> bool:
    return is_empty(hub.settings["DATABASE_URL"])


# Restored


def test_a_hub_that_is_written_is_backed_up_as_it_was_at_one_moment(
    source: Source, target: Hub, tmp_path: Path
) -> None:
    shop, acknowledged, over = source.hub.shop("Written"), list[int](), threading.Event()

    def write() -> None:
        with contextlib.closing(source.hub.connect()) as connection:
            while not over.is_set():
                record = {"CustomerId": f"W-{len(acknowledged)}", "Name": "W"}
                if shop.post("customers", [record], connection=connection).status == 200:
                    acknowledged.append(len(acknowledged))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert wait_until(lambda: len(acknowledged) > 10)
        before = len(acknowledged)
        succeeds(source.hub, "backup", str(tmp_path / "hub.backup"))
        after = len(acknowledged)
    finally:
        over.set()
        writer.join()
    restored = succeeds(target, "restore", str(tmp_path / "hub.backup"))

    assert "Who was erased after" in restored.stdout
    [(customers, changesets, last)] = target.query(
        f"SELECT (SELECT count(*) FROM customers_customer WHERE tenant_id = '{shop.id}'),"
        f" (SELECT count(*) FROM tenants_changeset WHERE tenant_id = '{shop.id}'),"
        f" (SELECT number FROM tenants_feed WHERE tenant_id = '{shop.id}')"
    )
    assert customers == changesets == last
    assert before <= customers <= after


def test_a_hub_is_on_another_server_what_it_was(source: Source, data: Path) -> None:
    """Without its hub, which writes by itself, every row is as it was."""
    source.hub.stop()
    server = EmbeddedServer(source.hub.data)
    server.start()
    try:
        succeeds(source.hub, "backup", str(source.sealed), "--force", **ENCRYPTED)
        expected = content(server.url())
    finally:
        server.stop()
        source.hub.start()
    restored = Hub(data, {"WORKERS": "1"})
    other = EmbeddedServer(data)
    other.start()
    try:
        succeeds(restored, "restore", str(source.sealed), **ENCRYPTED)
        assert content(other.url()) == expected | {"django_session": content(other.url())["django_session"]}
        for name in ("secret_key", "erasure_key"):
            assert (data / name).read_text() == (source.hub.data / name).read_text()
        restored.start()
        shop = Shop(restored, source.shop.id, source.shop.key)
        assert len(shop.read("customers")) == 900
        assert upload(restored, shop)["skipped"] == [0]
        told = succeeds_in_python(restored, SECRET)
        assert told == source.secret
    finally:
        other.stop()
        restored.stop()


def succeeds_in_python(hub: Hub, code: str) -> str:
    settings = {**hub.environment, "DJANGO_SETTINGS_MODULE": "hub.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=settings, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_copy_writes_to_nobody(source: Source, target: Hub) -> None:
    told = succeeds(target, "restore", str(source.clear), "--as-copy").stdout

    assert "Its webhooks are paused" in told
    assert target.query("SELECT pause_reason, paused_at IS NULL FROM tenants_webhook") == [("hand", False)]


# Keys


def test_a_database_is_not_restored_without_its_erasure_key(source: Source, target: Hub) -> None:
    another = {**ENCRYPTED, "ERASURE_KEY": KEYS["ERASURE_KEY"]}

    named = refusal(target, "restore", str(source.clear), **another)
    held = refusal(target, "restore", str(source.sealed), **another)
    shown = succeeds(target, "restore", str(source.sealed), "--show-keys", **another).stdout
    unknown = refusal(target, "restore", str(source.clear), "--show-keys")

    assert "the backup does not hold it" in named
    assert "--show-keys` shows it" in held
    assert dict(line.split("=", 1) for line in shown.split()) == {name: target.settings[name] for name in KEYS}
    assert "only by fingerprints" in unknown
    assert has_nothing(target)


def test_a_lost_erasure_key_is_replaced_afterwards(source: Source, target: Hub) -> None:
    target.settings["ERASURE_KEY"] = KEYS["ERASURE_KEY"]

    told = succeeds(target, "restore", str(source.clear), "--erasure-key-is-lost").stdout

    assert "erasure_key --replace" in told
    succeeds(target, "erasure_key", "--replace")
    succeeds(target, "erasure_key")


# Refused


def test_what_cannot_be_restored_is_refused_in_one_line(source: Source, target: Hub, tmp_path: Path) -> None:
    sealed = source.sealed.read_bytes()
    (tmp_path / "cut").write_bytes(sealed[:-1])

    wrong = refusal(target, "restore", str(source.sealed), BACKUP_PASSPHRASE="another passphrase")
    without = refusal(target, "restore", str(source.sealed))
    cut = refusal(target, "restore", str(tmp_path / "cut"), **ENCRYPTED)
    missing = refusal(target, "restore", str(tmp_path / "missing"))

    assert "The passphrase is not the one" in wrong
    assert "The backup is encrypted" in without
    assert "The file is damaged" in cut
    assert "is no file" in missing
    assert has_nothing(target)


def test_nothing_is_restored_into_what_is_there(source: Source, target: Hub) -> None:
    target.query("CREATE TABLE mine (n int)")

    told = refusal(target, "restore", str(source.clear))

    assert "The database is not empty, it has public.mine" in told
    assert target.query("SELECT relname FROM pg_class WHERE relname IN ('mine', 'tenants_tenant')") == [("mine",)]


def test_a_full_disk_leaves_no_backup(source: Source, tmp_path: Path) -> None:
    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = subprocess.run(
        [sys.executable, "manage.py", "backup", str(tmp_path / "hub.backup")],
        cwd=ROOT,
        env=source.hub.environment,
        preexec_fn=bounded,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "There is no room for" in done.stderr
    assert os.listdir(tmp_path) == []


def test_a_pipe_takes_a_backup(source: Source, target: Hub, tmp_path: Path) -> None:
    with (tmp_path / "hub.backup").open("wb") as file:
        done = started(source.hub, "backup", "-", stdout=file)
        assert done.wait(PATIENCE) == 0

    assert "rows of" in succeeds(target, "restore", str(tmp_path / "hub.backup"), "--verify").stdout
    assert has_nothing(target)


# Killed


def started(hub: Hub, *command: str, **streams: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=hub.environment, stderr=subprocess.DEVNULL, **streams
    )


@contextlib.contextmanager
def held(url: str, statement: str) -> Iterator[psycopg.Connection]:
    """Have done something in a transaction that goes on until the block's end, and is rolled back."""
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())
        yield connection
        connection.rollback()


def waits(hub: Hub, program: str) -> bool:
    asked = "SELECT 1 FROM pg_stat_activity WHERE application_name = '{}' AND wait_event_type = 'Lock'"
    return bool(hub.query(asked.format(program)))


def test_a_backup_that_was_killed_is_none(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "hub.backup"
    with held(source.hub.database.url(), "LOCK TABLE products_variant IN ACCESS EXCLUSIVE MODE"):
        process = started(source.hub, "backup", str(path))
        assert wait_until(lambda: waits(source.hub, "pg_dump"))
        process.kill()
        process.wait()
        left = os.listdir(tmp_path)
    again = succeeds(source.hub, "backup", str(path))

    assert left == ["hub.backup.partial"]
    assert "Backed up" in again.stderr
    assert os.listdir(tmp_path) == ["hub.backup"]


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_a_restore_that_was_broken_off_leaves_nothing(source: Source, target: Hub, by: signal.Signals) -> None:
    url = target.settings["DATABASE_URL"]
    with held(url, "CREATE TABLE tenants_tenant (n int)"):
        process = started(target, "restore", str(source.clear))
        assert wait_until(lambda: waits(source.hub, "psql"))
        process.send_signal(by)
        process.wait()
    here = "SELECT 1 FROM pg_stat_activity WHERE datname = 'target' AND application_name = 'psql'"
    assert wait_until(lambda: not source.hub.query(here))
    assert has_nothing(target)

    succeeds(target, "restore", str(source.clear))
