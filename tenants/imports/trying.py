"""A file is tried: read as it is said to be, with nothing stored, as often as somebody changes their mind."""

from typing import Any

from django.db import transaction

from tenants.imports import jobs, store
from tenants.imports.problems import NotInThisState
from tenants.models import Import, ImportState, RejectedRow

NOT_OPEN = "This import has been started, or its file is gone: upload the file again."


def is_open(job: Import) -> bool:
    """Tell whether it may still be said how a job's file is read: it has come as a whole, and nothing of it is stored.

    A file that a key sent is its sender's to start: staff see what becomes of it.
    """
    if job.api_key_id or not job.has_file:
        return False
    if job.state == ImportState.UPLOADING:
        return 0 < job.size == job.announced
    return job.state == ImportState.FINISHED and job.is_dry_run


def try_out(job: Import, options: dict[str, Any]) -> None:
    """Have the worker try a file, read by the options; what an earlier try found is gone. Raises NotInThisState."""
    with transaction.atomic():
        if not is_open(store.locked(job)):
            raise NotInThisState(NOT_OPEN)
        RejectedRow.objects.filter(tenant=job.tenant_id, import_id=job.pk).delete()
        anew = {**jobs.ANEW, "is_dry_run": True, "state": ImportState.UPLOADING, "options": options}
        store.of_row(job).update(**anew)
        jobs.start(job)
