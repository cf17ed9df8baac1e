"""A client's connection: uvicorn's, with bounds on how long and how large what comes before a body may be.

What can't be read as HTTP is answered here, in the envelope, and the connection closed.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from httptools import HttpParserError
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from hub.middleware.streaming import INCOMPLETE
from hub.serving.answers import refusal

HEAD_SECONDS = 10  # from the connection, or from the first byte where the connection was used before
ANSWER_SECONDS = 60  # that a client may leave an answer unread
LEAVING_SECONDS = 1  # that a kept connection may be used once more when the process is to end
PROBE_SECONDS = 1  # from when a client has closed its side until it is asked whether it still reads
CLOSING_SECONDS = 2  # that what comes after a refusal is thrown away, so that its sender reads it
# 1,000 hub ids in a query, their commas percent-encoded, are 22 KB at most.
MOST_ADDRESS, MOST_HEADER, MOST_HEADERS, MOST_HEAD = 32 * 1024, 16 * 1024, 100, 64 * 1024
MOST_WAITING = 16  # requests on one connection that wait for the answer to an earlier one
MOST_FRAMING = 128 * 1024  # bytes of chunks' sizes and trailers, beyond 16 for each byte of the body
VERSIONS = {"1.0", "1.1"}
REFUSALS = {
    400: "The request is not valid HTTP/1.1.",
    414: f"The address is longer than {MOST_ADDRESS // 1024} KB.",
    431: f"A header is longer than {MOST_HEADER // 1024} KB, or there are more than {MOST_HEADERS}.",
}


class Connections(ServerState):
    """The connections of this process. `changed` is called when there is one less."""

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self.changed = changed


class Connection(HttpToolsProtocol):
    """One client's connection to this process.

    The newest request is uvicorn's `cycle`; `running` is the one that is being answered, before those in `pipeline`.
    """

    server_state: Connections
    running: RequestResponseCycle | None = None
    reads_head = False
    head_size = framing = 0  # bytes of the head that is being read; those of a body that are not the body itself
    deadline: asyncio.TimerHandle | None = None  # of a head
    unread: asyncio.TimerHandle | None = None  # until when the client must have read
    probing: asyncio.TimerHandle | None = None  # of one that has closed its side: whether it still reads
    fault = 400
    is_leaving = False
    is_deaf = False  # what still comes is thrown away

    # Of the transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(_Closing(transport, self.loop))  # type: ignore[arg-type]
        self.flow = _Flow(self.transport, self.pipeline)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        super().connection_lost(exc)
        for cycle in [self.running, *(cycle for cycle, _ in self.pipeline)]:
            if cycle:
                cycle.scope["state"]["is_gone"] = True
                cycle.scope["state"].get("leave", bool)()
                cycle.scope["state"].pop("cut", None)
        self._stop(self.probing)
        self._unset_keepalive_if_required()
        self._head_is_there()
        self._stop(self.unread)
        self.server_state.changed()

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if self.is_deaf:
            return
        began_in_head, began_in_body = self.reads_head, not self.reads_head and not self._is_idle
        super().data_received(data)
        self.head_size += len(data) if began_in_head and self.reads_head else 0
        self.framing += len(data) if began_in_body and not self.reads_head else 0
        if self.head_size > MOST_HEAD or self.framing > MOST_FRAMING:
            self._refuse(431)
        if (self.reads_head or self._is_idle) and not self.deadline:
            self._await_head()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer also who has closed its side; a body that was not finished has been cut off."""
        if self.is_deaf or self._is_idle:
            return False
        self.cycle.keep_alive = False
        if self.cycle.more_body:
            self.cycle.scope["state"]["is_cut_off"] = True
            _end_body(self.cycle)
        self.probing = self.loop.call_later(PROBE_SECONDS, self._probe)
        return True

    def _probe(self) -> None:
        """Find out whether a client that has closed its side is gone altogether: what is sent to it is then reset.

        Any answer may be preceded by a 100, and the first of them is met by the reset that the second one sees.
        """
        if self.running and not self.running.response_started and self.parser.get_http_version() == "1.1":
            self.transport.write(STATUS_LINE[100] + b"\r\n")
            self.probing = self.loop.call_later(PROBE_SECONDS, self._probe)

    def pause_writing(self) -> None:
        """Give the client a while to read."""
        super().pause_writing()
        self.unread = self.loop.call_later(ANSWER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing: the client has read."""
        super().resume_writing()
        self._stop(self.unread)

    # Of the parser

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self.reads_head, self.head_size = True, 0

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        super().on_url(url)
        self._require(len(self.url) <= MOST_ADDRESS, 414)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. What comes after a body (a trailer) is none."""
        if self.reads_head:
            super().on_header(name, value)
            self._require(len(name) + len(value) <= MOST_HEADER and len(self.headers) <= MOST_HEADERS, 431)

    def on_headers_complete(self) -> None:
        """End a head, and begin to answer; after one that asks for another protocol nothing more is read."""
        self._require(self.parser.get_http_version() in VERSIONS and len(self.pipeline) < MOST_WAITING, 400)
        self.expect_100_continue = self.expect_100_continue and self.parser.get_http_version() == "1.1"
        self.reads_head, self.framing = False, 0
        self._head_is_there()
        super().on_headers_complete()
        if self.is_leaving or self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        super().on_body(body)
        self.framing = max(self.framing - 17 * len(body), -MOST_FRAMING)

    def on_message_complete(self) -> None:
        """End a request."""
        super().on_message_complete()
        self.is_deaf = self.is_deaf or self.parser.should_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(self.fault)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        cycle.scope["state"].update(cut=partial(self._cut, cycle), unframe=partial(_unframe, cycle))
        super()._start_asgi_task(cycle, app)

    def _cut(self, cycle: RequestResponseCycle, at_once: bool) -> None:
        """End an answer with the connection: as soon as what was sent is read, or at once, so that it is seen."""
        cycle.disconnected = True
        if at_once:
            self.transport.abort()
        else:
            self.transport.close()

    # Of the server

    def shutdown(self) -> None:
        """End with the answer that is under way, or with the next: one that is on its way is not lost."""
        self.is_leaving = True
        if self._is_idle:
            self.loop.call_later(LEAVING_SECONDS, self._leave)
        else:
            self.cycle.keep_alive = False

    def _leave(self) -> None:
        if self._is_idle and not self.reads_head:
            self.transport.close()

    @property
    def _is_idle(self) -> bool:
        return self.running is None or self.running.response_complete

    def _await_head(self) -> None:
        if self.timeout_keep_alive_task is None:
            self.deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _head_is_there(self) -> None:
        self._stop(self.deadline)
        self.deadline = None

    def _give_up(self) -> None:
        """End because a head did not come, after the answers that are still to come."""
        self.is_deaf = True
        if self._is_idle:
            self.transport.close()
        else:
            self.cycle.keep_alive = False

    def _require(self, is_met: bool, status: int) -> None:
        if not is_met:
            self.fault = status
            raise HttpParserError

    def _refuse(self, status: int) -> None:
        """Refuse what can't be read, and close: after the answers to what came before it on this connection."""
        if self.is_deaf:
            return
        self.is_deaf = True
        in_body = not self.reads_head and not self._is_idle and self.cycle.more_body
        if in_body and self.cycle is not self.running:
            self.pipeline.popleft()  # the newest
        if self._is_idle:
            self._write(status, REFUSALS[status])
        elif in_body and self.cycle is self.running and not self.cycle.response_started:
            self.cycle.disconnected = True
            _end_body(self.cycle)
            self._write(status, INCOMPLETE)
        else:
            last = self.pipeline[0][0] if self.pipeline else self.running
            assert last  # noqa: S101 — somebody is being answered
            last.keep_alive = False
            _end_body(last)

    def _write(self, status: int, message: str) -> None:
        """Write a refusal and close, but read on for a moment: a reset could overtake what was written."""
        _, headers, body = refusal(status, message)
        lines = b"".join(b"%b: %b\r\n" % header for header in [*self.server_state.default_headers, *headers])
        self.transport.write(STATUS_LINE[status] + lines + b"connection: close\r\n\r\n" + body)
        self.transport.write_eof()
        self.loop.call_later(CLOSING_SECONDS, self.transport.close)

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer:
            timer.cancel()


def _end_body(cycle: RequestResponseCycle) -> None:
    """Let who waits for a request's body know that there is no more."""
    cycle.more_body = False
    cycle.message_event.set()


def _unframe(cycle: RequestResponseCycle) -> None:
    """Have the answer go until the connection's end, neither in chunks nor of a length."""
    cycle.chunked_encoding, cycle.expected_content_length = False, sys.maxsize


class _Flow(FlowControl):
    """Reads nothing more while requests wait for the answer to an earlier one."""

    def __init__(self, transport: asyncio.Transport, pipeline: deque[Any]) -> None:
        super().__init__(transport)
        self.pipeline = pipeline

    def resume_reading(self) -> None:
        if not self.pipeline:
            super().resume_reading()


class _Closing:
    """A transport that does not wait for ever, once it is closed, for its client to read."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport, self.loop = transport, loop

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def close(self) -> None:
        """Close when all is written, or ANSWER_SECONDS from now."""
        if self.transport.get_write_buffer_size():
            self.loop.call_later(ANSWER_SECONDS, self.transport.abort)
        self.transport.close()
