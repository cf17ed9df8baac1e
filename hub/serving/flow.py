"""How fast a connection is read and written: no further than is wanted, and not for ever."""

import asyncio
from collections import deque
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl

ANSWER_SECONDS = 60  # that a client may leave an answer unread


class Flow(FlowControl):
    """Reads nothing more while requests wait for the answer to an earlier one."""

    def __init__(self, transport: asyncio.Transport, pipeline: deque[Any]) -> None:
        super().__init__(transport)
        self.pipeline = pipeline

    def resume_reading(self) -> None:
        if not self.pipeline:
            super().resume_reading()


class Closing:
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
