"""Serves a WSGI application by the hub's own web server, until SIGTERM: `python -m benchmarks.server APPLICATION`."""

import socket
import sys

from hub.environment import read_environment
from hub.serving.processes import Supervisor, web_server

if __name__ == "__main__":
    environment = read_environment()
    with socket.create_server((environment.HOST, environment.PORT), backlog=2048) as listener:
        supervisor = Supervisor(web_server(sys.argv[1], listener, environment.processes), tend=lambda: None)
        supervisor.start()
        supervisor.watch()
        supervisor.stop()
