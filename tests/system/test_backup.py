"""A running hub is backed up and restored elsewhere; what is broken off, damaged or in the way leaves nothing half."""

import contextlib
import itertools
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub.postgres.server import EmbeddedServer
from tenants.models import Webhook
from tenants.webhooks.sealing import unseal
from tests.customers.dialects.vendors import UPLOAD, basic
from tests.system.backups import (
    PASSPHRASE,
    content,
    has_nothing,
    held,
    hub_on_empty_database,
    refusal,
    started,
    succeeds,
    waits,
)
from tests.system.conftest import hub_on_a_copy
from tests.system.running import KEYS, ROOT, Hub, Shop
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
ANN = {"external_id": "ann-1", "email": "ann@example.org"}
ENCRYPTED = {"BACKUP_PASSPHRASE": PASSPHRASE}


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
    for hub in hub_on_a_copy(prepared, {"WORKERS": "1"}, "--no-worker"):
        shop = hub.shop("Shop")
        assert shop.post(
            "customers", [{"CustomerId": f"C-{n}", "Name": os.urandom(500).hex()[:100]} for n in range(900)]
        )
        assert upload(hub, shop, is_forgotten=True)["count"] == 1
        made = hub.tell("webhooks", "create", shop.id, "https://receiver.example/")
        secret = next(word for word in made.split() if word.startswith("whsec_"))
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
    keys = {name: (source.hub.data / name.lower()).read_text() for name in KEYS}
    with hub_on_empty_database(source.hub.database, tmp_path / "var", keys) as hub:
        yield hub


# Restored


def test_a_hub_that_is_written_and_erases_is_backed_up_as_it_was_at_one_moment(
    source: Source, data: Path, tmp_path: Path
) -> None:
    """Every row is on another server what it was at the snapshot, and the hub there goes on from it."""
    path, shop = tmp_path / "hub.backup", source.hub.shop("Written")
    with writing_and_erasing(shop) as done:
        assert wait_until(lambda: len(done) > 10)
        before = len(done)
        expected = backed_up_meanwhile(source.hub, path, lambda: len(done))
        after = len(done)
    restored, other = Hub(data, {"WORKERS": "1"}), EmbeddedServer(data)
    other.start()
    try:
        told = succeeds(restored, "restore", str(path), **ENCRYPTED)
        found = content(other.url())
        restored.start("--no-worker")
        assert "Who was erased after" in told.stdout
        assert found == expected | {"django_session": found["django_session"]}
        there = Shop(restored, shop.id, shop.key)
        last = there.change_numbers()[-1]
        assert before <= last <= after + 1
        assert {one["CustomerId"] for one in there.read("customers")} == left_after(last)
        assert_is_the_same_hub(source, restored)
    finally:
        other.stop()
        restored.stop()


@contextlib.contextmanager
def writing_and_erasing(shop: Shop) -> Iterator[list[int]]:
    """Make changes one after the other as long as the block lasts: two customers come, the second is erased, and so on.

    What was acknowledged stands in the list.
    """
    done, over = list[int](), threading.Event()

    def write() -> None:
        with contextlib.closing(shop.hub.connect()) as connection:
            for number in itertools.count(1):
                if over.is_set():
                    return
                if number % 3:
                    answer = shop.post("customers", [{"CustomerId": f"W-{number}"}], connection=connection)
                else:
                    path = f"/customers/{{tenant}}?customerId=W-{number - 1}"
                    answer = shop.send("DELETE", path, connection=connection)
                assert answer.status == 200, answer.body
                done.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield done
    finally:
        over.set()
        writer.join()


def left_after(changes: int) -> set[str]:
    """Return who is left after so many of these changes."""
    return {f"W-{n}" for n in range(1, changes + 1) if n % 3 == 1 or (n % 3 == 2 and n == changes)}


def backed_up_meanwhile(hub: Hub, path: Path, written: Callable[[], int]) -> dict[str, Any]:
    """Back a hub up, held up between its snapshot and the first table until more was written; return what it had."""
    with held(hub.database.url(), "LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE") as holding:
        process = started(hub, "backup", str(path), **ENCRYPTED)
        assert wait_until(lambda: waits(hub, "pg_dump"))
        since = written()
        assert wait_until(lambda: written() > since + 5)
        (snapshot,) = os.listdir(hub.data / "postgres/cluster/pg_snapshots")
        with psycopg.connect(hub.database.url()) as keeping:
            keeping.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            keeping.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'".encode())
            (kept,) = keeping.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            holding.rollback()
            expected = content(hub.database.url(), kept)
    assert process.wait(PATIENCE) == 0
    return expected


def assert_is_the_same_hub(source: Source, restored: Hub) -> None:
    """It has the keys, knows who was erased, reads its secrets."""
    for name in ("secret_key", "erasure_key"):
        assert (restored.data / name).read_text() == (source.hub.data / name).read_text()
    shop = Shop(restored, source.shop.id, source.shop.key)
    assert len(shop.read("customers")) == 900
    assert upload(restored, shop)["skipped"] == [0]
    with restored.inside():
        assert unseal(Webhook.objects.get().secret) == source.secret


def test_a_copy_writes_to_nobody(source: Source, target: Hub) -> None:
    told = succeeds(target, "restore", str(source.clear), "--as-copy").stdout

    assert "Its webhooks are paused" in told
    assert target.query("SELECT pause_reason, paused_at IS NULL FROM tenants_webhook") == [("copy", False)]


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
    assert "There is no file" in missing
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
