"""The ends of what is in quarantine: a person is erased, or 30 days have passed since it was last sent."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from hub.sql.files import read_sql
from tenants.changes.writing import Write
from tenants.models import QuarantinedRecord

KEPT_FOR = timedelta(days=30)
CHUNK = 1000  # records that the purge deletes at a time
FORGET = read_sql("tenants", "forget_quarantined")


def forget_quarantined(write: Write, names: Sequence[str]) -> int:
    """Delete the records that hold something that erased persons are named by, and return how many."""
    return len(write.execute(FORGET, names=list(names)))


def purge_quarantine() -> int:
    """Delete what was last sent 30 days ago, some at a time, and return how many."""
    over, deleted = QuarantinedRecord.objects.filter(last_at__lt=timezone.now() - KEPT_FOR).order_by("pk"), 0
    while True:
        chunk = list(over.values_list("pk", flat=True)[:CHUNK])
        deleted += QuarantinedRecord.objects.filter(pk__in=chunk).delete()[0] if chunk else 0
        if len(chunk) < CHUNK:
            return deleted
