"""A proxy in front of a hub, as bad as the net between a shop and its provider, to each request as it was planned.

It answers 429 and 503 itself, drops a connection before the hub has the request, or drops it when the hub has answered.
"""

import http.client
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from tests.waiting import PATIENCE

PASS, BUSY, LIMITED, LOST, UNANSWERED = "pass", "503", "429", "dropped before", "dropped after"
FAULTS = (BUSY, LIMITED, LOST, UNANSWERED)
HOPS = {"connection", "content-length", "transfer-encoding", "keep-alive"}


@dataclass
class Proxy:
    """What happens to the next requests, then PASS; and which reached the hub, as method and idempotency key."""

    hub: str
    url: str = ""
    plan: list[str] = field(default_factory=list)
    reached: list[tuple[str, str | None]] = field(default_factory=list)

    def next(self) -> str:
        return self.plan.pop(0) if self.plan else PASS


class Passing(BaseHTTPRequestHandler):
    """Do to a request what is planned."""

    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        happens = self.proxy.next()
        if happens in (BUSY, LIMITED):
            self.answer(int(happens), {"Retry-After": "3"}, b'{"success": false, "message": "Later.", "data": {}}')
        elif happens == LOST:
            self.drop()
        else:
            answer = self.forward(body)
            self.drop() if happens == UNANSWERED else self.answer(*answer)

    do_POST = do_DELETE = do_GET

    def forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.proxy.reached.append((self.command, self.headers["Idempotency-Key"]))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOPS}
        with closing(http.client.HTTPConnection(urlsplit(self.proxy.hub).netloc, timeout=PATIENCE)) as connection:
            connection.request(self.command, self.path, body or None, headers)  # Host is the proxy's, and so is `next`
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOPS}
            return answer.status, kept, answer.read()

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def drop(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def proxy_of(hub: str) -> Iterator[Proxy]:
    """A proxy of a hub that runs until the end of the block."""
    proxy = Proxy(hub)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Passing,), {"proxy": proxy}))
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
