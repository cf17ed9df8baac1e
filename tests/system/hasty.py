"""Settings of a hub whose imports are taken up a second after their runner was killed, and not after half a minute."""

from importlib import import_module

from django.apps import AppConfig

from hub.settings import *  # noqa: F403
from hub.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.system.hasty.Haste"]


class Haste(AppConfig):
    """Shortens what imports wait for."""

    name = "tests.system"

    def ready(self) -> None:
        from tenants.imports import running, worker

        running.BEAT_SECONDS, running.GONE_SECONDS, worker.GONE_SECONDS = 1, 3, 3
        worker.Worker.__init__.__kwdefaults__["look"] = 0.5
