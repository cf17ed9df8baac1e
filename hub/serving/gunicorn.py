"""How gunicorn serves the hub (`manage.py serve`); the choice and its figures are in docs/performance.md."""

import os
from typing import Any

from gunicorn.http import message

from hub.environment import read_environment
from hub.serving.worker import NOBODY, publish

environment = read_environment()

bind = f"{environment.HOST}:{environment.PORT}"
workers = environment.WORKERS or min(4, os.cpu_count() or 1)
worker_class = "hub.serving.worker.EvenWorker"
threads = environment.THREADS
preload_app = True
keepalive = 75
timeout = 60
graceful_timeout = 10
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 — heartbeats must not wait for a disk
# 1,000 hub ids in a query, their commas percent-encoded, are 22 KB at most; gunicorn has an upper bound of its own.
limit_request_line = 32 * 1024
message.MAX_REQUEST_LINE = limit_request_line
forwarder_headers = ""  # no client names SCRIPT_NAME or PATH_INFO
loglevel = "error"  # warnings quote request lines, and those name customers
control_socket_disable = True


def child_exit(_arbiter: Any, worker: Any) -> None:
    """Forget the connections of a worker that has ended."""
    publish(worker.age, NOBODY)
