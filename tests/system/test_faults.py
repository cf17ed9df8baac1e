"""Bad input over real sockets: nothing a client sends makes a server error, and what is refused stores nothing."""

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.schemas import customer_schema
from hub.records.reading import Shape
from orders.schemas import ORDERS
from products.schemas import PRODUCTS
from tests.conftest import examples
from tests.system.processes import cpu_seconds
from tests.system.running import Answer, Hub, Shop
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
MEGABYTE = 1024 * 1024
GOOD = b'[{"CustomerId":"refused"}]'
GZIP = {"Content-Encoding": "gzip"}


@pytest.fixture(scope="module")
def said_before(hub: Hub) -> str:
    """What other tests had the hub say."""
    return hub.errors.read_text()


@pytest.fixture(scope="module")
def shop(hub: Hub, said_before: str) -> Shop:
    return hub.shop("Faults")


@pytest.fixture
def untouched(shop: Shop) -> Iterator[Shop]:
    """The shop, which a test must leave as it was."""
    before = shop.change_numbers()
    yield shop
    assert shop.change_numbers() == before


def exchange(hub: Hub, request: bytes, *, then_close: bool = False) -> tuple[int, str, bytes]:
    """Send raw bytes, and return the answer's status, media type and body."""
    with socket.create_connection(("127.0.0.1", hub.port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        if then_close:
            connection.shutdown(socket.SHUT_WR)
        head, _, body = b"".join(received(connection)).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    named = dict(line.lower().split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), named.get("content-type", ""), body


def received(connection: socket.socket) -> Iterator[bytes]:
    while data := connection.recv(65536):
        yield data


def request(shop: Shop, start: str, body: bytes = b"", **headers: str) -> bytes:
    """Write a request that closes its connection; header values are sent as Latin-1."""
    length = {} if "Transfer_Encoding" in headers else {"Content_Length": str(len(body))}
    named = {"Host": "localhost", "X_Replenit_Auth_Key": shop.key, "Connection": "close", **length, **headers}
    lines = [start.replace("{tenant}", shop.id), *(f"{name.replace('_', '-')}: {v}" for name, v in named.items() if v)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def assert_refused(answer: Answer, status: int = 400) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["success"] is False
    assert answer.json()["data"] == {}


# Bodies

BAD_BODIES = {
    "nothing": b"",
    "NUL": b'[{"CustomerId":"a\0b"}]',
    "escaped NUL": b'[{"CustomerId":"a\\u0000b"}]',
    "escaped NUL in an unknown field": b'[{"CustomerId":"a","Foo":["\\u0000"]}]',
    "lone surrogate": b'[{"CustomerId":"a\\ud800b"}]',
    "lone surrogate in a name": b'[{"CustomerId":"a","\\udfff":1}]',
    "no UTF-8": b'[{"CustomerId":"a\xff"}]',
    "UTF-16": '[{"CustomerId":"a"}]'.encode("utf-16"),
    "NaN": b'[{"CustomerId":"a","Foo":NaN}]',
    "Infinity": b'[{"CustomerId":"a","Foo":-Infinity}]',
    "1e400": b'[{"CustomerId":"a","Foo":1e400}]',
    "5,000 digits": b'[{"CustomerId":' + b"9" * 5000 + b"}]",
    "arrays 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects 100,000 deep": b'[{"CustomerId":"a","Foo":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}]",
    "unknown field 65 deep": b'[{"CustomerId":"a","Foo":' + b"[" * 65 + b"]" * 65 + b"}]",
    "half an array": b'[{"CustomerId":"a"}',
    "two arrays": GOOD + GOOD,
    "no array": b'{"CustomerId":"a"}',
    "5 million values": b"[" + b"1," * 5_000_000 + b"1]",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_cannot_be_read_is_refused(untouched: Shop, body: bytes) -> None:
    assert_refused(untouched.post("customers", body))


def test_a_thousand_hub_ids_fit_into_an_address(untouched: Shop) -> None:
    ids = ",".join(str(10**12 + i) for i in range(1000))

    for sent in (ids, quote(ids)):
        answer = untouched.send("GET", f"/customers/{{tenant}}?HubId={sent}")
        assert (answer.status, answer.json()["data"]["results"]) == (200, [])


@pytest.mark.parametrize("number", ["NaN", "1e400", "-1e400", "9" * 5000, "-1", "1e15", '"1"', "true", "[]"])
def test_a_number_that_cannot_be_stored_is_refused(untouched: Shop, number: str) -> None:
    line = f'{{"ProductId":"p","Sku":"s","Quantity":1,"Price":{number}}}'
    order = (
        '[{"OrderId":"o","CustomerId":"c","Email":"a@example.com","OrderDate":"2026-01-31T12:00:00Z",'
        f'"TotalRevenue":1,"Currency":"EUR","OrderItems":[{line}]}}]'
    )

    assert_refused(untouched.post("orders", order.encode()))


def test_of_a_doubled_name_the_last_value_wins(shop: Shop) -> None:
    assert shop.post("customers", b'[{"CustomerId":"first","CustomerId":"doubled"}]').status == 200
    assert shop.send("GET", "/customers/{tenant}/doubled").status == 200
    assert shop.send("GET", "/customers/{tenant}/first").status == 404


def test_a_million_faults_cost_seconds_not_the_worker(untouched: Shop, hub: Hub) -> None:
    workers = hub.all_web_workers()
    before = cpu_seconds(workers)

    answer = untouched.post("orders", b'[{"OrderItems":[' + b"1," * 500_000 + b"1]}]")

    assert_refused(answer)
    assert set(hub.web_workers()) == workers
    assert cpu_seconds(workers) - before < 10


@pytest.mark.parametrize("expect", ["", "100-continue"])
@pytest.mark.parametrize("megabytes", [10, 40])
def test_a_body_over_10_megabytes_is_413_and_the_client_sees_it(untouched: Shop, megabytes: int, expect: str) -> None:
    headers = {"Expect": expect} if expect else {}

    answer = exchange(untouched.hub, request(untouched, POST, b"[" + b" " * megabytes * MEGABYTE + b"]", **headers))

    assert after_continue(answer)[0] == 413


POST = "POST /customers/{tenant} HTTP/1.1"


def after_continue(answer: tuple[int, str, bytes]) -> tuple[int, str, bytes]:
    """Skip the interim answer 100."""
    if answer[0] != 100:
        return answer
    head, _, body = answer[2].partition(b"\r\n\r\n")
    return int(head.split()[1]), "application/json" if b"application/json" in head else "", body


@pytest.mark.parametrize("expect", ["", "100-continue"])
def test_a_chunked_body_over_10_megabytes_is_413(untouched: Shop, expect: str) -> None:
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    body = chunk * 200 + b"0\r\n\r\n"

    answer = exchange(untouched.hub, request(untouched, POST, body, Transfer_Encoding="chunked", Expect=expect))

    assert after_continue(answer)[0] == 413


def test_gzip_of_one_member_or_several_is_accepted(shop: Shop) -> None:
    whole = b'[{"CustomerId":"zipped"}]'

    for body in (gzip.compress(whole), gzip.compress(whole[:9]) + gzip.compress(whole[9:])):
        assert shop.post("customers", body, headers=GZIP).status == 200


def test_a_gzip_bomb_is_413(untouched: Shop) -> None:
    assert_refused(untouched.post("customers", gzip.compress(b" " * 300 * MEGABYTE), headers=GZIP), 413)


BROKEN_GZIP = {
    "no gzip": GOOD,
    "cut off": gzip.compress(GOOD)[:-3],
    "wrong checksum": gzip.compress(GOOD)[:-8] + b"\0" * 8,
    "followed by trash": gzip.compress(GOOD) + b"trash",
}


@pytest.mark.parametrize("body", BROKEN_GZIP.values(), ids=BROKEN_GZIP)
def test_broken_gzip_is_refused(untouched: Shop, body: bytes) -> None:
    assert_refused(untouched.post("customers", body, headers=GZIP))


@pytest.mark.parametrize("encoding", ["deflate", "br", "gzip, gzip", "\xff"])
def test_an_unknown_encoding_is_415(untouched: Shop, encoding: str) -> None:
    assert_refused(untouched.post("customers", GOOD, headers={"Content-Encoding": encoding}), 415)


@pytest.mark.parametrize("media_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "\xff\xfe"])
def test_a_media_type_other_than_json_is_415(untouched: Shop, media_type: str) -> None:
    assert_refused(untouched.post("customers", GOOD, headers={"Content-Type": media_type}), 415)


# Framing

SIZE = b"%x\r\n" % len(GOOD)
BROKEN_CHUNKS = {
    "no size": b"zz\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "negative size": b"-1\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "longer than its size": b"3\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "cut off in a chunk": b"ff\r\n" + GOOD,
    "cut off before the last chunk": SIZE + GOOD + b"\r\n",
    "broken trailer": SIZE + GOOD + b"\r\n0\r\nno trailer\r\n\r\n",
}


@pytest.mark.parametrize("body", BROKEN_CHUNKS.values(), ids=BROKEN_CHUNKS)
def test_broken_chunks_are_refused(untouched: Shop, body: bytes) -> None:
    sent = request(untouched, POST, body, Transfer_Encoding="chunked")

    status, media_type, answer = exchange(untouched.hub, sent, then_close=True)

    assert (status, media_type) == (400, "application/json")
    assert "incomplete" in json.loads(answer)["message"]


@pytest.mark.parametrize("length", ["100", "10485760"])
def test_a_body_shorter_than_announced_is_refused_though_it_parses(untouched: Shop, length: str) -> None:
    sent = request(untouched, POST, GOOD, Content_Length=length)

    status, media_type, answer = exchange(untouched.hub, sent, then_close=True)

    assert (status, media_type) == (400, "application/json")
    assert "incomplete" in json.loads(answer)["message"]


@pytest.mark.parametrize("length", ["5", "-5", "five", "+26", "26, 26", "99999999999999999999"])
def test_a_wrong_content_length_is_refused(untouched: Shop, length: str) -> None:
    assert exchange(untouched.hub, request(untouched, POST, GOOD, Content_Length=length))[0] == 400


def test_clients_that_fall_silent_do_not_hold_the_hub(untouched: Shop, hub: Hub) -> None:
    threads = 3 * 4
    halves = [request(untouched, POST, b"", Content_Length="100") + b"[", b"POST /customers/"]
    with ExitStack() as silent:
        for i in range(threads):
            connection = silent.enter_context(socket.create_connection(("127.0.0.1", hub.port)))
            connection.sendall(halves[i % 2])

        with closing(hub.connect()) as patient:
            assert hub.send("GET", "/health", connection=patient).status == 200


# Addresses


@pytest.mark.parametrize("what", ["%00", "%FF", "%ED%A0%80", "a%2F%FF", "%C3%28"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_address_that_is_no_text_is_refused(untouched: Shop, method: str, what: str) -> None:
    assert_refused(untouched.send(method, f"/orders/{{tenant}}/{what}"))
    assert_refused(untouched.send(method, f"/customers/{{tenant}}?customerId={what}"))


ODD_IDS = [
    "a%2Fb",
    "..",
    "../../x",
    "%2e%2e%2f%2e%2e",
    "%25",
    "%",
    "%zz",
    "//",
    "a;b",
    "a%20b",
    "%F0%9F%92%A9",
    "items",
]


@pytest.mark.parametrize("identifier", [*ODD_IDS, "x" * 7000, "/" * 4000, "%2F" * 2000, "/items" * 1000])
def test_any_other_identifier_in_a_path_is_one(untouched: Shop, identifier: str) -> None:
    found = untouched.send("GET", f"/orders/{{tenant}}/{identifier}")
    removed = untouched.send("DELETE", f"/orders/{{tenant}}/{identifier}")

    assert found.status in (400, 404, 405)
    assert removed.status in (200, 400)
    assert found.json()["success"] is False
    assert removed.json()["data"] == {} or removed.json()["data"]["deletedAt"]


QUERIES = [
    "=",
    "&&&&",
    "a;b;c",
    "%",
    "limit=9e9",
    "limit=%D9%A1",
    "cursor=AA",
    "UpdatedAt__gte=0001-01-01T00:00:00%2B23:59",
]


@pytest.mark.parametrize(
    "query", [*QUERIES, "Foo=" + "x" * 7000, "&".join(f"a{i}=1" for i in range(1000)), "format=api"]
)
def test_an_odd_query_is_answered_in_json(untouched: Shop, query: str) -> None:
    for entity in ("customers", "orders", "products", "changes"):
        answer = untouched.send("GET", f"/{entity}/{{tenant}}?{query}")

        assert answer.status in (200, 400)
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()["success"] is (answer.status == 200)


@pytest.mark.parametrize("address", ["/" + "x" * 40_000, "/orders/{tenant}?" + "x" * 40_000])
def test_an_address_without_end_is_414(untouched: Shop, address: str) -> None:
    assert exchange(untouched.hub, request(untouched, f"GET {address} HTTP/1.1"))[0] == 414


# Methods, headers, hosts


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "PATCH", "PROPFIND"])
@pytest.mark.parametrize("path", ["/customers/{tenant}", "/orders/{tenant}/1", "/products/{tenant}", "/health"])
def test_another_method_is_405_with_allow(untouched: Shop, path: str, method: str) -> None:
    answer = untouched.send(method, path)

    assert_refused(answer, 405)
    assert "GET" in answer.headers["Allow"]


def test_head_is_answered_as_get_without_a_body(untouched: Shop) -> None:
    for path in ("/customers/{tenant}", "/health", "/nowhere", "/customers"):
        answer = untouched.send("HEAD", path)

        assert answer.status == untouched.send("GET", path).status
        assert answer.body == b""


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize(("path", "status"), [("/customers", 400), ("/orders/", 400), ("/nowhere", 404), ("//", 404)])
def test_a_path_without_tenant_or_endpoint_is_answered_in_json(hub: Hub, method: str, path: str, status: int) -> None:
    answer = hub.send(method, path, headers={"Accept": "text/html"})

    assert_refused(answer, status)
    assert int(answer.headers["X-RateLimit-Remaining"]) >= 0


@pytest.mark.parametrize("host", ["evil.example", 'ev il"<>', "localhost:port", "\xff"])
def test_a_host_that_is_not_ours_is_refused_in_json(untouched: Shop, host: str) -> None:
    status, media_type, _ = exchange(untouched.hub, request(untouched, POST, GOOD, Host=host))

    assert (status, media_type) == (400, "application/json")


@pytest.mark.parametrize(("version", "host"), [("1.0", "localhost"), ("1.0", ""), ("1.1", "")])
def test_old_clients_are_served(shop: Shop, version: str, host: str) -> None:
    sent = request(shop, f"POST /customers/{{tenant}} HTTP/{version}", b'[{"CustomerId":"old"}]', Host=host)

    assert exchange(shop.hub, sent)[:2] == (200, "application/json")


ODD_HEADERS = {
    "traceparent": "00-\xff",
    "Accept": "text/html",
    "Accept-Language": "\xe9, \xff;q=x",
    "Accept-Encoding": "\xff",
    "X-Forwarded-For": "\xff, ::1, \xfe",
    "X-Forwarded-Host": "evil.example",
    "Script-Name": "/elsewhere",
    "SCRIPT_NAME": "/elsewhere",
    "PATH_INFO": "/elsewhere",
    "Cookie": "sessionid=\xff; csrftoken=" + "x" * 4000,
    "Authorization": "Basic \xff",
    "Range": "bytes=0-1",
    "If-Modified-Since": "\xff",
}


@pytest.mark.parametrize("name", ODD_HEADERS)
def test_an_odd_header_changes_nothing(untouched: Shop, name: str) -> None:
    answer = untouched.send("GET", "/orders/{tenant}", headers={name: ODD_HEADERS[name]})

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["data"]["results"] == []


@pytest.mark.parametrize("key", ["\xff\xe9", "x" * 7000, "' OR 1=1 --", ","])
def test_an_odd_key_is_unauthorized(untouched: Shop, key: str) -> None:
    assert_refused(untouched.post("customers", GOOD, headers={"x-replenit-auth-key": key}), 401)


def test_trash_on_the_line_is_refused(hub: Hub) -> None:
    for trash in (b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\r\n\r\n"):
        assert exchange(hub, trash)[0] == 400


# Anything at all


def names(shape: Shape) -> frozenset[str]:
    """Every documented name of a record, and of what is inside it."""
    return shape.names.union(*map(names, shape.nested.values()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
SHAPES = [customer_schema([]).shape, ORDERS.shape, PRODUCTS.shape]
NAMES = st.sampled_from(sorted({name for shape in SHAPES for name in names(shape)}))
RECORD = st.dictionaries(NAMES | st.text(), JSON | st.sampled_from(["a@example.com", "EUR", "2026-01-31T12:00:00Z"]))


@pytest.mark.parametrize("entity", ["customers", "orders", "products"])
@examples(60)
@given(body=JSON | st.lists(RECORD | st.builds(lambda r: {**r, "OrderItems": [r], "ProductVariants": [r]}, RECORD)))
def test_any_json_is_stored_or_refused(hub: Hub, shop: Shop, entity: str, body: Any) -> None:
    before = stored(hub, shop)

    answer = shop.post(entity, json.dumps(body).encode())

    assert answer.status in (200, 400)
    assert answer.json()["success"] is (answer.status == 200)
    if answer.status == 400:
        assert stored(hub, shop) == before
    else:
        assert answer.json()["data"]["count"] == len(body)


def stored(hub: Hub, shop: Shop) -> Any:
    """The number of the shop's last changeset: every write that stored something has one."""
    return hub.query(f"SELECT number FROM tenants_feed WHERE tenant_id = '{shop.id}'")


def test_the_hub_is_well_after_all_this(hub: Hub, said_before: str) -> None:
    assert wait_until(lambda: len(hub.web_workers()) == 3)
    assert hub.send("GET", "/health").status == 200
    assert "unexpected error" not in hub.errors.read_text().removeprefix(said_before)
