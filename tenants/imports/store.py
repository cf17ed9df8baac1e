"""The bytes of files on their way in, where every worker of every host can read them.

In a shared folder where there is one (setting FILES), else in the database. The row of a job says how many bytes its
file has, whatever else lies there: who writes holds it, so that of two at once one is told where the file ends.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from tenants.imports import folder, parts
from tenants.imports.problems import (
    MOST_BYTES,
    MOST_TOGETHER,
    LongerThanAnnounced,
    NotInThisState,
    TooLarge,
    TooMany,
    WrongOffset,
)
from tenants.models import Import, ImportState

STAYS = timedelta(hours=24)  # an upload that nobody goes on with, and the file of a dry run


def append(job: Import, start: int, data: bytes) -> int:
    """Add bytes to a job's file, which has `start` bytes so far, and return how many it has then; all or nothing.

    Raises WrongOffset where it has not, NotInThisState where the job is no upload any more, TooLarge, TooMany, NoRoom,
    and FileGone where what had come is lost.
    """
    with transaction.atomic():
        stored = locked(job)
        _refuse_elsewhere(stored, start)
        size = start + len(data)
        _refuse_too_much(stored, size)
        if path := _path(job, start):
            folder.write(path, start, data)
        else:
            parts.write(job.tenant_id, job.pk, start, data)
        job.beat_at = timezone.now()
        of_row(job).update(size=size, beat_at=job.beat_at)
    job.size = size
    return size


def expect(job: Import, start: int) -> None:
    """Raise WrongOffset or NotInThisState, as `append` does, where bytes that begin there could not be added."""
    _refuse_elsewhere(_there(of_row(job)), start)


def _refuse_elsewhere(stored: Import, start: int) -> None:
    if stored.state != ImportState.UPLOADING:
        raise NotInThisState(f"This import is {stored.state}: nothing can be added to its file.")
    if stored.size != start:
        raise WrongOffset(stored.size)


def _refuse_too_much(stored: Import, size: int) -> None:
    if size > MOST_BYTES:
        raise TooLarge
    if stored.announced is not None and size > stored.announced:
        raise LongerThanAnnounced(stored.announced)
    kept = Import.objects.filter(tenant=stored.tenant_id, has_file=True).aggregate(size=Sum("size"))["size"] or 0
    if kept + size - stored.size > MOST_TOGETHER:
        raise TooMany


def pieces(job: Import, start: int = 0) -> Iterator[bytes]:
    """Yield a job's file from a byte on, up to a megabyte at a time; raises FileGone where it is lost."""
    if path := _path(job, job.size):
        return folder.read(path, start, job.size)
    return parts.read(job.tenant_id, job.pk, start, job.size)


def _path(job: Import, size: int) -> Path | None:
    """Return where in the folder a file is of which there are some bytes; None for one in the database.

    A hub that has a folder from now on still has in the database what came before.
    """
    if not settings.FILES:
        return None
    path = folder.path_of(settings.FILES, job.tenant_id, job.pk)
    return path if size == 0 or path.exists() or not parts.exists(job.tenant_id, job.pk) else None


def is_here(tenant_id: UUID, import_id: int) -> bool:
    """Tell whether there is anything of a job's file where this host looks for it; not where its folder is away."""
    in_folder = settings.FILES and folder.is_there(folder.path_of(settings.FILES, tenant_id, import_id))
    return in_folder or parts.exists(tenant_id, import_id)


def remove(job: Import) -> None:
    """Delete a job's file, outside of any transaction; who is killed on the way is followed by `purge_uploads`."""
    forget(job.tenant_id, job.pk)
    of_row(job).update(has_file=False)
    job.has_file = False


def forget(tenant_id: UUID, import_id: int) -> None:
    """Delete what lies there of a file."""
    if settings.FILES:
        folder.remove(folder.path_of(settings.FILES, tenant_id, import_id))
    parts.remove(tenant_id, import_id)  # from before there was a folder, too


def of_row(job: Import) -> QuerySet[Import]:
    """Return the row of a job."""
    return Import.objects.filter(tenant=job.tenant_id, pk=job.pk)


def locked(job: Import) -> Import:
    """Return a job as it is stored, held until the transaction ends; raises NotInThisState for one that is gone."""
    return _there(of_row(job).select_for_update(no_key=True))


def _there(rows: QuerySet[Import]) -> Import:
    if (job := rows.first()) is None:
        raise NotInThisState("This import is gone.")
    return job
