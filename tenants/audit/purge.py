"""The end of the audit: what is older than AUDIT_DAYS is deleted by the background worker."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from tenants.models import AccountEvent, AuditEvent, Look

KEPT = (AuditEvent, AccountEvent, Look)


def purge_audit() -> int:
    """Delete what is older than AUDIT_DAYS, and return how much that was."""
    end = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
    return sum(model.objects.filter(created_at__lt=end).delete()[0] for model in KEPT)
