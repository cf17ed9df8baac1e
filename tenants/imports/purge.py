"""The end of files that nobody ends: uploads that stay behind, dry runs that are over, what a killed process left."""

from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from tenants.imports import folder, jobs, parts, store
from tenants.models import Import, ImportState

SILENT = "Nothing more of the file came for 24 hours."
ENDED = (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED)


def purge_uploads() -> int:
    """End uploads that nobody has gone on with for a day, delete files that are over; return how many these were."""
    return _end_uploads() + _remove_files() + _remove_strays()


def _end_uploads() -> int:
    silent = list(Import.objects.filter(state=ImportState.UPLOADING, beat_at__lt=timezone.now() - store.STAYS))
    for job in silent:
        jobs.cancel(job, message=SILENT)
    return len(silent)


def _remove_files() -> int:
    """Delete the files of jobs that have ended: of a dry run after a day."""
    is_over = Q(is_dry_run=False) | ~Q(state=ImportState.FINISHED) | Q(ended_at__lt=timezone.now() - store.STAYS)
    over = list(Import.objects.filter(is_over, state__in=ENDED, has_file=True))
    for job in over:
        store.remove(job)
    return len(over)


def _remove_strays() -> int:
    """Delete what belongs to no job any more."""
    strays = list(_strays())
    for tenant_id, import_id in strays:
        store.forget(tenant_id, import_id)
    return len(strays)


def _strays() -> Iterator[tuple[UUID, int]]:
    kept = {*parts.kept(), *(folder.kept(settings.FILES) if settings.FILES else ())}
    for tenant_id, import_id in kept:
        if not Import.objects.filter(tenant=tenant_id, pk=import_id, has_file=True).exists():
            yield tenant_id, import_id
