"""A client's connection: uvicorn's, with bounds on how long and how large what comes before a body may be.

What can't be read as HTTP is answered here, in the envelope, and the connection closed.
"""

import asyncio
from collections.abc import Callable

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from hub.serving.bridge import CUT_OFF, refusal

HEAD_SECONDS = 10  # from the connection, or from the first byte where the connection was used before
ANSWER_SECONDS = 60  # that a client may leave an answer unread
LEAVING_SECONDS = 1  # that a kept connection may be used once more when the process is to end
CLOSING_SECONDS = 2  # that what comes after a refusal is thrown away, so that its sender reads it
# 1,000 hub ids in a query, their commas percent-encoded, are 22 KB at most.
MOST_ADDRESS, MOST_HEADER, MOST_HEADERS, MOST_HEAD = 32 * 1024, 16 * 1024, 100, 64 * 1024
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
    """One client's connection to this process."""

    server_state: Connections

    reads_head = False
    head_size = 0  # bytes, of the head that is being read
    deadline: asyncio.TimerHandle | None = None  # of that head
    unread: asyncio.TimerHandle | None = None  # until when the client must have read
    fault = 400
    is_leaving = is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self.deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        super().connection_lost(exc)
        self._stop(self.deadline)
        self._stop(self.unread)
        self.server_state.changed()

    def data_received(self, data: bytes) -> None:
        """Read what came: nothing more once the connection was refused."""
        if self.is_refused:
            return
        self.head_size += len(data) if self.reads_head else 0
        super().data_received(data)
        if self.reads_head and not self.deadline:
            self.deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)
        if self.reads_head and self.head_size > MOST_HEAD:
            self._refuse(431)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer also who has closed its side; a body that was not finished has been cut off."""
        if self.is_refused or self.cycle is None or self.cycle.response_complete:
            return False
        self.cycle.keep_alive = False
        if self.cycle.more_body:
            self.cycle.scope["state"]["is_cut_off"] = True
            self.cycle.more_body = False
            self.cycle.message_event.set()
        return True

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
        """Take a header."""
        super().on_header(name, value)
        self._require(len(name) + len(value) <= MOST_HEADER and len(self.headers) <= MOST_HEADERS, 431)

    def on_headers_complete(self) -> None:
        """End a head, and begin to answer."""
        self.reads_head = False
        self._stop(self.deadline)
        self.deadline = None
        super().on_headers_complete()
        if self.is_leaving:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, once whoever came before on the same connection has been answered."""
        self._refuse(self.fault)

    # Of the transport and the server

    def pause_writing(self) -> None:
        """Give the client a while to read."""
        super().pause_writing()
        self.unread = self.loop.call_later(ANSWER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing: the client has read."""
        super().resume_writing()
        self._stop(self.unread)

    def shutdown(self) -> None:
        """End with the answer that is under way, or with the next: one that is on its way is not lost."""
        self.is_leaving = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(LEAVING_SECONDS, self._leave)

    def _leave(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

    def _require(self, is_met: bool, status: int) -> None:
        if not is_met:
            self.fault = status
            raise HttpParserError

    def _give_up(self) -> None:
        self.transport.close()

    def _refuse(self, status: int) -> None:
        """Write a refusal and close, but read on for a moment: a reset could overtake what was written."""
        self.is_refused = True
        message, cycle = REFUSALS[status], self.cycle
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started or not cycle.more_body:  # the answer to another request is still to come
                cycle.keep_alive = False
                return
            message = CUT_OFF
            cycle.disconnected = True
            cycle.message_event.set()
        _, headers, body = refusal(status, message)
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(STATUS_LINE[status] + lines + b"connection: close\r\n\r\n" + body)
        self.transport.write_eof()
        self.loop.call_later(CLOSING_SECONDS, self.transport.close)

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer:
            timer.cancel()
