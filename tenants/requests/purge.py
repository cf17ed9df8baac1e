"""The end of the request log: what is older than 30 days is deleted by the background worker."""

from datetime import datetime, timedelta

from django.utils import timezone

from tenants.models import LoggedRequest, PageCount, RefusedRequest, RequestCount, StrangerCount

KEPT = timedelta(days=30)
KEPT_PAGES = timedelta(days=7)
CHUNK = 10_000


def purge_requests() -> int:
    """Delete what is older than 30 days, the log in small chunks, and return how many requests that was."""
    purged, before = 0, timezone.now() - KEPT
    while deleted := _purge_chunk(before):
        purged += deleted
    RequestCount.objects.filter(day__lt=before.date()).delete()
    StrangerCount.objects.filter(hour__lt=before).delete()
    PageCount.objects.filter(hour__lt=timezone.now() - KEPT_PAGES).delete()
    RefusedRequest.objects.filter(created_at__lt=before).delete()  # retired
    return purged


def _purge_chunk(before: datetime) -> int:
    """Delete those of the oldest requests that came before a moment; the key grows with time."""
    oldest = LoggedRequest.objects.order_by("pk").values_list("pk", flat=True)
    chunk = list(oldest[:CHUNK])
    return LoggedRequest.objects.filter(pk__lte=chunk[-1], created_at__lt=before).delete()[0] if chunk else 0
