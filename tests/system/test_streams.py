"""Bodies that are taken as they come and answers that are sent as a stream, through a server that runs."""

import contextlib
import gzip
import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Event, Thread
from typing import Any

import pytest

from hub.middleware.streaming import ENDING, INCOMPLETE, PIECE
from hub.serving.web import MAKING_ROOM_SECONDS
from tests.system.conftest import copy, hub_on_a_copy
from tests.system.running import Answer, Hub, Shop, folder_for_hubs
from tests.system.streamed import MOST
from tests.system.test_bounds import memory_of
from tests.system.test_faults import request
from tests.system.test_front import MEGABYTE, USUALLY, all_on, answer_on, held, nobody_is_held, raw, usual_seconds
from tests.system.test_waiting import log_of
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
SECONDS = 10  # BODY_SECONDS of the hub that gives up who falls silent
STREAMED = {"DJANGO_SETTINGS_MODULE": "tests.system.streamed"}
SETTINGS = {"WORKERS": "1", "THREADS": "4", **STREAMED}
LARGE = os.urandom(MEGABYTE) * 50
MORE_THAN_THREADS = 40


@pytest.fixture(scope="module")
def lone(prepared: Path) -> Iterator[Hub]:
    """A hub with one process, whose few threads are soon missed."""
    with folder_for_hubs() as folder:
        copy(prepared, folder / "var")
        hub = Hub(folder / "var", SETTINGS)
        try:
            hub.start("--no-worker")
            yield hub
        finally:
            hub.stop()


@pytest.fixture(scope="module")
def shop(lone: Hub) -> Shop:
    return lone.shop("Streams")


@pytest.fixture(scope="module")
def bounded(prepared: Path) -> Iterator[Shop]:
    """A tenant of such a hub that does not wait for ever for what falls silent."""
    for hub in hub_on_a_copy(prepared, SETTINGS | {"BODY_SECONDS": str(SECONDS)}, "--no-worker"):
        yield hub.shop("Bounded")


@pytest.fixture
def ending(own: Hub) -> Shop:
    """A tenant of a hub that is to be stopped."""
    own.settings |= STREAMED
    own.start("--no-worker")
    return own.shop("Ending")


def post(name: str, **query: object) -> str:
    more = "".join(f"&{key}={value}" for key, value in query.items())
    return f"POST /streams/{{tenant}}?name={name}{more} HTTP/1.1"


def get(name: str, **query: object) -> str:
    return post(name, **query).replace("POST", "GET")


def taken(shop: Shop, name: str) -> bytes:
    """Return what was taken of a body."""
    file = shop.hub.data / "taken" / name
    return file.read_bytes() if file.exists() else b""


def send(shop: Shop, line: str, body: Any = None, **options: Any) -> Answer:
    method, path, _ = line.split()
    return shop.send(method, path, body, **options)


def traced(sent: bytes) -> tuple[bytes, str]:
    """Return a request in a trace of its own, and the trace's id."""
    trace = token_hex(16)
    return sent.replace(b"\r\n\r\n", f"\r\ntraceparent: 00-{trace}-b7ad6b7169203331-01\r\n\r\n".encode(), 1), trace


def logged(shop: Shop, trace: str) -> list[tuple[str, int, int]]:
    """Return method, status and bytes of what the request log has of a trace."""
    return shop.hub.query(f"SELECT method, status, size FROM tenants_loggedrequest WHERE trace_id = '{trace}'")


def lines_of(hub: Hub, trace: str, event: str = "request") -> list[dict[str, Any]]:
    """Return the lines of the log about a trace."""
    lines = [json.loads(line) for line in log_of(hub).splitlines() if trace in line]
    return [line for line in lines if line["event"] == event]


# Bodies


@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_body_is_taken_in_pieces_with_little_memory(shop: Shop, chunked: bool) -> None:
    send(shop, post("first"), b" " * 8 * MEGABYTE)
    before = memory_of(shop.hub)
    name = f"long-{chunked}"

    body = (LARGE[at : at + MEGABYTE] for at in range(0, len(LARGE), MEGABYTE)) if chunked else LARGE
    with contextlib.closing(shop.hub.connect()) as connection:
        path = f"/streams/{shop.id}?name={name}"
        connection.request("POST", path, body, {"x-replenit-auth-key": shop.key}, encode_chunked=chunked)
        answer = json.loads(connection.getresponse().read())
        kept = connection.sock
        assert shop.post("customers", [{"CustomerId": "a"}], connection=connection).status == 200
        assert connection.sock is kept

    assert answer["data"] == {"size": len(LARGE), "most": PIECE}
    assert sha256(taken(shop, name)).digest() == sha256(LARGE).digest()
    assert memory_of(shop.hub) - before < 20 * 1024


@pytest.mark.parametrize("body", [b"", b"x"])
def test_a_short_body_is_taken_too(shop: Shop, body: bytes) -> None:
    answer = send(shop, post("short"), body)

    assert (answer.status, answer.json()["data"]["size"]) == (200, len(body))
    assert taken(shop, "short") == body


def test_senders_that_are_slow_hold_nobody_and_may_take_their_time(bounded: Shop) -> None:
    alone, begin = usual_seconds(bounded), time.monotonic()
    names = [f"slow-{i}" for i in range(MORE_THAN_THREADS)]
    with contextlib.ExitStack() as opened:
        connections = [opened.enter_context(raw(bounded.hub)) for _ in names]
        for connection, name in zip(connections, names, strict=True):
            connection.sendall(request(bounded, post(name), b"", Transfer_Encoding="chunked"))
        with dripping(connections) as drops:
            assert nobody_is_held(bounded, alone)
            time.sleep(max(0, begin + 1.5 * SECONDS - time.monotonic()))
        for connection in connections:
            connection.sendall(b"0\r\n\r\n")

        assert {answer_on(connection)[0] for connection in connections} == {200}
    assert {taken(bounded, name) for name in names} == {b"x" * len(drops)}


@contextlib.contextmanager
def dripping(connections: list[socket.socket]) -> Iterator[list[float]]:
    """Send a chunk on each connection every second until the end of the block; give when that was."""
    drops: list[float] = []
    is_over = Event()

    def drip() -> None:
        while not is_over.wait(1):
            for connection in connections:
                connection.sendall(b"1\r\nx\r\n")
            drops.append(time.monotonic())

    thread = Thread(target=drip)
    thread.start()
    try:
        yield drops
    finally:
        is_over.set()
        thread.join()


def test_bodies_that_are_stored_slowly_hold_nobody_and_are_read_no_further(shop: Shop) -> None:
    alone = usual_seconds(shop)
    before = memory_of(shop.hub)
    head = request(shop, post("stored", pause=1), b"", Content_Length=str(MOST))
    with held(shop.hub, 4, head) as connections:

        def nobody_waits() -> bool:
            for connection in connections:  # which the hub reads on when a piece of it is stored
                connection.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    connection.sendall(LARGE)
            return usual_seconds(shop) < USUALLY * alone

        assert wait_until(nobody_waits)
        assert memory_of(shop.hub) - before < 30 * 1024


def test_one_that_falls_silent_is_given_up_and_what_came_is_kept(bounded: Shop) -> None:
    with raw(bounded.hub) as connection:
        connection.sendall(request(bounded, post("silent"), b"half", Content_Length="8"))
        status, headers, body = answer_on(connection)

    assert (status, headers["connection"]) == (408, "close")
    assert json.loads(body)["message"] == f"Nothing more of the request body came for {SECONDS} seconds."
    assert taken(bounded, "silent") == b"half"


@pytest.mark.parametrize("way", ["hangs up", "closes its side", "breaks a chunk"])
def test_one_that_is_cut_off_keeps_what_came_and_is_logged(shop: Shop, way: str) -> None:
    sent, name = LARGE[: 3 * MEGABYTE], f"cut-{way[0]}"
    framing = {"Transfer_Encoding": "chunked"} if way == "breaks a chunk" else {"Content_Length": str(4 * MEGABYTE)}
    head, trace = traced(request(shop, post(name), b"", **framing))
    with raw(shop.hub) as connection:
        connection.sendall(head + (b"%x\r\n%b\r\nZZ\r\n" % (len(sent), sent) if "breaks" in way else sent))
        assert wait_until(lambda: len(taken(shop, name)) >= 2 * MEGABYTE)
        if way == "closes its side":
            connection.shutdown(socket.SHUT_WR)
        if way != "hangs up":
            status, _, said = answer_on(connection)
            assert (status, json.loads(said)["message"]) == (400, INCOMPLETE)

    assert wait_until(lambda: logged(shop, trace))
    assert logged(shop, trace) == [("POST", 400, len(taken(shop, name)))]
    assert sent.startswith(taken(shop, name))


def test_one_that_announces_too_much_is_refused_before_it_begins(shop: Shop) -> None:
    with raw(shop.hub) as connection:
        connection.sendall(request(shop, post("announced"), b"", Content_Length=str(MOST + 1)))
        status, headers, body = answer_on(connection)

    assert (status, headers["connection"]) == (413, "close")
    assert "60 MB" in json.loads(body)["message"]
    assert not (shop.hub.data / "taken/announced").exists()


def test_one_that_grows_too_long_is_refused_when_it_does(shop: Shop) -> None:
    chunk = b"%x\r\n%b\r\n" % (MEGABYTE, LARGE[:MEGABYTE])
    with raw(shop.hub) as connection:
        connection.sendall(request(shop, post("grown"), b"", Transfer_Encoding="chunked", Connection="keep-alive"))
        for _ in range(MOST // MEGABYTE + 10):
            connection.sendall(chunk)
        status, headers, body = answer_on(connection)

    assert (status, headers["connection"]) == (413, "close")
    assert "60 MB" in json.loads(body)["message"]
    assert len(taken(shop, "grown")) <= MOST


REFUSED = {
    401: ({"X_Replenit_Auth_Key": "wrong"}, "POST /streams/{tenant}?name=refused HTTP/1.1"),
    404: ({}, "POST /streams/00000000-0000-0000-0000-000000000000?name=refused HTTP/1.1"),
    413: ({"Content_Length": str(MOST + 1)}, "POST /streams/{tenant}?name=refused HTTP/1.1"),
}


@pytest.mark.parametrize("status", REFUSED)
def test_who_asks_whether_to_send_is_refused_before_it_does(shop: Shop, status: int) -> None:
    headers, line = REFUSED[status]
    with raw(shop.hub) as connection:
        framing = {"Content_Length": str(40 * MEGABYTE), "Expect": "100-continue", "Connection": "keep-alive"}
        connection.sendall(request(shop, line, b"", **framing | headers))
        found, said, _ = answer_on(connection)

    assert (found, said["connection"]) == (status, "close")
    assert not (shop.hub.data / "taken/refused").exists()


def test_more_who_are_told_to_send_than_there_are_threads_hold_nobody(shop: Shop) -> None:
    alone = usual_seconds(shop)
    head = request(shop, post("asking"), b"", Content_Length="4", Expect="100-continue")

    with held(shop.hub, MORE_THAN_THREADS, head) as connections:
        assert [answer_on(connection)[0] for connection in connections] == [100] * MORE_THAN_THREADS
        for connection in connections[1:]:
            connection.sendall(b"x")
        assert nobody_is_held(shop, alone)
        connections[0].sendall(b"four")
        assert answer_on(connections[0])[0] == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_one_that_is_refused_while_it_comes_is_told_why(shop: Shop, chunked: bool) -> None:
    framing = {"Transfer_Encoding": "chunked"} if chunked else {"Content_Length": str(30 * MEGABYTE)}
    piece = LARGE[:MEGABYTE]
    with raw(shop.hub) as connection:
        connection.sendall(request(shop, post("full", room=5 * MEGABYTE), b"", **framing, Connection="keep-alive"))
        for _ in range(30):
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        status, headers, body = answer_on(connection)

    assert (status, headers["connection"]) == (409, "close")
    assert json.loads(body)["message"] == "There is no room."
    assert taken(shop, "full") == piece * 5


def test_one_request_is_counted_and_logged_once_in_one_trace(lone: Hub) -> None:
    shop = lone.shop("Once", "--per-minute", "2", "--per-hour", "2")

    answer = send(shop, post("once"), LARGE[: 2 * MEGABYTE])

    assert answer.status == 200
    assert answer.headers["X-RateLimit-Remaining"] == "1"
    trace = answer.headers["X-Request-Id"]
    assert wait_until(lambda: logged(shop, trace) == [("POST", 200, 2 * MEGABYTE)])
    assert wait_until(lambda: lines_of(lone, trace))
    assert [line["status"] for line in lines_of(lone, trace)] == [200]


def test_one_that_is_on_its_way_when_the_hub_stops_keeps_what_came(ending: Shop) -> None:
    """Also in a process that was to end before, with more time."""
    hub, old = ending.hub, ending.hub.all_web_workers()
    with raw(hub) as connection, raw(hub) as shorter, raw(hub) as idle:
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer_on(idle)[0] == 200
        connection.sendall(request(ending, post("stopped"), LARGE[: 3 * MEGABYTE + 5], Content_Length=str(MOST)))
        shorter.sendall(request(ending, post("ended"), b"1234", Content_Length="5", Connection="keep-alive"))
        assert wait_until(lambda: len(taken(ending, "stopped")) >= 3 * MEGABYTE)
        os.kill(hub.pid, signal.SIGHUP)
        assert idle.recv(1) == b""  # the process has been told: a moment later it leaves who rests
        shorter.sendall(b"5")
        assert answer_on(shorter)[0] == 200
        assert old < set(hub.web_workers())

        start = time.monotonic()
        os.kill(hub.pid, signal.SIGTERM)
        status, headers, body = answer_on(connection)

        assert (status, headers["retry-after"], headers["connection"]) == (503, "2", "close")
        assert json.loads(body)["message"] == ENDING
    assert hub.wait() == 0
    assert time.monotonic() - start < MAKING_ROOM_SECONDS / 2
    assert taken(ending, "stopped") == LARGE[: 3 * MEGABYTE + 5]


# Answers


def read_chunks(data: bytes) -> tuple[bytes, bool]:
    """Return what the chunks of an answer hold, and whether the last of them is there."""
    body, rest = b"", data
    while head := re.match(rb"([0-9a-f]+)\r\n", rest):
        size = int(head[1], 16)
        body, rest = body + rest[head.end() : head.end() + size], rest[head.end() + size + 2 :]
        if size == 0:
            return body, True
    return body, False


def is_closed(shop: Shop, name: str) -> bool:
    return taken(shop, name) == b"closed"


def test_an_answer_is_sent_as_it_is_made_with_little_memory(shop: Shop) -> None:
    before = memory_of(shop.hub)
    pieces = [b"%08d" % i + b"x" * (MEGABYTE - 8) for i in range(100)]

    with contextlib.closing(shop.hub.connect()) as connection:
        for _ in range(2):
            answer = send(shop, get("sent", pieces=100, size=MEGABYTE), connection=connection)
            kept = connection.sock
            assert answer.body == b"".join(pieces)
            assert answer.headers["Content-Length"] is None
        assert connection.sock is kept

    assert is_closed(shop, "sent")
    assert memory_of(shop.hub) - before < 20 * 1024


def test_small_pieces_are_put_together(shop: Shop) -> None:
    with raw(shop.hub) as connection:
        connection.sendall(request(shop, get("small", pieces=10_000, size=16)))
        head, _, data = all_on(connection).partition(b"\r\n\r\n")

    assert b"transfer-encoding: chunked" in head
    assert read_chunks(data) == (b"".join(b"%08d" % i + b"x" * 8 for i in range(10_000)), True)
    assert data.count(b"\r\n") < 50


def test_readers_that_are_slow_hold_nobody(shop: Shop) -> None:
    alone = usual_seconds(shop)
    before = memory_of(shop.hub)
    asking = request(shop, get("unread", pieces=1000, size=MEGABYTE))

    with held(shop.hub, MORE_THAN_THREADS, asking) as connections:
        for connection in connections:
            assert connection.recv(1000)
        assert nobody_is_held(shop, alone)
        assert memory_of(shop.hub) - before < MORE_THAN_THREADS * 3 * 1024
        assert not is_closed(shop, "unread")
    assert wait_until(lambda: is_closed(shop, "unread"))


def test_a_client_that_hangs_up_has_the_answer_closed_and_logged(shop: Shop) -> None:
    asking, trace = traced(request(shop, get("hung", pieces=10_000, size=MEGABYTE)))
    with raw(shop.hub) as connection:
        connection.sendall(asking)
        assert connection.recv(1000)
        assert not lines_of(shop.hub, trace)

    assert wait_until(lambda: is_closed(shop, "hung"))
    assert wait_until(lambda: logged(shop, trace) == [("GET", 200, 0)])


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_an_answer_that_breaks_off_is_seen_to_and_logged_with_its_trace(shop: Shop, version: str) -> None:
    line = get("broken", pieces=100, size=MEGABYTE, fails=5).replace("1.1", version)
    asking, trace = traced(request(shop, line, Connection="keep-alive"))
    data, is_whole = b"", False
    with raw(shop.hub) as connection:
        connection.sendall(asking)
        with contextlib.suppress(ConnectionResetError):
            while more := connection.recv(MEGABYTE):
                data += more
            is_whole = version == "1.0"  # where there are no chunks, the reset is what tells
    head, _, body = data.partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200")
    assert not is_whole
    assert not read_chunks(body)[1]
    assert wait_until(lambda: logged(shop, trace) == [("GET", 500, 0)])
    assert wait_until(lambda: lines_of(shop.hub, trace))
    assert [line["exception"] for line in lines_of(shop.hub, trace, "an answer broke off")] == ["ValueError"]
    assert [line["status"] for line in lines_of(shop.hub, trace)] == [500]


def test_an_answer_that_breaks_off_before_anything_is_sent_is_a_500(shop: Shop) -> None:
    with contextlib.closing(shop.hub.connect()) as connection:
        answer = send(shop, get("never", pieces=5, size=10, fails=0), connection=connection)

        assert (answer.status, answer.json()["success"]) == (500, False)
        assert send(shop, get("then", pieces=1, size=10), connection=connection).status == 200


def test_an_answer_is_compressed_piece_by_piece_for_who_asks(shop: Shop) -> None:
    before = memory_of(shop.hub)
    line = get("packed", pieces=50, size=MEGABYTE)

    packed = send(shop, line, headers={"Accept-Encoding": "gzip"})
    refused = send(shop, line, headers={"Accept-Encoding": "gzip;q=0"})

    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert refused.headers["Content-Encoding"] is None
    assert gzip.decompress(packed.body) == refused.body
    assert len(packed.body) * 100 < len(refused.body)
    assert memory_of(shop.hub) - before < 20 * 1024


def test_a_head_is_answered_without_pieces(shop: Shop) -> None:
    with contextlib.closing(shop.hub.connect()) as connection:
        answer = send(shop, get("head", pieces=5, size=10).replace("GET", "HEAD"), connection=connection)
        kept = connection.sock

        assert (answer.status, answer.body) == (200, b"")
        assert send(shop, get("after", pieces=1, size=10), connection=connection).body == b"00000000xx"
        assert connection.sock is kept


def test_a_client_that_knows_no_chunks_reads_to_the_end(shop: Shop) -> None:
    with raw(shop.hub) as connection:
        line = get("old", pieces=20, size=MEGABYTE).replace("1.1", "1.0")
        connection.sendall(request(shop, line, Connection=""))
        head, _, body = all_on(connection).partition(b"\r\n\r\n")

    assert b"chunked" not in head
    assert body == b"".join(b"%08d" % i + b"x" * (MEGABYTE - 8) for i in range(20))


@pytest.mark.parametrize("reads", [True, False])
def test_an_answer_is_cut_off_where_the_hub_stops(ending: Shop, reads: bool) -> None:
    hub = ending.hub
    asking, trace = traced(request(ending, get("stopped", pieces=10**6, size=MEGABYTE)))
    with raw(hub) as connection:
        connection.sendall(asking)
        assert connection.recv(1000)
        start = time.monotonic()
        os.kill(hub.pid, signal.SIGTERM)
        if reads:
            with contextlib.suppress(ConnectionResetError):
                while connection.recv(MEGABYTE):
                    pass
        assert hub.wait() == 0
        assert time.monotonic() - start < MAKING_ROOM_SECONDS / 2
    assert is_closed(ending, "stopped")
    assert [line["status"] for line in lines_of(hub, trace)] == [200]
