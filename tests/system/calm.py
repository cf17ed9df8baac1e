"""Settings of the hubs under test: limits of time are out of the way, for tests that are not about these.

On a machine that is busy any process may be without a processor for seconds. A test about a limit names `hub.settings`.
"""

import sys
from importlib import import_module

from django.apps import AppConfig

from hub.settings import *  # noqa: F403
from hub.settings import DATABASES, INSTALLED_APPS

SECONDS = 600  # but for an attempt of a webhook, which must be over before the webhook is anybody's
LIMITS: dict[str, dict[str, tuple[str, ...]]] = {  # of a process that has the word in its command line: by module
    "serve": {
        "hub.management.commands.serve": ("START_SECONDS",),
        "hub.serving.processes": ("START_SECONDS", "PATIENCE"),
    },
    "hub.serving.web": {
        "__main__": ("KEPT_SECONDS",),
        "hub.serving.answers": ("DISCARD_SECONDS",),
        "hub.serving.connections": ("HEAD_SECONDS", "ANSWER_SECONDS"),
        "hub.serving.flow": ("ANSWER_SECONDS",),
        "tenants.api.turns": ("SECONDS",),
        "tenants.api.waiting": ("MOST_SECONDS",),
    },
}
INSTALLED_APPS = [*INSTALLED_APPS, "tests.system.calm.Calm"]
DATABASES["default"]["OPTIONS"]["options"] += f" -c lock_timeout={SECONDS}s"
DATABASES["default"]["OPTIONS"]["connect_timeout"] = SECONDS


class Calm(AppConfig):
    """Puts limits out of the way, before anything that names them is imported."""

    name = "tests.system"

    def ready(self) -> None:
        for word in LIMITS.keys() & sys.orig_argv:
            for module, names in LIMITS[word].items():
                for name in names:
                    assert hasattr(import_module(module), name)  # else the limit has another name by now
                    setattr(import_module(module), name, SECONDS)
