"""A client: a process with one connection that sends what it is given, as fast as answers come.

A process each, so that clients share no interpreter: what they cost is measured and shown beside what they measure.
"""

import re
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count, cycle
from multiprocessing.connection import Connection
from typing import Any

import psycopg

from benchmarks.records import MARK_BYTES

Parts = Sequence[bytes]
Send = Callable[[Parts], None]

TIMEOUT = 60  # seconds
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class RequestFailed(Exception):
    """An answer that is no 200."""


@dataclass(frozen=True)
class Http:
    """POST to a path of a server on this machine; a batch is one part, the body."""

    port: int
    path: str
    headers: tuple[tuple[str, str], ...] = ()

    def open(self) -> Send:
        lines = [f"POST {self.path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        head = "\r\n".join([*lines, "Content-Length: "]).encode()
        connection = socket.create_connection(("127.0.0.1", self.port), TIMEOUT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send(parts: Parts) -> None:
            (body,) = parts
            connection.sendall(b"%s%d\r\n\r\n%s" % (head, len(body), body))
            _read_answer(connection)

        return send


def _read_answer(connection: socket.socket) -> None:
    """Read one answer to its end; raises RequestFailed unless it is a 200."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _receive(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    missing = int(length[1]) - len(body) if length else 0
    while missing > 0:
        chunk = _receive(connection)
        missing -= len(chunk)
        body += chunk
    if head.split(b" ", 2)[1] != b"200":
        raise RequestFailed(f"{head.splitlines()[0].decode()}: {body[:200].decode(errors='replace')}")


def _receive(connection: socket.socket) -> bytes:
    chunk = connection.recv(65536)
    if not chunk:
        raise RequestFailed("the server closed the connection")
    return chunk


@lru_cache
def _connect(conninfo: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Return this process's connection to a database, kept from one task to the next."""
    return psycopg.connect(conninfo, autocommit=True)


@dataclass(frozen=True)
class Statements:
    """Prepared statements in one transaction, each with one JSON part: the raw limit.

    Statements have numbered parameters: $1 tenant, $2 time, $3 the part. Rows returned are received, not unpacked.
    """

    conninfo: str
    statements: tuple[str, ...]
    tenant_id: str

    def open(self) -> Send:
        connection = _connect(self.conninfo)
        cursor = psycopg.RawCursor(connection)
        queries = [statement.encode() for statement in self.statements]

        def execute(query: bytes, part: bytes) -> None:
            cursor.execute(query, (self.tenant_id, datetime.now(UTC), part.decode()), prepare=True)

        def send(parts: Parts) -> None:
            if len(queries) == 1:
                execute(queries[0], parts[0])
                return
            with connection.transaction():
                for query, part in zip(queries, parts, strict=True):
                    execute(query, part)

        return send


@dataclass(frozen=True)
class Copy:
    """COPY of the one part into a temporary table, and one statement that upserts from there."""

    conninfo: str
    temporary: str
    copy: str
    upsert: str
    tenant_id: str

    def open(self) -> Send:
        connection = _connect(self.conninfo)
        connection.execute(self.temporary.encode())
        cursor = psycopg.RawCursor(connection)
        copy, upsert = self.copy.encode(), self.upsert.encode()

        def send(parts: Parts) -> None:
            with connection.transaction():
                with cursor.copy(copy) as stream:
                    stream.write(parts[0])
                cursor.execute(upsert, (self.tenant_id, datetime.now(UTC)), prepare=True)

        return send


@dataclass(frozen=True)
class Task:
    """What one connection does: send `batches` in turn, for `seconds` or `most` times, numbered from `first`.

    `warm` batches are sent before the clock starts.
    """

    target: Http | Statements | Copy
    batches: Sequence[Parts]
    first: int
    seconds: float = TIMEOUT
    most: int | None = None
    warm: int = 1


@dataclass(frozen=True)
class Report:
    """What came of it: seconds for each batch, seconds in all, CPU seconds of the client, the errors' texts."""

    latencies: list[float]
    elapsed: float
    cpu: float
    errors: list[str]


def serve(pipe: Connection) -> None:
    """Do tasks until the pipe closes: receive one, answer "ready", wait for the word, answer with the report."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the pipe
    with suppress(EOFError, BrokenPipeError):
        while True:
            _do(pipe.recv(), pipe)


def _do(task: Task, pipe: Connection) -> None:
    errors: list[str] = []
    numbers = count(task.first)
    turns = cycle(task.batches)
    send = task.target.open()

    def send_next() -> None:
        number = b"%d" % next(numbers)
        parts = [part.replace(MARK_BYTES, number) for part in next(turns)]
        try:
            send(parts)
        except (RequestFailed, OSError, psycopg.Error) as error:
            errors.append(f"{type(error).__name__}: {error}")

    for _ in range(task.warm):
        send_next()
    pipe.send("ready")
    pipe.recv()
    pipe.send(_timed(task, send_next, errors))


def _timed(task: Task, send_next: Callable[[], None], errors: list[str]) -> Report:
    latencies: list[float] = []
    cpu, start = time.process_time(), time.perf_counter()
    end = now = start
    while now - start < task.seconds and (task.most is None or len(latencies) < task.most):
        send_next()
        end = time.perf_counter()
        latencies.append(end - now)
        now = end
    return Report(latencies, end - start, time.process_time() - cpu, errors)
