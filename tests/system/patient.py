"""Settings of a hub whose limits of time are out of the way, for tests that count what its web server does."""

from django.apps import AppConfig

from hub.serving import spread
from hub.settings import *  # noqa: F403
from hub.settings import DATABASES, INSTALLED_APPS

SECONDS = 600
INSTALLED_APPS = [*INSTALLED_APPS, "tests.system.patient.Patience"]
DATABASES["default"]["OPTIONS"]["options"] += f" -c lock_timeout={SECONDS}s"
DATABASES["default"]["OPTIONS"]["connect_timeout"] = SECONDS


class Patience(AppConfig):
    """Leaves connections to others until they come for them; batches wait for their turn."""

    name = "tests.system"

    def ready(self) -> None:
        from tenants.api import turns  # which asks for the settings, and those are this file

        spread.PATIENCE = int(SECONDS / spread.MOMENT)
        turns.SECONDS = SECONDS
