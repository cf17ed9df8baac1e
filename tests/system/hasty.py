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
        running, worker = map(import_module, ("tenants.imports.running", "tenants.imports.worker"))
        for module, name, seconds in (
            (running, "BEAT_SECONDS", 1),
            (running, "GONE_SECONDS", 3),
            (worker, "GONE_SECONDS", 3),
            (worker, "LOOK_SECONDS", 0.5),
        ):
            setattr(module, name, seconds)
