"""A webhook's receiver: verifies each message, notes it once, answers at once, and works on it afterwards.

    SECRET=whsec_… PORT=9000 python webhook_consumer.py

Put TLS in front of it. What is to be done stands in `work`; here it prints the message.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hub_client import verified

MOST_BYTES = 20_000_000
TABLE = "CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, body TEXT, done INTEGER DEFAULT 0)"


class Inbox:
    """The messages that came, each once, on disk before it is answered for."""

    def __init__(self, path: str) -> None:
        self.path, self.news = path, threading.Event()
        with self.open() as database:
            database.execute(TABLE)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """A connection for a block, closed after it: what it did is kept, or nothing of it."""
        with closing(sqlite3.connect(self.path)) as database, database:
            yield database

    def put(self, identifier: str, body: str) -> None:
        """Keep a message; one that came before is known by its id."""
        with self.open() as database:
            database.execute("INSERT OR IGNORE INTO message (id, body) VALUES (?, ?)", (identifier, body))
        self.news.set()

    def work_off(self) -> None:
        """Work on what has come, in order; what was not finished is worked on again after a crash."""
        with self.open() as database:
            waiting = database.execute("SELECT id, body FROM message WHERE NOT done ORDER BY rowid").fetchall()
        for identifier, body in waiting:
            work(json.loads(body))
            with self.open() as database:
                database.execute("UPDATE message SET done = 1 WHERE id = ?", (identifier,))


def work(message: dict[str, Any]) -> None:
    """Do what is to be done. The message has hub ids: GET /customers/{tenantId}?HubId=1,2,3 reads what they are now."""
    print(message["type"], json.dumps(message["data"]), flush=True)


class Receiver(BaseHTTPRequestHandler):
    """POST: 200 for what the hub signed, 401 for anything else."""

    secret: str
    inbox: Inbox

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length <= MOST_BYTES else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        is_ours = verified(self.secret, headers, body)
        if is_ours:
            self.inbox.put(headers["webhook-id"], body.decode())
        self.send_response(200 if is_ours else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


def main() -> None:
    Receiver.secret, Receiver.inbox = os.environ["SECRET"], Inbox("inbox.sqlite3")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"Listening at http://127.0.0.1:{server.server_port}", flush=True)
    while True:
        Receiver.inbox.news.clear()
        Receiver.inbox.work_off()
        Receiver.inbox.news.wait()


if __name__ == "__main__":
    main()
