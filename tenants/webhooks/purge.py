"""The end of the log of deliveries."""

from datetime import timedelta

from django.utils import timezone

from hub.sql.execute import execute
from hub.sql.files import read_sql

KEPT = timedelta(days=30)
CHUNK = 10_000
PURGE = read_sql("tenants", "purge_deliveries")


def purge_deliveries() -> int:
    """Delete what is older than 30 days, in small chunks, and return how much that was."""
    purged, before = 0, timezone.now() - KEPT
    while deleted := execute(PURGE, {"moment": before, "chunk": CHUNK}).rowcount:
        purged += deleted
    return purged
