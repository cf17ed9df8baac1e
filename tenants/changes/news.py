"""Whether a tenant's feed has something new, for who waits for it: asked, for nobody who writes may wait to tell."""

from collections.abc import Mapping
from uuid import UUID

import psycopg
from django.db import OperationalError, connection

from hub.middleware.waiting import News
from hub.sql.execute import fetch
from hub.sql.files import read_sql
from tenants.changes.changesets import as_array

LAST = "SELECT number FROM tenants_feed WHERE tenant_id = %(tenant_id)s"
NEWS = read_sql("tenants", "feed_news")


def last_number(tenant_id: UUID) -> int:
    """Return the number of a tenant's last changeset, 0 where it has none, on the database that is read."""
    rows = fetch(LAST, {"tenant_id": tenant_id})
    return int(rows[0][0]) if rows else 0


def news_since(seen: Mapping[UUID, int]) -> News:
    """Return the last number of each entity in which tenants have written since a number of each, on the primary.

    Raises what the database does, where a new connection does not help.
    """
    parameters = {"tenants": as_array(seen), "numbers": as_array(seen.values())}
    try:
        return fetch(NEWS, parameters)
    except (psycopg.OperationalError, psycopg.InterfaceError, OperationalError):
        connection.close()  # the server may have restarted since this thread's last statement
        return fetch(NEWS, parameters)
