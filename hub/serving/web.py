"""One process of the web server: `manage.py serve` starts several, on one listening socket.

    python -m hub.serving.web APPLICATION LISTENER SPREAD NUMBER

APPLICATION is module:attribute, of WSGI, or module:function() that makes it; the next two are descriptors that it
inherits, NUMBER is its own. Whoever wakes first would accept, and kept connections stay where they were accepted: of
four from one client, three could share a process while others idled. So whoever has more than another waits a moment.
"""

import asyncio
import errno
import resource
import signal
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from types import FrameType

import uvicorn

from hub.environment import read_environment
from hub.logs import log_uncaught
from hub.metrics.counters import count_start
from hub.middleware.bodies import most_bytes, most_in_stream
from hub.serving import spread
from hub.serving.bridge import Bridge
from hub.serving.connections import Connection, Connections
from hub.serving.pulse import Pulse, beating
from hub.serving.spread import NOBODY, Spread

KEPT_SECONDS = 75  # that a connection may rest between two requests
ENDING_SECONDS = 10  # for what is under way when the hub is to end
MAKING_ROOM_SECONDS = 120  # the same when only this process is


class EvenServer(uvicorn.Server):
    """uvicorn's server, which accepts a connection when no other process has fewer.

    When it is to end it calls `end` with the seconds that are left, and `close` in a thread when all is answered: the
    signal that ended it ends the process right after.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        listener: socket.socket,
        numbers: Spread,
        number: int,
        *,
        end: Callable[[float], None],
        close: Callable[[], object],
    ) -> None:
        super().__init__(config)
        self.listener, self.spread, self.number, self.end, self.close = listener, numbers, number, end, close
        self.beginning: set[asyncio.Task[object]] = set()  # connections that were accepted a moment ago
        self.declined = 0
        self.server_state = Connections(self.publish)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets=[])
        self.listener.setblocking(False)
        self.loop = asyncio.get_running_loop()
        self.loop.add_signal_handler(signal.SIGHUP, self._make_room)
        if pulse := Pulse.inherited():
            self.beats = self.loop.create_task(beating(pulse))
        self._listen()
        self.publish()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave new connections to others, and end those there are."""
        asyncio.get_running_loop().remove_reader(self.listener)
        self.spread.publish(self.number, NOBODY)
        self.number = NOBODY
        self.end(self.config.timeout_graceful_shutdown or 0)
        await super().shutdown(sockets=[])
        await asyncio.to_thread(self.close)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End; where that has begun because a successor serves, with less time."""
        super().handle_exit(sig, frame)
        if self.number == NOBODY:
            self.loop.call_soon_threadsafe(self.end, ENDING_SECONDS)

    def _make_room(self) -> None:
        """End because a successor serves: with all the time that a request may take."""
        self.config.timeout_graceful_shutdown = MAKING_ROOM_SECONDS
        self.should_exit = True

    def publish(self) -> None:
        """Let the others know how many connections are here."""
        if self.number != NOBODY:
            self.spread.publish(self.number, self._connections())

    def _connections(self) -> int:
        return len(self.server_state.connections) + len(self.beginning)

    def _listen(self) -> None:
        if self.number != NOBODY:
            asyncio.get_running_loop().add_reader(self.listener, self._accept)

    def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        if self._connections() > self.spread.fewest() and self.declined < spread.PATIENCE:
            self.declined += 1
            loop.remove_reader(self.listener)
            loop.call_later(spread.MOMENT, self._listen)
            return
        self.declined = 0
        try:
            accepted, _ = self.listener.accept()
        except OSError as error:  # another was faster, the client has gone, or there is no descriptor left
            if error.errno in (errno.EMFILE, errno.ENFILE):
                loop.remove_reader(self.listener)
                loop.call_later(1, self._listen)
            return
        task = loop.create_task(loop.connect_accepted_socket(self._connection, accepted))
        self.beginning.add(task)
        task.add_done_callback(self._has_begun)
        self.publish()

    def _connection(self) -> Connection:
        return Connection(self.config, self.server_state, {})

    def _has_begun(self, task: asyncio.Task[object]) -> None:
        self.beginning.discard(task)
        self.publish()
        if self.number == NOBODY:
            for connection in self.server_state.connections:
                connection.shutdown()


def main(application: str, listener: str, numbers: str, number: str) -> None:
    """Serve until SIGTERM."""
    log_uncaught()
    count_start("web server")
    module, _, name = application.partition(":")
    found = getattr(import_module(module), name.removesuffix("()"))
    serving = found() if name.endswith("()") else found
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    given = read_environment()
    bridge = Bridge(
        serving, threads=given.THREADS, most=most_bytes, seconds=given.BODY_SECONDS, in_stream=most_in_stream
    )
    config = uvicorn.Config(
        bridge,
        http=Connection,
        loop="uvloop",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",  # warnings are about what strangers send
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=ENDING_SECONDS,
    )
    with socket.socket(fileno=int(listener)) as inherited:
        close = getattr(serving, "close", bool)
        EvenServer(config, inherited, Spread(int(numbers)), int(number), end=bridge.end, close=close).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
