"""Settings of a hub as in tests.system.hasty: its webhooks may lead to this machine, though its database is another's.

All its lists are so long that their exports are made by the worker.
"""

from importlib import import_module

from tests.system.hasty import *  # noqa: F403
from tests.system.hasty import INSTALLED_APPS, Haste

INSTALLED_APPS = [*INSTALLED_APPS[:-1], "tests.system.brisk.Brisk"]
WEBHOOK_LOOPBACK = True


class Brisk(Haste):
    """Shortens what is waited for, and how many rows are counted."""

    def ready(self) -> None:
        super().ready()
        setattr(import_module("hub.admin.changelist"), "MOST_COUNTED", -1)  # noqa: B010 — which mypy does not know of
