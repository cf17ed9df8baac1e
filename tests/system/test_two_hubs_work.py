"""Two hubs on one database, each with a background worker: webhooks, files and periodic jobs, each done by one.

A host that is lost in the middle is followed by the other.
"""

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from tests.system.pairs import Pair, data_of, lose
from tests.system.processes import kill
from tests.system.running import Hub, Shop, folder_for_hubs
from tests.system.test_imports import CHUNK, EVERY, JOB, file_of, held_up, upload
from tests.waiting import PATIENCE, wait_until
from tests.webhooks.receiver import OK, receiving

pytestmark = pytest.mark.slow
CHANGES, ROWS, FEW = 30, 15 * CHUNK, 2 * CHUNK
JOBS = "SELECT task_name, args ->> 'timestamp', count(*) FROM procrastinate_jobs WHERE args ? 'timestamp' GROUP BY 1, 2"
FAILED = "SELECT task_name FROM procrastinate_jobs WHERE status = 'failed' OR attempts > 1"
ELSEWHERE = "the file of an import is not here"


class Counting:
    """Answers a receiver's requests slowly, and counts how many it has at a time."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now, self.most = seconds, 0, 0
        self.lock, self.hangs, self.pause = threading.Lock(), False, threading.Event()

    def __call__(self, connection: socket) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        if self.hangs:
            connection.recv(1)
        else:
            self.pause.wait(self.seconds)
        with self.lock:
            self.now -= 1  # before it is answered: then the next may come
        connection.sendall(OK)


def hook(shop: Shop, url: str) -> None:
    assert "whsec_" in shop.hub.tell("webhooks", "create", shop.id, url, WEBHOOK_LOOPBACK=True)


def change(shop: Shop) -> None:
    assert shop.post("customers", [{"CustomerId": "C-1", "Name": os.urandom(8).hex()}]).status == 200


def sender_to(port: int, pair: Pair) -> Hub:
    """Return the hub whose background worker has a connection to a port of this machine."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = {f"socket:[{line[9]}]" for line in lines if line[2].endswith(f":{port:04X}")}
    for hub in pair:
        for descriptor in Path(f"/proc/{hub.background_worker()}/fd").iterdir():
            with suppress(FileNotFoundError):  # one that has just been closed
                if os.readlink(descriptor) in ours:
                    return hub
    raise AssertionError


# Webhooks


def test_each_change_is_delivered_once_in_order_and_by_one_worker_at_a_time(pair: Pair) -> None:
    doors, slow = pair.shops("Hooked"), Counting(0.05)
    with receiving() as receiver:
        receiver.then = slow
        hook(doors[0], receiver.url)
        for number in range(CHANGES):
            change(doors[number % 2])
        assert wait_until(lambda: len(receiver.got) >= CHANGES)

        assert receiver.numbers == [*range(1, CHANGES + 1)]
        assert slow.most == 1
        assert len({got.headers["webhook-id"] for got in receiver.got}) == CHANGES


def test_when_the_host_that_delivers_is_lost_the_other_goes_on_in_order(pair: Pair) -> None:
    doors, slow = pair.shops("Hooked, and lost"), Counting(0.01)
    with receiving() as receiver:
        receiver.then, slow.hangs = slow, True
        hook(doors[0], receiver.url)
        for _ in range(3):
            change(doors[0])
        assert wait_until(lambda: receiver.got)
        lost = sender_to(receiver.port, pair)
        lose(lost)
        slow.hangs = False
        try:
            assert wait_until(lambda: 3 in receiver.numbers)
        finally:
            lost.start()

    assert receiver.numbers == [1, 1, 2, 3]
    assert receiver.got[0].headers["webhook-id"] == receiver.got[1].headers["webhook-id"]


# Files


def job_at(shop: Shop, job: int) -> dict[str, Any]:
    found: dict[str, Any] = shop.send("GET", f"/imports/{{tenant}}/{job}").json()["data"]
    return found


def is_over(shop: Shop, job: int) -> bool:
    return job_at(shop, job)["state"] not in ("uploading", "waiting", "running")


def assert_is_imported(doors: tuple[Shop, Shop], job: int, rows: int) -> None:
    """Wait for the end of a file's job, and see that both tell the same of it, its rejected rows too."""
    assert wait_until(lambda: is_over(doors[0], job))
    here, there = (job_at(shop, job) for shop in doors)
    assert here == there
    assert (here["state"], here["read"], here["created"], here["rejected"]) == (
        "finished",
        rows,
        rows - rows // EVERY,
        rows // EVERY,
    )
    rejected = [shop.send("GET", f"/imports/{{tenant}}/{job}/rejected") for shop in doors]
    assert rejected[0].status == 200
    assert rejected[0].body == rejected[1].body
    assert len(rejected[0].body.splitlines()) == rows // EVERY


def test_an_upload_in_parts_that_began_at_one_goes_on_at_the_other(pair: Pair) -> None:
    doors, file = pair.shops("Parts"), file_of(FEW)
    kind, middle = {"Content-Type": "application/x-ndjson"}, len(file) // 2
    opened = doors[0].send("POST", "/imports/{tenant}?entity=customers&upload=parts", b"", headers=kind)
    assert opened.status == 202, opened.body
    job = int(json.loads(opened.body)["data"]["id"])

    for shop, start, part in ((doors[0], 0, file[:middle]), (doors[1], middle, file[middle:])):
        headers = {"Content-Type": "application/octet-stream", "Upload-Offset": str(start)}
        assert shop.send("PATCH", f"/imports/{{tenant}}/{job}", part, headers=headers).status == 202
    assert doors[0].send("POST", f"/imports/{{tenant}}/{job}/start", b"").status == 202

    assert_is_imported(doors, job, FEW)


def test_when_the_host_that_imports_is_lost_the_other_goes_on_and_all_is_counted_once(pair: Pair) -> None:
    assert wait_until(lambda: goes_on_elsewhere(pair)), "it was over before the host was lost"


def goes_on_elsewhere(pair: Pair) -> bool:
    """See that an import does, and say whether it was under way when its host was lost."""
    doors = pair.shops("Imported, and lost")
    job = upload(doors[0], file_of(ROWS))
    assert wait_until(lambda: pair.one.query(JOB.format(job))[0][1] >= 2 * CHUNK)
    with held_up(pair.one, job) as holder:
        by_one = str(pair.one.background_worker()) in holder.split()
        lost, left = (pair.one, pair.other) if by_one else (pair.other, pair.one)
        lose(lost)
    try:
        assert wait_until(partial(is_over, Shop(left, doors[0].id, doors[0].key), job))
    finally:
        lost.start()

    assert_is_imported(doors, job, ROWS)
    stored = f"SELECT count(*) FROM customers_customer WHERE tenant_id = '{doors[0].id}'"
    assert pair.one.query(stored) == [(ROWS - ROWS // EVERY,)]
    feed = f"SELECT count(*), max(number) FROM tenants_changeset WHERE tenant_id = '{doors[0].id}'"
    assert pair.one.query(feed) == [(ROWS // CHUNK, ROWS // CHUNK)]
    return bool(holder)


@pytest.fixture
def shared(pair: Pair) -> Iterator[Path]:
    """The folder of files that both hosts share; the first leaves the background work to the other."""
    with folder_for_hubs() as folder, pair.again("--no-worker", FILES=str(folder)):
        yield folder


def test_files_in_a_shared_folder_are_imported_by_the_other_hosts_worker_once_they_are_there(
    pair: Pair, shared: Path
) -> None:
    doors = pair.shops("Shared")
    assert pair.one.processes("procrastinate") == []
    assert data_of(pair.one, "/readyz?all=1")["worker"] == "alive"
    assert_is_imported(doors, upload(doors[0], file_of(FEW)), FEW)

    worker = pair.other.background_worker()
    kill(worker, by=signal.SIGSTOP)
    later = pair.shops("Shared, and away")
    job = upload(later[0], file_of(FEW))
    (shared / later[0].id).rename(shared / "away")
    kill(worker, by=signal.SIGCONT)
    assert wait_until(lambda: ELSEWHERE in pair.other.errors.read_text())
    assert job_at(later[1], job)["state"] == "waiting"

    (shared / "away").rename(shared / later[0].id)

    assert_is_imported(later, job, FEW)
    assert wait_until(lambda: not [path for path in shared.rglob("*") if path.is_file()])


# Periodic jobs


def test_what_is_to_be_done_each_minute_is_done_once(pair: Pair) -> None:
    assert wait_until(lambda: len({at for _, at, _ in pair.one.query(JOBS)}) > 1, 3 * PATIENCE, pause=1)

    assert Counter(count for *_, count in pair.one.query(JOBS)).keys() == {1}
    assert {*pair.one.query(FAILED)} <= {("tenants.tasks.run_import",)}  # of the host that was lost: queued again
