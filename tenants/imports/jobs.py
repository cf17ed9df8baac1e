"""The job of each file: made, started, cancelled, found, told of as the API tells it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from hub.api.responses import utc
from tenants.changes.changesets import Origin
from tenants.imports import store
from tenants.imports.problems import MOST_FILES, NotInThisState, TooMany
from tenants.models import Entity, FileFormat, Import, ImportState, RejectedRow, Tenant

TASK = "tenants.tasks.run_import"
ON_THEIR_WAY = (ImportState.UPLOADING, ImportState.WAITING, ImportState.RUNNING)
COUNTS = ("read", "created", "updated", "unchanged", "rejected", "folded")
# What a job has of a dry run when it begins for real.
ANEW: Mapping[str, Any] = {
    **dict.fromkeys((*COUNTS, "position", "bytes_read"), 0),
    "is_dry_run": False,
    "is_cancelled": False,
    "changes": [],
    "consents": {},
    "message": "",
    "held_by": "",
    "started_at": None,
    "beat_at": None,
    "ended_at": None,
}


def create(
    tenant: Tenant,
    origin: Origin,
    *,
    entity: Entity,
    format: FileFormat,
    packing: str = "",
    file_name: str = "",
    options: Mapping[str, Any] | None = None,
    is_dry_run: bool = False,
    announced: int | None = None,
) -> Import:
    """Make the job of a file that is about to come; raises TooMany where the tenant has too many already."""
    with transaction.atomic():
        Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)  # of two at once one counts the other's
        if Import.objects.filter(tenant=tenant, has_file=True).count() >= MOST_FILES:
            raise TooMany
        now = timezone.now()
        return Import.objects.create(
            tenant=tenant,
            entity=entity,
            format=format,
            packing=packing,
            file_name=file_name,
            options=options or {},
            is_dry_run=is_dry_run,
            announced=announced,
            actor=origin.actor,
            api_key_id=origin.api_key_id,
            user_id=origin.user_id,
            trace_id=origin.trace_id,
            reason=origin.reason,
            created_at=now,
            beat_at=now,
        )


def start(job: Import) -> None:
    """Have the worker run a job whose file has come; or one for real of which there was a dry run.

    Raises NotInThisState for any other job, and for a file of which nothing, or not all that was announced, has come.
    """
    with transaction.atomic():
        stored = store.locked(job)
        if stored.state == ImportState.UPLOADING:
            _refuse_unfit(stored)
            changed: Mapping[str, Any] = {"beat_at": None}
        elif stored.state == ImportState.FINISHED and stored.is_dry_run and stored.has_file:
            changed = ANEW
            RejectedRow.objects.filter(tenant=job.tenant_id, import_id=job.pk).delete()
        else:
            raise NotInThisState(_NOT_STARTED[stored.state])
        store.of_row(job).update(state=ImportState.WAITING, **changed)
        defer(job)
    job.refresh_from_db()


def defer(job: Import) -> None:
    """Have the worker run a job, after the tenant's others: in the transaction that is open, if there is one."""
    task = app.configure_task(TASK, lock=f"import {job.tenant_id}")
    task.defer(import_id=job.pk, tenant_id=str(job.tenant_id))


_NOT_STARTED: Mapping[str, str] = {
    ImportState.WAITING: "This import has been started, and waits for its turn.",
    ImportState.RUNNING: "This import has been started, and is running.",
    ImportState.FINISHED: "This import has finished.",
    ImportState.FAILED: "This import has failed: send the file again.",
    ImportState.CANCELLED: "This import was cancelled: send the file again.",
}


def _refuse_unfit(job: Import) -> None:
    """Raise NotInThisState for a file that is not there as a whole."""
    if not job.size:
        raise NotInThisState("Nothing of the file has come yet.")
    if job.announced is not None and job.size < job.announced:
        raise NotInThisState(
            f"{job.size} of {job.announced} bytes of the file have come: go on there, with Upload-Offset: {job.size}."
        )


def cancel(job: Import, *, message: str = "") -> None:
    """End a job: one that runs at the end of its chunk, any other at once, with its file; what has ended stays so.

    The file of a dry run that is over goes, too. What chunks have stored stays stored.
    """
    with transaction.atomic():
        stored = store.locked(job)
        if stored.state == ImportState.RUNNING:
            store.of_row(job).update(is_cancelled=True)
        elif stored.state in ON_THEIR_WAY:
            ended = {"is_cancelled": True, "ended_at": timezone.now(), "message": message}
            store.of_row(job).update(state=ImportState.CANCELLED, **ended)
    job.refresh_from_db()
    if job.has_file and job.state not in ON_THEIR_WAY:
        store.remove(job)


def discard(job: Import) -> None:
    """Delete a job that is an upload yet, with its file, as if it had never been; any other stays."""
    if store.of_row(job).filter(state=ImportState.UPLOADING).delete()[0]:
        store.forget(job.tenant_id, job.pk)


def find(tenant: Tenant, import_id: int) -> Import | None:
    """Return a tenant's job, None where it has no such one."""
    return Import.objects.filter(tenant=tenant, pk=import_id).first()


def newest(
    tenant: Tenant, entities: Sequence[str], *, state: str | None, before: int | None, limit: int
) -> list[Import]:
    """Return a tenant's last jobs of some entities, the newest first: of a state, with ids before one, if asked."""
    found = Import.objects.filter(tenant=tenant, entity__in=entities)
    found = found.filter(state=state) if state else found
    return list((found.filter(pk__lt=before) if before else found).order_by("-pk")[:limit])


def tell(job: Import, *, with_changes: bool = True) -> dict[str, Any]:
    """Write a job as the API does; a dry run with what it would change."""
    elapsed = _elapsed(job)
    told: dict[str, Any] = {
        "id": job.pk,
        "state": job.state,
        "entity": job.entity,
        "format": job.format,
        "dryRun": job.is_dry_run,
        "fileName": job.file_name or None,
        "size": job.size,
        **{name: getattr(job, name) for name in COUNTS},
        "rowsPerSecond": round(job.read / elapsed, 1) if elapsed else None,
        "secondsLeft": _left(job, elapsed),
        "message": job.message or None,
        "reason": job.reason or None,
        "createdAt": utc(job.created_at),
        "startedAt": job.started_at and utc(job.started_at),
        "endedAt": job.ended_at and utc(job.ended_at),
    }
    return {**told, "changes": job.changes} if job.is_dry_run and with_changes else told


def _elapsed(job: Import) -> float:
    """Return for how many seconds a job has run, 0 for one that has not begun."""
    if job.started_at is None:
        return 0.0
    until: datetime = job.ended_at or timezone.now()
    return max((until - job.started_at).total_seconds(), 0.001)


def _left(job: Import, elapsed: float) -> int | None:
    """Return in how many seconds a job will have read its file, going on as it has; None where nobody knows."""
    if job.state != ImportState.RUNNING or not (job.bytes_read and elapsed):
        return None
    return max(0, round((job.size - job.bytes_read) * elapsed / job.bytes_read))
