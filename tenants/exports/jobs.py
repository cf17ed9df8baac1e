"""Exports that are made in the background: asked for, taken up by a worker, written piece by piece, ended.

A worker holds a job by name and gives signs of life. One that is gone for a while, by the database's clock, which all
hosts share, is followed by another, which begins the file anew. So does a job whose file an erasure took
(tenants.exports.ends): who held it is told at the next piece.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from hub.sql.execute import execute
from tenants.changes.between import between_erasures
from tenants.exports import store
from tenants.models import Export, ExportState, Tenant

KEPT = timedelta(hours=24)
GONE = timedelta(seconds=30)  # without a sign of life, after which another takes a job up
MOST_KEPT = 5  # of a user: on their way, or with a file
MOST_BYTES = 2 * 1024**3
MOST_BEGUN = 10  # times that a job is taken up
ON_THEIR_WAY = (ExportState.WAITING, ExportState.RUNNING)
TOO_OFTEN = (
    "It was begun ten times and never ended: persons were erased meanwhile, or the worker was stopped. Try again later."
)
TOO_LARGE = "The file would have more than 2 GB. Filter the list, or take fewer columns."
READY_TO_RUN = """
SELECT id, tenant_id
  FROM tenants_export
 WHERE state IN ('waiting', 'running')
   AND (state = 'waiting' OR beat_at < clock_timestamp() - make_interval(secs => %(seconds)s))
 ORDER BY id
"""
ASKED = (
    "listing",
    "query",
    "may_name",
    "filters",
    "columns",
    "by_part",
    "format",
)  # for an export, and for the same once more


class TooMany(Exception):
    """The user has as many exports as the hub keeps of one."""


class Overtaken(Exception):
    """The job is no longer this worker's: it was cancelled, an erasure took its file, or another runs it."""


def ask(tenant: Tenant, user_id: int, trace_id: str, **asked: Any) -> Export:
    """Make the job of an export, described by the fields of ASKED; raises TooMany."""
    with transaction.atomic():
        Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)  # of two at once one counts the other's
        kept = Export.objects.filter(tenant=tenant, user_id=user_id, state__in=[*ON_THEIR_WAY, ExportState.READY])
        if sum(not is_over(export) for export in kept) >= MOST_KEPT:
            raise TooMany
        now = datetime.now(UTC)
        return Export.objects.create(tenant=tenant, user_id=user_id, trace_id=trace_id, created_at=now, **asked)


def ask_again(export: Export, trace_id: str) -> Export:
    """Make the job of an export that was asked for before; raises TooMany."""
    return ask(export.tenant, export.user_id, trace_id, **{name: getattr(export, name) for name in ASKED})


def is_over(export: Export) -> bool:
    """Tell whether a file that is ready has been kept for as long as it is."""
    return export.state == ExportState.READY and kept_until(export) < datetime.now(UTC)


def kept_until(export: Export) -> datetime:
    """Return until when the file of an export that is ready is kept."""
    return (export.ended_at or export.created_at) + KEPT


def to_run() -> Sequence[tuple[int, UUID]]:
    """Return the jobs, by id and tenant, that wait or whose worker is gone, the oldest first."""
    return execute(READY_TO_RUN, {"seconds": GONE.total_seconds()}).fetchall()


def take_up(export_id: int, tenant_id: UUID, holder: str) -> Export | None:
    """Take up a job, whose file begins anew; None where another has it, or it has ended.

    Between two erasures: what the one took is not read any more, and the other finds the job running. Raises what
    `between_erasures` does.
    """
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    if tenant is None:
        return None
    now = datetime.now(UTC)
    free = Q(state=ExportState.WAITING) | Q(state=ExportState.RUNNING, beat_at__lt=Now() - GONE)
    with between_erasures(tenant):
        export = Export.objects.select_for_update().filter(free, tenant=tenant_id, pk=export_id).first()
        if export is None:
            return None
        store.remove(tenant_id, export_id)
        if export.begun >= MOST_BEGUN:
            _change(export, state=ExportState.FAILED, message=TOO_OFTEN, held_by="", ended_at=now)
            return None
        anew: Mapping[str, Any] = {**dict.fromkeys(("read", "rows", "size"), 0), "expected": None, "looked": {}}
        run = {"state": ExportState.RUNNING, "held_by": holder, "begun": export.begun + 1}
        _change(export, **anew, **run, started_at=now, beat_at=Now())
    export.tenant = tenant
    return export


def add(export: Export, data: bytes, **read: Any) -> None:
    """Add a piece to the file of a job, and say how far it is: `read`, `rows`, `looked`, `expected`.

    Without bytes it is a sign of life. Raises Overtaken.
    """
    with transaction.atomic():
        _hold(export)
        if data:
            store.add(export, data)
        _change(export, size=export.size + len(data), beat_at=Now(), **read)


def end(export: Export, state: ExportState, message: str = "") -> None:
    """End a job, or have it wait again; only one that is ready keeps its file. Raises Overtaken."""
    with transaction.atomic():
        _hold(export)
        ended = None if state == ExportState.WAITING else datetime.now(UTC)
        if state != ExportState.READY:
            store.remove(export.tenant_id, export.pk)
        _change(export, state=state, message=message, held_by="", ended_at=ended)


def cancel(export: Export) -> None:
    """End a job that is on its way, or delete the file of one that is ready; what has ended otherwise stays so."""
    with transaction.atomic():
        stored = Export.objects.select_for_update().filter(tenant=export.tenant_id, pk=export.pk).first()
        if stored and stored.state in (*ON_THEIR_WAY, ExportState.READY):
            _change(stored, state=ExportState.CANCELLED, held_by="", ended_at=datetime.now(UTC))
            store.remove(export.tenant_id, export.pk)


def _hold(export: Export) -> None:
    """Lock the row of a job that is held; raises Overtaken where it is held no longer."""
    mine = Export.objects.filter(tenant=export.tenant_id, pk=export.pk, state=ExportState.RUNNING)
    if not mine.filter(held_by=export.held_by).select_for_update().exists():
        raise Overtaken


def _change(export: Export, **fields: Any) -> None:
    Export.objects.filter(tenant=export.tenant_id, pk=export.pk).update(**fields)
    for name, value in fields.items():
        setattr(export, name, value)
