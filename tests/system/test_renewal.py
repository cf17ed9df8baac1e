"""Processes of the web server that are replaced, and a hub that stops: nothing that has begun is lost."""

import contextlib
import http.client
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from hub.serving.processes import BEAT
from hub.serving.web import ENDING_SECONDS
from tests.system.running import Hub, Shop
from tests.system.test_faults import request
from tests.system.test_front import GOOD, MEGABYTE, POST, answer_on, held, raw
from tests.system.test_request_log import logged
from tests.system.test_turns import locked, waiting_for_a_lock
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
ROOM_FOR_ALL = "36"  # threads, of which a tenant has two thirds: who finds no place for a second is refused
RESTS = 100  # of a supervisor, in which it has looked at its processes: twenty lie between two looks
REST = 0.01  # seconds between a client's requests: without, the clients have the processors and what starts waits


@contextlib.contextmanager
def clients(shop: Shop, number: int) -> Iterator[list[list[object]]]:
    """Clients that post one record after the other, each on one connection as long as it is kept."""
    until, seen = Event(), [[] for _ in range(number)]  # type: ignore[var-annotated]
    threads = [Thread(target=_post_on, args=(shop, until, answers)) for answers in seen]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        until.set()
        for thread in threads:
            thread.join()


def _post_on(shop: Shop, until: Event, answers: list[object]) -> None:
    connection = shop.hub.connect()
    while not until.is_set():
        try:
            answer = shop.post("customers", GOOD, connection=connection)
            answers.append(answer.status)
            until.wait(REST)
        except (OSError, http.client.HTTPException) as error:
            answers.append(error)
            connection.close()
    connection.close()


def renew(hub: Hub) -> None:
    """Have all processes of the web server replaced."""
    old = hub.all_web_workers()
    os.kill(hub.pid, signal.SIGHUP)
    assert wait_until(lambda: not old & set(hub.web_workers()) and len(hub.web_workers()) == len(old))


def test_processes_are_renewed_under_load_and_no_request_fails_and_no_line_of_the_log_is_lost(patient_hub: Hub) -> None:
    shop = patient_hub.shop("Renewal")
    with clients(shop, 4) as seen:
        renew(patient_hub)
    answered = sum(map(len, seen))

    assert {status for answers in seen for status in answers} == {200}
    assert wait_until(lambda: len(logged(shop)) >= answered)
    assert len(logged(shop)) == answered
    assert wait_until(lambda: patient_hub.processes("procrastinate"))


def rests_of(pid: int) -> int:
    """Return how often a process has rested so far, or waited for something."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def test_a_process_that_has_grown_is_renewed_and_no_request_fails(own: Hub) -> None:
    own.settings |= {"WORKER_MEMORY_MB": "190", "THREADS": ROOM_FOR_ALL}
    own.start("--no-worker")
    shop = own.shop("Grown")
    first = own.all_web_workers()
    rests = rests_of(own.pid)
    assert wait_until(lambda: rests_of(own.pid) > rests + RESTS)
    body = GOOD.ljust(10 * MEGABYTE)
    sent = request(shop, POST, body[:-1], Content_Length=str(len(body)), Connection="keep-alive")
    with clients(shop, 2) as seen, held(own, 20, sent) as connections:
        assert wait_until(lambda: first < set(own.web_workers()))
        for connection in connections:
            connection.sendall(body[-1:])
        assert {answer_on(connection)[0] for connection in connections} == {200}
        assert wait_until(lambda: not first & set(own.web_workers()))

    assert {status for answers in seen for status in answers} == {200}
    assert "a process has grown and is renewed" in own.errors.read_text()


def test_a_process_that_needs_more_memory_than_its_bound_is_left_alone(own: Hub) -> None:
    own.settings["WORKER_MEMORY_MB"] = "1"
    own.start("--no-worker")
    first = own.all_web_workers()

    with clients(own.shop("Small"), 2) as seen:
        time.sleep(5 * BEAT)

    assert own.all_web_workers() == first
    assert {status for answers in seen for status in answers} == {200}


def test_a_body_that_is_on_its_way_when_processes_are_renewed_is_taken(own: Hub) -> None:
    own.start("--no-worker")
    shop = own.shop("Renewed")
    with raw(own) as connection:
        connection.sendall(request(shop, POST, GOOD[:5], Content_Length=str(len(GOOD)), Connection="keep-alive"))
        assert wait_until(lambda: own.spread() == [1])
        time.sleep(0.2)  # for its head to be read
        renew_but(own, 1)
        time.sleep(ENDING_SECONDS + 2)
        connection.sendall(GOOD[5:])

        status, headers, _ = answer_on(connection)

    assert (status, headers["connection"]) == (200, "close")


def renew_but(hub: Hub, busy: int) -> None:
    """Have the processes replaced, of which so many are busy and stay for a while."""
    old = hub.all_web_workers()
    os.kill(hub.pid, signal.SIGHUP)
    assert wait_until(lambda: len(old & set(hub.web_workers())) == busy and len(hub.web_workers()) == len(old) + busy)


def test_a_hub_that_is_to_be_renewed_while_it_starts_starts(own: Hub) -> None:
    (own.data / "postgres/lock").unlink(missing_ok=True)
    own.serve("--migrate")
    assert wait_until((own.data / "postgres/lock").exists, pause=0.001)
    for _ in range(5):
        os.kill(own.pid, signal.SIGHUP)
        time.sleep(0.3)

    assert wait_until(own.all_serve)


def test_settings_are_read_anew_and_unusable_ones_leave_the_old_processes(own: Hub, tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("# of the hub\nALLOWED_HOSTS = 'old.example'\n")
    own.settings |= {"HUB_SETTINGS": str(file), "BODY_SECONDS": "60"}
    own.start("--no-worker")
    shop = own.shop("Settings")

    def status(host: str) -> int:
        return shop.post("customers", GOOD, headers={"Host": host}).status

    assert (status("old.example"), status("new.example")) == (200, 400)
    old = own.all_web_workers()

    file.write_text("ADDRESS_PER_HOUR=no\nALLOWED_HOSTS=new.example\n")
    os.kill(own.pid, signal.SIGHUP)
    assert wait_until(lambda: "the old ones go on" in own.errors.read_text() + own.output.read_text())
    assert own.all_web_workers() == old
    assert status("old.example") == 200

    file.write_text("ALLOWED_HOSTS=new.example\n")
    os.kill(own.pid, signal.SIGHUP)
    assert wait_until(lambda: not old & set(own.web_workers()))
    assert wait_until(lambda: (status("old.example"), status("new.example")) == (400, 200))


def test_what_is_under_way_is_finished_when_the_hub_stops(own: Hub) -> None:
    own.start("--no-worker")
    shop = own.shop("Finishing")
    answers: list[int] = []
    with locked(shop):
        sending = Thread(target=lambda: answers.append(shop.post("customers", [{"CustomerId": "late"}]).status))
        sending.start()
        assert wait_until(lambda: waiting_for_a_lock(own))
        os.kill(own.pid, signal.SIGTERM)
        time.sleep(1)
    sending.join()

    assert answers == [200]
    assert own.wait() == 0
