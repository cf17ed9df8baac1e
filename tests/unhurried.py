"""Many who write at once in the tests' own process, where no limit of time is what a test is about."""

import pytest
from django.db import connection

from tenants.api import turns
from tenants.changes import places
from tests.waiting import PATIENCE


def unhurried(patch: pytest.MonkeyPatch, writers: int) -> None:
    """Let so many writers of a tenant wait for their turns and locks, as those of several processes that are not busy.

    To be called before they open their connections.
    """
    patch.setattr(places, "MOST", writers)
    patch.setattr(turns, "SECONDS", PATIENCE)
    bounds = connection.settings_dict["OPTIONS"]
    patch.setitem(bounds, "options", f"{bounds['options']} -c lock_timeout={PATIENCE}s")
