"""Settings of a hub whose web server's process dies at a commit, before it or after, once a test has said so.

What it is told stands in the file `dies` of HUB_DATA: `before` or `after`.
"""

import os
import signal
import sys
import threading
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from tests.system.calm import *  # noqa: F403
from tests.system.calm import ENVIRONMENT, INSTALLED_APPS, Calm

INSTALLED_APPS = [*INSTALLED_APPS[:-1], "tests.system.mortal.Mortality"]
TOLD = ENVIRONMENT.HUB_DATA / "dies"


class Mortality(Calm):
    """Kills the process of the web server, and no other, at its next commit that is not the request log's."""

    def ready(self) -> None:
        super().ready()
        if "hub.serving.web" in " ".join(sys.orig_argv):
            from tenants.requests.writer import WRITER  # which asks for the settings, and those are this file

            connections: Any = BaseDatabaseWrapper
            commit = connections._commit

            def die(wrapper: BaseDatabaseWrapper) -> None:
                is_log = threading.current_thread() is WRITER.thread
                told = TOLD.read_text() if TOLD.exists() and not is_log else ""
                if told == "before":
                    os.kill(os.getpid(), signal.SIGKILL)
                commit(wrapper)
                if told == "after":
                    os.kill(os.getpid(), signal.SIGKILL)

            connections._commit = die
