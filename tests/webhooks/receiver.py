"""A receiver of webhooks on loopback, which answers as it is told, and keeps what it got."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Answer = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Got:
    """A request as it came: its first line, its headers by their names in lower case, its body."""

    line: str
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def number(self) -> int:
        return int(self.json["data"]["Number"])


@dataclass
class Receiver:
    """Answers each request with the next of `answers`, at last with 200 for good."""

    listener: socket.socket
    port: int
    tls: ssl.SSLContext | None = None
    answers: list[Answer] = field(default_factory=list)
    then: Answer = lambda connection: connection.sendall(OK)
    got: list[Got] = field(default_factory=list)
    connections: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def numbers(self) -> list[int]:
        return [got.number for got in self.got]

    def run(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(120)
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            if self.tls:
                connection = stack.enter_context(self.tls.wrap_socket(connection, server_side=True))
            reader = stack.enter_context(connection.makefile("rb"))
            while got := _read(reader):
                self.got.append(got)
                answer = self.answers.pop(0) if self.answers else self.then
                answer(connection)


def _read(reader: Any) -> Got | None:
    """Read a request; None where none comes, or its sender is killed before it is whole."""
    line = reader.readline().decode().strip()
    headers = {}
    while text := (read := reader.readline()).decode().strip():
        name, _, value = text.partition(": ")
        headers[name.lower()] = value
    body = reader.read(int(headers.get("content-length", 0)))
    is_whole = bool(read) and len(body) == int(headers.get("content-length", 0))
    return Got(line, headers, body.decode()) if line and is_whole else None


@contextlib.contextmanager
def receiving(*answers: Answer, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Receive until the end of the block."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        receiver = Receiver(listener, listener.getsockname()[1], tls, [*answers])
        threading.Thread(target=receiver.run, daemon=True).start()
        try:
            yield receiver
        finally:
            receiver.closing.set()
            listener.shutdown(socket.SHUT_RDWR)


def answering(status: str, *headers: str, body: bytes = b"") -> Answer:
    """Answer with a status, more headers and a body."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""])
    return lambda connection: connection.sendall(head.encode() + body)


def hanging(connection: socket.socket) -> None:
    """Answer nothing, until the other side gives up."""
    connection.recv(1)


def closing(connection: socket.socket) -> None:
    """Close in the middle of the status line."""
    connection.sendall(b"HTTP/1.1 20")
    connection.shutdown(socket.SHUT_RDWR)


def dripping(text: bytes) -> Answer:
    """Answer with a text, and then with a dot every tenth of a second, without an end."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(text)
        while True:
            connection.sendall(b".")
            threading.Event().wait(0.1)

    return drip
