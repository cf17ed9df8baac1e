"""A hub that is reached over TLS alone, behind a proxy: what comes in clear is sent there, refused, or a probe."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.conftest import hub_on_a_copy
from tests.system.running import Hub, Shop
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow

SECURE = {"HTTPS": "true", "PROXIES": "1", "HSTS_SUBDOMAINS": "true", "WORKERS": "1"}
CONTACT = {"SECURITY_CONTACT": "mailto:security@hub.example, https://hub.example/security"}
TLS = {"X-Forwarded-Proto": "https"}
IN_CLEAR = "The hub is called over HTTPS only."
EACH_DIALECT = {
    "/customers/{tenant}": ("x-replenit-auth-key", "{}"),
    "/customers/{tenant}/C-1": ("x-replenit-auth-key", "{}"),
    "/customers/no-guid": ("x-replenit-auth-key", "{}"),
    "/customers": ("x-replenit-auth-key", "{}"),
    "/nowhere": ("x-replenit-auth-key", "{}"),
    "/v1/programs/{tenant}/integrations/api": ("api-key", "{}"),
    "/v1/programs/nobody/integrations/api": ("Authorization", "Bearer {}"),
    "/api/customers/upload/": ("Authorization", "Token {}"),
    "/api/nowhere": ("Authorization", "Token {}"),
}


@pytest.fixture(scope="module")
def secure(prepared: Path) -> Iterator[Hub]:
    yield from hub_on_a_copy(prepared, SECURE | CONTACT)


@pytest.fixture(scope="module")
def shop(secure: Hub) -> Shop:
    return secure.shop("Secure")


def message_of(body: bytes) -> str:
    said = json.loads(body)
    reason = said.get("message") or said.get("error")
    return str(reason["reason"] if isinstance(reason, dict) else reason)


@pytest.mark.parametrize(
    "path", ["/admin", "/admin/", "/admin/login/", "/static/hub/admin.css", "/.well-known/security.txt"]
)
def test_pages_are_sent_to_https(secure: Hub, path: str) -> None:
    answer = secure.send("GET", f"{path}?a=%2F")

    assert answer.status == 301
    assert answer.headers["Location"] == f"https://127.0.0.1:{secure.port}{path}?a=%2F"
    assert answer.headers["Strict-Transport-Security"] is None
    assert answer.headers["Set-Cookie"] is None


@pytest.mark.parametrize("path", EACH_DIALECT)
def test_an_api_call_in_clear_is_refused_in_its_dialect_and_its_key_is_in_the_log_by_id(shop: Shop, path: str) -> None:
    header, value = EACH_DIALECT[path]
    said = shop.hub.errors.read_text()
    headers = {"x-replenit-auth-key": "", header: value.format(shop.key)}

    answer = shop.send("POST", path, [], headers=headers)

    assert answer.status == 403
    assert message_of(answer.body).startswith(IN_CLEAR)
    assert answer.headers["Location"] is None
    key_id = shop.hub.query(f"SELECT id FROM tenants_apikey WHERE tenant_id = '{shop.id}'")[0][0]
    assert wait_until(lambda: '"status":403' in shop.hub.errors.read_text().removeprefix(said))
    lines = [json.loads(line) for line in shop.hub.errors.read_text().removeprefix(said).splitlines()]
    assert [line["key"] for line in lines if "sent in clear" in line["event"]] == [key_id]
    assert shop.key not in shop.hub.errors.read_text()


def test_without_a_key_nothing_is_noted(shop: Shop) -> None:
    said = shop.hub.errors.read_text()

    answer = shop.hub.send("GET", f"/customers/{shop.id}", headers={"x-replenit-auth-key": "unknown"})

    assert answer.status == 403
    assert "key was sent" not in shop.hub.errors.read_text().removeprefix(said)


@pytest.mark.parametrize(
    ("sent", "status"),
    [("https", 200), ("http, https", 200), ("https, http", 403), ("https,", 403), ("http", 403), ("HTTPS", 403)],
)
def test_what_the_trusted_proxy_says_counts_and_not_what_came_before_it(shop: Shop, sent: str, status: int) -> None:
    assert shop.send("GET", "/customers/{tenant}", headers={"X-Forwarded-Proto": sent}).status == status


def test_over_tls_browsers_are_held_to_it_and_cookies_are_this_hosts_own(shop: Shop) -> None:
    for path in ("/admin/login/", "/customers/{tenant}", "/nowhere", "/health", "/customers/%00"):
        answer = shop.send("GET", path, headers=TLS)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", path

    cookie = shop.hub.send("GET", "/admin/login/", headers=TLS).headers["Set-Cookie"]
    assert cookie.startswith("__Host-csrftoken=")
    assert {"Secure", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_a_probe_is_answered_either_way(secure: Hub) -> None:
    assert [secure.send("GET", "/health", headers=headers).status for headers in ({}, TLS)] == [200, 200]


def test_whom_to_tell_of_a_weakness(secure: Hub) -> None:
    answer = secure.send("GET", "/.well-known/security.txt", headers=TLS)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.body.decode().splitlines()
    assert lines[:2] == ["Contact: mailto:security@hub.example", "Contact: https://hub.example/security"]
    assert f"Canonical: https://127.0.0.1:{secure.port}/.well-known/security.txt" in lines


def sent_raw(hub: Hub, raw: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", hub.port), timeout=PATIENCE) as sock:
        sock.sendall(raw)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /admin/login/ HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\n\r\n",
        b"GET /admin/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /nowhere HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n",
        b"no HTTP\r\n\r\n",
        b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"x" * 20_000 + b"\r\n\r\n",
        b"POST /customers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx",
        b"POST /customers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\nx",
    ],
    ids=lambda raw: raw[:30].decode(),
)
def test_no_answer_says_what_serves_it(secure: Hub, raw: bytes) -> None:
    head = sent_raw(secure, raw).partition(b"\r\n\r\n")[0].lower()

    assert head.startswith(b"http/1.1 ")
    assert not any(line.startswith((b"server:", b"x-powered-by:", b"via:")) for line in head.splitlines())
    assert not any(name in head for name in (b"uvicorn", b"django", b"python"))


def test_without_a_trusted_proxy_all_comes_in_clear_and_the_log_says_so_at_the_start(own: Hub) -> None:
    own.settings = {"HTTPS": "true"}
    own.start()

    told = own.errors.read_text()
    assert "PROXIES is 0" in told
    assert own.send("GET", "/health").status == 200
    assert own.send("GET", "/nowhere", headers=TLS).status == 403
    assert own.send("GET", "/admin/login/", headers=TLS).status == 301
