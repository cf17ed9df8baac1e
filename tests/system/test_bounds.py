"""What a stranger or a partner can make grow has a bound: a form's memory, and how long a request holds a lock."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.api.errors import BUSY, TOO_LONG
from tests.system.running import PLAIN, Hub, Shop
from tests.system.test_faults import request
from tests.system.test_front import GOOD, MEGABYTE, answer_on, raw
from tests.system.test_turns import locked, waiting_for_a_lock
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
SECONDS = 4  # STATEMENT_SECONDS of the hub under test, below the ten that a lock is waited for
FORM = "POST /admin/login/ HTTP/1.1"
LOOKS = [{"Email": "ada@example.com"}]  # a record that has to be looked for, in a transaction of several statements
SHOW = "from django.db import connection; c = connection.cursor(); c.execute('SHOW statement_timeout'); print(*c)"


def memory_of(hub: Hub) -> int:
    """Return the most memory that the web server's processes ever had, in KB."""
    lines = [line for pid in hub.web_workers() for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("framing", [{"Content_Length": str(64 * MEGABYTE)}, {"Transfer_Encoding": "chunked"}])
def test_forms_of_strangers_grow_no_process(hub: Hub, content_type: str, framing: dict[str, str]) -> None:
    shop = hub.shop("Forms")
    sent = request(shop, FORM, b"", **framing, Content_Type=content_type, Connection="keep-alive")
    piece = b"x" * MEGABYTE
    assert wait_until(hub.all_serve)
    assert hub.send("GET", "/admin/login/").status == 200
    before = memory_of(hub)
    for _ in range(2):  # once, 256 MB took a process from 93 to 865
        with raw(hub) as connection:
            connection.sendall(sent)
            for _ in range(64):
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if "Transfer_Encoding" in framing else piece)
            status, headers, body = answer_on(connection)

        assert (status, headers["content-type"]) == (413, "text/html; charset=utf-8")
        assert b"may have 2.5 MB" in body
    assert memory_of(hub) < 1.5 * before


@pytest.fixture
def impatient(own: Hub) -> Shop:
    """A tenant of a hub whose statements have a few seconds, and whose locks are waited for as long as usual."""
    own.settings |= {**PLAIN, "STATEMENT_SECONDS": str(SECONDS)}
    own.start("--no-worker")
    return own.shop("Impatient")


def test_a_statement_that_takes_too_long_is_given_up_and_commands_are_not(impatient: Shop) -> None:
    with locked(impatient):
        answer = impatient.post("customers", GOOD)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["message"] == TOO_LONG  # after ten seconds it would be the lock's
    assert impatient.read("customers") == []
    assert wait_until(lambda: impatient.post("customers", GOOD).status == 200)
    assert impatient.hub.manage("shell", "--no-imports", "-c", SHOW).stdout.strip() == "('0',)"


def test_a_transaction_that_rests_too_long_is_given_up_and_its_lock_is_free(impatient: Shop) -> None:
    hub = impatient.hub
    before = ended(hub)
    with ThreadPoolExecutor(1) as pool:
        with locked(impatient):
            sent = pool.submit(impatient.post, "customers", LOOKS)
            assert wait_until(lambda: waiting_for_a_lock(hub))
            workers = hub.web_workers()
            for pid in workers:
                os.kill(pid, signal.SIGSTOP)
        assert wait_until(lambda: ended(hub) > before)
        assert wait_until(lambda: not hub.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"))
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        answer = sent.result()

    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["message"] == BUSY  # the server has ended the connection
    assert impatient.read("customers") == []
    assert wait_until(lambda: impatient.post("customers", LOOKS).status == 200)


def ended(hub: Hub) -> int:
    """Return how often the database's log says that a transaction rested too long: the rest itself may be over soon."""
    return (hub.data / "postgres/postgresql.log").read_text().count("due to idle-in-transaction timeout")
