"""Settings of a hub whose imports are taken up a second after their runner was killed, and not after half a minute."""

from importlib import import_module

from tests.system.calm import *  # noqa: F403
from tests.system.calm import INSTALLED_APPS, Calm

INSTALLED_APPS = [*INSTALLED_APPS[:-1], "tests.system.hasty.Haste"]


class Haste(Calm):
    """Shortens what imports wait for."""

    def ready(self) -> None:
        super().ready()
        running, worker = map(import_module, ("tenants.imports.running", "tenants.imports.worker"))
        for module, name, seconds in (
            (running, "BEAT_SECONDS", 1),
            (running, "GONE_SECONDS", 3),
            (worker, "GONE_SECONDS", 3),
            (worker, "LOOK_SECONDS", 0.5),
        ):
            setattr(module, name, seconds)
