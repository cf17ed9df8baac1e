"""What clients do to the web server: bytes that come slowly or never, early answers, restarts under load."""

import contextlib
import gzip
import json
import re
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from statistics import median

import pytest

from hub.serving.connections import HEAD_SECONDS, MOST_WAITING
from hub.serving.intake import MOST_HELD
from tests.system.conftest import hub_on_a_copy
from tests.system.running import PLAIN, Hub, Shop
from tests.system.test_faults import request
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
MEGABYTE = 1024 * 1024
GOOD = b'[{"CustomerId":"front"}]'
POST = "POST /customers/{tenant} HTTP/1.1"
USUALLY = 10  # times what a call takes alone: more says that it waited for others' bytes, or the machine was busy
NEEDS_NODE = pytest.mark.skipif(not shutil.which("node"), reason="needs node")


@pytest.fixture(scope="module")
def shop(hub: Hub) -> Shop:
    return hub.shop("Front")


@contextlib.contextmanager
def raw(hub: Hub) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", hub.port), timeout=PATIENCE) as connection:
        yield connection


@contextlib.contextmanager
def held(hub: Hub, number: int, begun: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that have sent what is no whole request."""
    with contextlib.ExitStack() as opened:
        connections = [opened.enter_context(raw(hub)) for _ in range(number)]
        for connection in connections:
            connection.sendall(begun)
        yield connections


def answer_on(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read one answer: its status, its headers, its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += more_on(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    while len(body) < int(headers.get("content-length", 0)):
        body += more_on(connection)
    return int(first.split()[1]), headers, body


def more_on(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    assert data, "the connection was closed"
    return data


def all_on(connection: socket.socket) -> bytes:
    """Read until the connection is closed."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while more := connection.recv(65536):
            data += more
    return data


def is_silent(connection: socket.socket, seconds: float) -> bool:
    """Say whether nothing comes for so long."""
    return not select.select([connection], [], [], seconds)[0]


def usual_seconds(shop: Shop) -> float:
    """What a health check and a single upsert take together, each on a connection of its own."""

    def once() -> float:
        start = time.monotonic()
        assert shop.hub.send("GET", "/health").status == 200
        assert shop.post("customers", GOOD).status == 200
        return time.monotonic() - start

    return median(once() for _ in range(9))


def nobody_is_held(shop: Shop, alone: float) -> bool:
    """Say whether calls take what they usually do, which is tried again where the machine is busy for a while."""
    return wait_until(lambda: usual_seconds(shop) < USUALLY * alone)


# Bytes that come slowly or never


def test_who_holds_half_a_request_holds_nobody_else(shop: Shop) -> None:
    alone = usual_seconds(shop)
    half_body = request(shop, POST, b"[", Content_Length="100")

    with held(shop.hub, 100, b"POST /customers/"), held(shop.hub, 100, half_body), held(shop.hub, 50, b""):
        assert nobody_is_held(shop, alone)


def test_kept_connections_that_rest_do_no_harm(shop: Shop) -> None:
    with shop.hub.connections(500) as resting:
        assert shop.post("customers", GOOD).status == 200
        assert shop.hub.send("GET", "/health", connection=resting[0]).status == 200


HALVES = [b"", b"\r\n", b"GET /health HT", b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: 1"]


@pytest.fixture(scope="module")
def brief(prepared: Path) -> Iterator[Shop]:
    """A tenant of a hub that waits as long as usual for a head, and two seconds for a body."""
    for hub in hub_on_a_copy(prepared, {**PLAIN, "WORKERS": "1", "BODY_SECONDS": "2"}, "--no-worker"):
        yield hub.shop("Slow")


def test_a_head_that_does_not_come_is_given_up(brief: Shop) -> None:
    with contextlib.ExitStack() as opened:
        start = time.monotonic()
        connections = [opened.enter_context(raw(brief.hub)) for _ in HALVES]
        for connection, half in zip(connections, HALVES, strict=True):
            connection.sendall(half)

        for connection in connections:
            assert all_on(connection) == b""
            assert time.monotonic() - start > HEAD_SECONDS - 1


def test_a_head_that_drips_is_given_up_on_a_used_connection_too(brief: Shop) -> None:
    with raw(brief.hub) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer_on(connection)[0] == 200

        def is_given_up() -> bool:
            if is_silent(connection, 0.5):
                connection.sendall(next(drops))
                return False
            return connection.recv(1) == b""

        drops = chain([b"G"], repeat(b"E"))
        with contextlib.suppress(ConnectionError):  # which says the same
            assert wait_until(is_given_up, pause=0)


@pytest.mark.parametrize("drop", [b"", b" " * 512])
def test_a_body_that_comes_too_slowly_is_given_up(brief: Shop, drop: bytes) -> None:
    with raw(brief.hub) as connection:
        connection.sendall(request(brief, POST, b"", Content_Length="100000"))

        while is_silent(connection, 0.5):
            connection.sendall(drop)
        status, headers, body = answer_on(connection)

    assert (status, headers["connection"]) == (408, "close")
    assert json.loads(body)["message"] == "The request body did not arrive within 2 seconds. Send smaller batches."
    assert brief.read("customers") == []


def test_bodies_are_held_up_to_a_bound_and_let_go(own: Hub) -> None:
    own.start("--no-worker")
    shop = own.shop("Held")
    nearly = request(shop, POST, b" " * (10 * MEGABYTE - 1), Content_Length=str(10 * MEGABYTE))
    number = MOST_HELD // (10 * MEGABYTE) + 1

    with held(own, number, nearly) as connections:
        assert wait_until(lambda: select.select(connections, [], [], 0)[0])
        status, headers, _ = answer_on(select.select(connections, [], [], 0)[0][0])
        assert (status, headers["retry-after"], headers["connection"]) == (503, "2", "close")
        assert shop.post("customers", GOOD).status == 200

    large = json.dumps([{"CustomerId": "large", "Unknown": "x" * 9 * MEGABYTE}]).encode()
    assert wait_until(lambda: shop.post("customers", large).status == 200)


def test_who_does_not_read_holds_nobody(shop: Shop) -> None:
    batch = [{"CustomerId": f"unread-{i}", "Surname": "x" * 250} for i in range(1000)]
    assert shop.post("customers", batch).status == 200
    alone = usual_seconds(shop)
    page = request(shop, "GET /customers/{tenant}?limit=1000 HTTP/1.1")

    with held(shop.hub, 30, page):
        assert nobody_is_held(shop, alone)


# Answers before their bodies

EARLY = {
    401: ("POST", "/customers/{tenant}", {"x-replenit-auth-key": "wrong"}),
    404: ("POST", "/nowhere", {}),
    405: ("PUT", "/customers/{tenant}", {}),
    415: ("POST", "/customers/{tenant}", {"Content-Type": "text/csv"}),
}


@pytest.mark.parametrize("status", EARLY)
def test_a_connection_is_usable_after_an_answer_that_needed_no_body(shop: Shop, status: int) -> None:
    method, path, headers = EARLY[status]
    with contextlib.closing(shop.hub.connect()) as connection:
        early = shop.send(method, path, b" " * MEGABYTE, headers=headers, connection=connection)
        kept = connection.sock

        assert early.status == status
        assert shop.post("customers", GOOD, connection=connection).status == 200
        assert connection.sock is kept


CLIENT = """
const http = require('http');
const agent = new http.Agent({keepAlive: true, maxSockets: 1});
const [port, tenant, key] = process.argv.slice(1);
const send = (method, path, key, body) => new Promise((done, failed) => {
  const headers = {'content-type': 'application/json', 'x-replenit-auth-key': key, 'content-length': body.length};
  const asked = http.request({port, agent, method, path, headers}, answer => {
    answer.resume(); answer.on('end', () => done(answer.statusCode));
  });
  asked.on('error', failed);
  asked.end(body);
});
(async () => {
  const big = Buffer.alloc(1 << 20, ' '), good = Buffer.from('[{"CustomerId":"node"}]'), found = [];
  for (let i = 0; i < 6; i++) {
    found.push(await send('POST', `/customers/${tenant}`, 'wrong', big));
    found.push(await send('POST', `/customers/${tenant}`, key, good));
  }
  console.log(found.join(' '));
})().catch(error => { console.log(error.code); process.exit(1); });
"""


@NEEDS_NODE
def test_node_keeps_its_connection_after_a_refused_body(shop: Shop) -> None:
    command = ["node", "-e", CLIENT, str(shop.hub.port), shop.id, shop.key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)

    assert done.stdout.split() == ["401", "200"] * 6, done.stderr


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_told_so_however_much_is_sent(shop: Shop, chunked: bool) -> None:
    size = 30 * MEGABYTE
    framing = {"Transfer_Encoding": "chunked"} if chunked else {"Content_Length": str(size)}
    with raw(shop.hub) as connection:
        connection.sendall(request(shop, POST, b"", **framing, Connection="keep-alive"))
        for _ in range(size // MEGABYTE):
            piece = b" " * MEGABYTE
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        status, headers, body = answer_on(connection)

    assert (status, headers["connection"]) == (413, "close")
    assert "10 MB" in json.loads(body)["message"]


@pytest.mark.parametrize(("length", "key", "status"), [(11 * MEGABYTE, "", 413), (1000, "wrong", 401)])
def test_who_asks_whether_to_send_is_refused_at_once(shop: Shop, length: int, key: str, status: int) -> None:
    named = {"Content_Length": str(length), "Expect": "100-continue"} | ({"X_Replenit_Auth_Key": key} if key else {})
    with raw(shop.hub) as connection:
        connection.sendall(request(shop, POST, b"", **named, Connection="keep-alive"))

        found, headers, _ = answer_on(connection)

    assert (found, headers["connection"]) == (status, "close")


def test_who_asks_whether_to_send_is_told_to(shop: Shop) -> None:
    with raw(shop.hub) as connection:
        for _ in range(2):
            named = {"Content_Length": str(len(GOOD)), "Expect": "100-continue", "Connection": "keep-alive"}
            connection.sendall(request(shop, POST, b"", **named))
            assert answer_on(connection)[0] == 100

            connection.sendall(GOOD)
            assert answer_on(connection)[0] == 200


def test_more_who_are_told_to_send_and_do_not_than_there_are_threads_hold_nobody(shop: Shop) -> None:
    asking = request(shop, POST, Content_Length="100", Expect="100-continue")
    alone = usual_seconds(shop)

    with held(shop.hub, 40, asking) as connections:
        assert [answer_on(connection)[0] for connection in connections] == [100] * 40
        assert nobody_is_held(shop, alone)


# What is no request, and what is two


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"BREW /health HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /health HTTP/2.0\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"x" * 20_000 + b"\r\n\r\n", 431),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: 1\r\n" * 101 + b"\r\n", 431),
        (b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1", 400),
    ],
)
def test_what_can_not_be_read_is_refused_in_json_and_closed(hub: Hub, sent: bytes, status: int) -> None:
    with raw(hub) as connection:
        connection.sendall(sent)
        found, headers, body = answer_on(connection)

        assert (found, headers["content-type"], headers["connection"]) == (status, "application/json", "close")
        assert json.loads(body)["success"] is False
        assert connection.recv(1) == b""


def test_a_head_without_end_is_refused(hub: Hub) -> None:
    with raw(hub) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        with contextlib.suppress(OSError):
            for _ in range(10):
                connection.sendall(b"x" * 16_000)
                if not is_silent(connection, 0.1):
                    break

        assert answer_on(connection)[0] == 431


def test_requests_sent_in_one_go_are_answered_in_their_order(shop: Shop) -> None:
    three = b"".join(
        request(shop, f"GET /customers/{{tenant}}/{name} HTTP/1.1", Connection="keep-alive") for name in ("a", "b", "c")
    )
    with raw(shop.hub) as connection:
        connection.sendall(request(shop, POST, GOOD, Connection="keep-alive") + three)
        data = b""
        while data.count(b"HTTP/1.1 ") < 4 or not data.endswith(b"}"):
            data += more_on(connection)

    assert re.findall(rb"HTTP/1.1 (\d+)", data) == [b"200", b"404", b"404", b"404"]


def test_what_is_no_request_after_one_that_is_leaves_its_answer_alone(shop: Shop) -> None:
    with raw(shop.hub) as connection:
        connection.sendall(request(shop, POST, GOOD, Connection="keep-alive") + b"NONSENSE\r\n\r\n")

        assert answer_on(connection)[0] == 200
        assert connection.recv(65536) == b""


def test_requests_sent_ahead_without_end_are_not_kept(shop: Shop) -> None:
    one = request(shop, "GET /customers/{tenant}/a HTTP/1.1", Connection="keep-alive")
    with raw(shop.hub) as connection:
        connection.sendall(one * 500)

        assert 0 < all_on(connection).count(b"HTTP/1.1 404") <= MOST_WAITING + 1


def test_an_answer_is_to_its_own_request_where_the_next_one_is_broken(shop: Shop) -> None:
    broken = request(shop, POST, b"ZZ\r\n", Transfer_Encoding="chunked")
    with raw(shop.hub) as connection:
        connection.sendall(request(shop, POST, GOOD, Connection="keep-alive") + broken)

        assert re.findall(rb"HTTP/1.1 (\d+)", all_on(connection)) == [b"200"]


@pytest.mark.parametrize("sent_as", ["a trailer", "a header and a trailer"])
def test_a_trailer_is_no_header(shop: Shop, sent_as: str) -> None:
    key = f"x-replenit-auth-key: {shop.key}\r\n".encode()
    head = request(shop, POST, b"", Transfer_Encoding="chunked", X_Replenit_Auth_Key="", Connection="close")
    if sent_as != "a trailer":
        head = head.replace(b"Host:", key + b"Host:")
    with raw(shop.hub) as connection:
        connection.sendall(head + b"%x\r\n%b\r\n0\r\n" % (len(GOOD), GOOD) + key + b"\r\n")

        assert answer_on(connection)[0] == (401 if sent_as == "a trailer" else 200)


def test_a_trailer_without_end_is_refused(shop: Shop) -> None:
    with raw(shop.hub) as connection:
        connection.sendall(request(shop, POST, b"0\r\nX-A: ", Transfer_Encoding="chunked"))
        with contextlib.suppress(OSError):
            for _ in range(100):
                connection.sendall(b"x" * 16_000)
                if not is_silent(connection, 0.05):
                    break

        assert answer_on(connection)[0] == 431


def test_after_a_request_for_another_protocol_nothing_more_is_read(shop: Shop) -> None:
    asking = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    with raw(shop.hub) as connection:
        connection.sendall(asking + request(shop, POST, GOOD))
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")

        assert re.findall(rb"HTTP/1.1 (\d+)", all_on(connection)) == [b"200"]


def test_who_closes_its_side_is_answered_and_closed(shop: Shop) -> None:
    for sent, status in ((request(shop, POST, GOOD), 200), (request(shop, POST, b"[", Content_Length="9"), 400)):
        with raw(shop.hub) as connection:
            connection.sendall(sent.replace(b"Connection: close", b"Connection: keep-alive"))
            connection.shutdown(socket.SHUT_WR)

            # To the end, though a connection that is kept, or a body, would be waited for ten minutes.
            assert all_on(connection).startswith(b"HTTP/1.1 %d" % status)


def test_a_key_in_a_header_with_underscores_is_no_key(shop: Shop) -> None:
    sent = request(shop, POST, GOOD).replace(b"X-Replenit-Auth-Key", b"X_Replenit_Auth_Key")
    with raw(shop.hub) as connection:
        connection.sendall(sent)

        assert answer_on(connection)[0] == 401


def test_health_is_answered_whatever_the_host_is(hub: Hub) -> None:
    for host in ("evil.example", "10.0.0.7:8000", ""):
        assert hub.send("GET", "/health", headers={"Host": host}).status == 200


# What is sent


def test_long_answers_are_compressed_for_who_asks(shop: Shop) -> None:
    batch = [{"CustomerId": f"long-{i}", "Surname": "Lovelace"} for i in range(100)]
    assert shop.post("customers", batch).status == 200

    plain = shop.send("GET", "/customers/{tenant}?limit=100")
    asked = shop.send("GET", "/customers/{tenant}?limit=100", headers={"Accept-Encoding": "gzip"})
    short = shop.send("GET", "/customers/{tenant}/long-1", headers={"Accept-Encoding": "gzip"})

    assert plain.headers["Content-Encoding"] is None
    assert asked.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in asked.headers["Vary"]
    assert len(asked.body) * 5 < len(plain.body)
    assert json.loads(gzip.decompress(asked.body))["data"] == plain.json()["data"]
    assert short.headers["Content-Encoding"] is None


def test_static_files_are_kept_by_browsers_for_good_and_compressed_ahead(hub: Hub) -> None:
    page = hub.send("GET", "/admin/login/", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    files = re.findall(r"/static/[^\"]+\.(?:css|js)", gzip.decompress(page.body).decode())
    assert files

    for file in files:
        found = hub.send("GET", file, headers={"Accept-Encoding": "gzip"})
        assert found.status == 200, file
        assert "immutable" in found.headers["Cache-Control"]
        assert found.headers["Content-Encoding"] == "gzip" or len(found.body) < 200
