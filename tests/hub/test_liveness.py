"""A process says that it lives while all its threads wait, those too that tell how the database is."""

import contextlib
import http.client
import socket

from hub.serving.processes import web_server
from tests.waiting import PATIENCE, wait_until

WAITING = {"/readyz": 5, "/readyz?all=1": 5, "/metrics": 5, "/health": 30}


def test_a_process_whose_threads_all_wait_says_that_it_lives() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as opened:
        (child,) = web_server("tests.hub.sleeping:application", listener, 1)
        opened.callback(child.end, 0.1)
        child.start()
        assert wait_until(child.is_ready)
        for path, number in WAITING.items():
            for _ in range(number):
                asking(opened, listener, path)

        alive = asking(opened, listener, "/livez").getresponse()

        assert (alive.status, alive.read()) == (200, b"alive")


def asking(opened: contextlib.ExitStack, listener: socket.socket, path: str) -> http.client.HTTPConnection:
    """Ask, and leave the answer for later."""
    host, port = listener.getsockname()
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    opened.callback(connection.close)
    connection.request("GET", path)
    return connection
