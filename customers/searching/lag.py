"""How far behind the searched words of tenants are, by their feeds: also where no worker runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from hub.sql.execute import fetch
from hub.sql.files import read_sql
from tenants.changes.changesets import as_array

BEHIND = read_sql("customers", "search_behind")


class Behind(NamedTuple):
    """Whether customers are gone through from the first on, and when the first change was made that is not searched."""

    is_filling: bool
    since: datetime | None


def words_behind(tenants: Sequence[UUID]) -> Behind:
    """Return how far behind the searched words of some tenants are."""
    return Behind(*fetch(BEHIND, {"tenants": as_array(tenants)})[0])
