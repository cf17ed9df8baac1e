"""The request body: media type, encoding and size, checked before anyone looks inside."""

import gzip
import json
import tracemalloc
import zlib
from io import BytesIO
from typing import Any

import pytest

from tests.conftest import CLIENT, Partner
from tests.orders.records import order
from tests.products.records import product

TEN_MEGABYTES = 10 * 1024 * 1024
MOST_OF_A_FORM = 2_621_440
ONE_ORDER = json.dumps([order()]).encode()


def answer(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["message"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        "text/json",
        "application/vnd.shop+json",
        "",
    ],
)
def test_json_by_any_of_its_names_is_taken(partner: Partner, content_type: str) -> None:
    response = partner.post("orders", ONE_ORDER, content_type=content_type)

    assert answer(response) == (200, "Orders saved.")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "*/*",
    ],
)
def test_another_content_type_is_refused(partner: Partner, content_type: str) -> None:
    response = partner.post("orders", ONE_ORDER, content_type=content_type)

    assert answer(response) == (415, "Unsupported media type. Send Content-Type: application/json.")
    assert partner.read("orders") == []


def test_a_body_may_be_gzipped(partner: Partner) -> None:
    for encoding in ("gzip", "GZIP", "identity"):
        body = ONE_ORDER if encoding == "identity" else gzip.compress(ONE_ORDER)

        response = partner.post("orders", body, **{"content-encoding": encoding})

        assert answer(response) == (200, "Orders saved.")


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "x"])
def test_another_encoding_is_refused(partner: Partner, encoding: str) -> None:
    response = partner.post("orders", gzip.compress(ONE_ORDER), **{"content-encoding": encoding})

    assert answer(response) == (415, "Unsupported content encoding. Send the body as it is or as gzip.")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        ONE_ORDER,
        zlib.compress(ONE_ORDER),
        gzip.compress(ONE_ORDER)[:-9],
        gzip.compress(ONE_ORDER)[:-1],
        gzip.compress(ONE_ORDER)[:20] + b"\xff\xff" + gzip.compress(ONE_ORDER)[22:],
        gzip.compress(ONE_ORDER) + b"more",
    ],
    ids=["empty", "plain", "zlib", "cut", "cut by one", "damaged", "with more behind"],
)
def test_broken_gzip_is_refused(partner: Partner, body: bytes) -> None:
    response = partner.post("orders", body, **{"content-encoding": "gzip"})

    assert answer(response) == (400, "The request body is not valid gzip.")
    assert partner.read("orders") == []


def test_gzip_of_several_members_is_one_body(partner: Partner) -> None:
    body = gzip.compress(ONE_ORDER[:20]) + gzip.compress(ONE_ORDER[20:])

    response = partner.post("orders", body, **{"content-encoding": "gzip"})

    assert response.status_code == 200
    assert len(partner.read("orders")) == 1


def padded(size: int) -> bytes:
    """Return a body of one order and, before its last bracket, spaces up to a size."""
    return ONE_ORDER[:-1].ljust(size - 1) + b"]"


@pytest.mark.parametrize("compressed", [False, True])
def test_ten_megabytes_are_taken_and_no_byte_more(partner: Partner, compressed: bool) -> None:
    bodies = [padded(TEN_MEGABYTES), padded(TEN_MEGABYTES + 1)]
    headers = {"content-encoding": "gzip"} if compressed else {}

    answers = [
        answer(partner.post("orders", gzip.compress(body) if compressed else body, **headers)) for body in bodies
    ]

    assert answers == [
        (200, "Orders saved."),
        (413, "The request body is larger than 10 MB. Send smaller batches."),
    ]


def test_a_gzip_bomb_stays_small(partner: Partner) -> None:
    bomb = gzip.compress(bytes(10 * TEN_MEGABYTES), compresslevel=1)

    tracemalloc.start()
    response = partner.post("orders", bomb, **{"content-encoding": "gzip"})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert answer(response)[0] == 413
    assert peak < 4 * TEN_MEGABYTES


class Endless(BytesIO):
    """A body without end, which counts what is taken of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.taken += size or 0
        return b" " * (size or 0)


def test_a_body_far_over_the_limit_is_not_read_to_its_end(partner: Partner) -> None:
    stream = Endless()
    response = _chunked(partner, stream)

    assert answer(response)[0] == 413
    assert stream.taken < 10 * TEN_MEGABYTES


FORMS = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]
PAGES = ["/admin/login/", "/admin/", "/admin/password_change/", "/admin/customers/customer/", "/admin/nowhere"]


@pytest.mark.parametrize("content_type", FORMS)
@pytest.mark.parametrize("path", PAGES)
def test_a_form_that_is_too_large_is_refused_with_a_page_and_not_read(path: str, content_type: str) -> None:
    stream = Endless()

    response = form(path, content_type, stream, CONTENT_LENGTH=str(MOST_OF_A_FORM + 1))

    assert response.status_code == 413
    assert response["Content-Type"].startswith("text/html")
    assert "may have 2.5 MB" in response.content.decode()
    assert stream.taken == 0


@pytest.mark.parametrize("content_type", FORMS[:2])
def test_of_a_form_without_a_length_nothing_is_read(db: None, content_type: str) -> None:
    stream = Endless()

    response = form("/admin/login/", content_type, stream, HTTP_TRANSFER_ENCODING="chunked")

    assert response.status_code == 200
    assert stream.taken == 0


def test_a_form_up_to_the_bound_is_read(db: None) -> None:
    body = b"username=nobody&password=".ljust(MOST_OF_A_FORM, b"x")

    response = form("/admin/login/", FORMS[0], BytesIO(body), CONTENT_LENGTH=str(len(body)))

    assert response.status_code == 200
    assert "correct" in response.content.decode()


def form(path: str, content_type: str, stream: BytesIO, **environ: str) -> Any:
    """Send a form as a server does that bounds nothing by itself."""
    given: dict[str, Any] = {"wsgi.input": stream, "CONTENT_TYPE": content_type, **environ}
    return CLIENT.request(REQUEST_METHOD="POST", PATH_INFO=path, **given)


def test_a_chunked_body_is_read(partner: Partner) -> None:
    response = _chunked(partner, BytesIO(ONE_ORDER))

    assert answer(response) == (200, "Orders saved.")


def _chunked(partner: Partner, stream: BytesIO) -> Any:
    """Send a body without a Content-Length, as a server hands over a chunked one."""
    environ = {
        "wsgi.input": stream,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_X_REPLENIT_AUTH_KEY": partner.key,
        "CONTENT_TYPE": "application/json",
    }
    return CLIENT.request(REQUEST_METHOD="POST", PATH_INFO=f"/orders/{partner.id}", **environ)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "The request body is empty."),
        (b"[{]", "The request body is not valid JSON (line 1, column 3)."),
        (b"[\n{'OrderId': 1}]", "The request body is not valid JSON (line 2, column 2)."),
        (b"[] []", "The request body is not valid JSON (line 1, column 4)."),
        (b"{}", "The request body must be a JSON array."),
        (b'"orders"', "The request body must be a JSON array."),
        (b"null", "The request body must be a JSON array."),
        (b"7", "The request body must be a JSON array."),
    ],
)
def test_a_body_that_is_no_json_array_is_refused_with_the_place(partner: Partner, body: bytes, text: str) -> None:
    response = partner.post("orders", body)

    assert response.status_code == 400
    assert response.json()["errors"] == {"": [text]}
    assert response.json()["message"] == "Validation failed"


@pytest.mark.parametrize(
    "body",
    [
        ONE_ORDER.decode().encode("utf-16"),
        ONE_ORDER.replace(b"O-1", b"\xff"),
        ONE_ORDER.replace(b"O-1", b"\\ud800"),
        ONE_ORDER.replace(b"O-1", b"\\u0000"),
        ONE_ORDER.replace(b"29.99", b"1" * 5000),
        ONE_ORDER.replace(b"29.99", b"1e400"),
        ONE_ORDER.replace(b"29.99", b"NaN"),
        ONE_ORDER.replace(b'"EUR"', b"[" * 100_000 + b"]" * 100_000),
        ONE_ORDER.replace(b'"Currency"', b'"Note": ' + b"[" * 70 + b"]" * 70 + b', "Currency"'),
        b"[" * 100_000,
    ],
    ids=[
        "UTF-16",
        "no UTF-8",
        "lone surrogate",
        "NUL",
        "5,000 digits",
        "1e400",
        "NaN",
        "deep",
        "deep in an unknown field",
        "endless",
    ],
)
def test_a_hostile_body_is_a_400_and_stores_nothing(partner: Partner, body: bytes) -> None:
    response = partner.post("orders", body)

    assert response.status_code == 400, response.content
    assert response.json()["errors"]
    assert partner.read("orders") == []


BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("entity", ["customers", "orders", "products"])
def test_a_byte_order_mark_before_the_json_is_skipped(partner: Partner, entity: str, compressed: bool) -> None:
    records = {"customers": {"CustomerId": "C-1"}, "orders": order(), "products": product()}
    body = BOM + json.dumps([records[entity]]).encode()
    headers = {"content-encoding": "gzip"} if compressed else {}

    response = partner.post(entity, gzip.compress(body) if compressed else body, **headers)

    assert response.status_code == 200, response.content
    assert len(partner.read(entity)) == 1


def test_a_byte_order_mark_before_an_odd_body_does_not_move_its_faults(partner: Partner) -> None:
    body = BOM + b'[{"OrderId": "O-1", "Colour": }]'

    response = partner.post("orders", body)

    assert response.json()["errors"] == {"": ["The request body is not valid JSON (line 1, column 31)."]}


WIDE = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
ENCODED = [(name, encoding) for name in ("Ann", "Émile") for encoding in WIDE]
NARROW = [("Émile", "latin-1"), ("Émile", "cp1252"), ("Яна", "cp1251"), ("Яна", "koi8-r"), ("花子", "shift-jis")]


@pytest.mark.parametrize(("name", "encoding"), [*ENCODED, *NARROW])
def test_another_encoding_is_told_to_send_utf_8(partner: Partner, name: str, encoding: str) -> None:
    body = json.dumps([{"CustomerId": "A", "Name": name}], ensure_ascii=False).encode(encoding)

    response = partner.post("customers", body)

    assert response.status_code == 400
    assert response.json()["errors"] == {"": ["The request body is not UTF-8. Send UTF-8."]}
    assert response.json()["details"][0]["code"] == "not_utf8"
    assert partner.read("customers") == []


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t ", BOM, BOM + b"\n"])
@pytest.mark.parametrize("compressed", [False, True])
def test_an_empty_body_says_that_it_is_empty(partner: Partner, body: bytes, compressed: bool) -> None:
    if compressed:
        response = partner.post("orders", gzip.compress(body), **{"content-encoding": "gzip"})
    else:
        response = partner.post("orders", body)

    assert response.status_code == 400
    assert response.json()["errors"] == {"": ["The request body is empty."]}
    assert response.json()["details"][0]["code"] == "empty_body"


def test_of_a_doubled_key_the_last_wins(partner: Partner) -> None:
    partner.post("orders", ONE_ORDER.replace(b'"Currency"', b'"Currency": "USD", "Currency"'))

    assert partner.read("orders")[0]["Currency"] == "EUR"
