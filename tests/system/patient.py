"""Settings of a hub as in tests.system.calm, for tests that count: its connections are spread evenly."""

from hub.serving import spread
from tests.system.calm import *  # noqa: F403
from tests.system.calm import INSTALLED_APPS, SECONDS, Calm

INSTALLED_APPS = [*INSTALLED_APPS[:-1], "tests.system.patient.Patience"]


class Patience(Calm):
    """Leaves connections to others until they come for them."""

    def ready(self) -> None:
        super().ready()
        spread.PATIENCE = int(SECONDS / spread.MOMENT)
