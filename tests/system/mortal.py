"""Settings of a hub whose web server's process dies at a commit, before it or after, once a test has said so.

What it is told stands in the file `dies` of HUB_DATA: `before` or `after`.
"""

import os
import signal
import sys
from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper

from hub.settings import *  # noqa: F403
from hub.settings import ENVIRONMENT, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.system.mortal.Mortality"]
TOLD = ENVIRONMENT.HUB_DATA / "dies"


class Mortality(AppConfig):
    """Kills the process of the web server, and no other, at its next commit."""

    name = "tests.system"

    def ready(self) -> None:
        if "hub.serving.web" in " ".join(sys.orig_argv):
            connections: Any = BaseDatabaseWrapper
            commit = connections._commit

            def die(wrapper: BaseDatabaseWrapper) -> None:
                told = TOLD.read_text() if TOLD.exists() else ""
                if told == "before":
                    os.kill(os.getpid(), signal.SIGKILL)
                commit(wrapper)
                if told == "after":
                    os.kill(os.getpid(), signal.SIGKILL)

            connections._commit = die
