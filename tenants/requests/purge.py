"""The end of the request log: what is older than 30 days is deleted by the background worker."""

from datetime import timedelta

from django.utils import timezone

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.models import RefusedRequest, RequestCount, StrangerCount

KEPT = timedelta(days=30)
CHUNK = 10_000
PURGE_REQUESTS = read_sql("tenants", "purge_requests")


def purge_requests() -> int:
    """Delete what is older than 30 days, the log in small chunks, and return how many requests that was."""
    purged, before = 0, timezone.now() - KEPT
    while deleted := execute(PURGE_REQUESTS, {"moment": before, "chunk": CHUNK}).rowcount:
        purged += deleted
    RequestCount.objects.filter(day__lt=before.date()).delete()
    StrangerCount.objects.filter(hour__lt=before).delete()
    RefusedRequest.objects.filter(created_at__lt=before).delete()  # retired
    return purged
