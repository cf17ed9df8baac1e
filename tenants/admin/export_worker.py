"""Exports in the background worker: a thread that looks for those that wait, and makes one after the other.

Beside the jobs and not one of them: a million rows take minutes, and would hold up what takes a moment. The list is
asked for anew, as its user would: with their role as it is then, and the filters of the list's own page.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import django.db
import psycopg
import structlog
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connections
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from hub.api.errors import ApiError
from hub.sql.execute import renew_connection
from tenants.admin.access import PageRequest, access_of, write_times_in
from tenants.admin.export_rows import ListRows
from tenants.admin.export_taken import TOO_LONG
from tenants.admin.exporting import as_asked
from tenants.admin.lists import chosen_tenant
from tenants.exports import jobs
from tenants.exports.store import PIECE
from tenants.imports.worker import give_way
from tenants.models import Export, ExportState

log = structlog.get_logger("hub.exports")
POLL_SECONDS = 1.0
BEAT_SECONDS = 5.0
AWAY_SECONDS = 5.0  # between two looks while the database is away
END_SECONDS = 10  # after which a page of rows is waited for no longer
AWAY = (django.db.Error, psycopg.Error, ApiError)
FORBIDDEN = "You may not export this list any more."
BUG = "The hub could not go on; its operators find the reason in the log, by the trace {trace_id}."


class Forbidden(Exception):
    """Who asked for an export may not take the list along any more."""


class Stopped(Exception):
    """The worker is to stop."""


def listed(export: Export) -> ListRows:
    """Return the rows of an export, as its user would be shown the list now; raises Forbidden."""
    request = PageRequest.of(HttpRequest())
    request.method, request.GET, request.access = "GET", QueryDict(export.query), None
    request.path = request.path_info = "/admin/"
    request.user = User.objects.get(pk=export.user_id)
    model_admin: Any = admin.site.get_model_admin(apps.get_model(export.listing))
    if not (request.user.is_staff and access_of(request).may(model_admin.export_role, export.tenant_id)):
        raise Forbidden
    write_times_in(access_of(request).zones_of(chosen_tenant(request)))
    changelist = model_admin.get_changelist_instance(request)
    return as_asked(export, model_admin, changelist)


def run(export_id: int, tenant_id: UUID, *, is_stopping: Callable[[], bool] = lambda: False) -> Export | None:
    """Make the file of an export, from its beginning; None where there is nothing to do here.

    Ready is only a file that was written to its end. Raises what the database raises where it is away: then the job
    is begun anew once no sign of life of it was seen for a while.
    """
    holder = f"{socket.gethostname()[:40]} {os.getpid()} {uuid4()}"
    export = jobs.take_up(export_id, tenant_id, holder)
    if export is None:
        return None
    try:
        with timezone.override(UTC):
            jobs.end(export, *_made(export, is_stopping))
    except jobs.Overtaken:
        log.info("an export goes on elsewhere, or no more", export_id=export.pk, trace_id=export.trace_id)
    return export


def _made(export: Export, is_stopping: Callable[[], bool]) -> tuple[ExportState, str]:
    """Write the file of a job, and return how it ends."""
    try:
        rows = listed(export)
        _write(export, rows, is_stopping)
    except Stopped:
        return ExportState.WAITING, ""
    except Forbidden:
        return ExportState.FAILED, FORBIDDEN
    except (*AWAY, jobs.Overtaken):
        raise
    except Exception:
        log.exception("an export can't be made", export_id=export.pk, trace_id=export.trace_id)
        return ExportState.FAILED, BUG.format(trace_id=export.trace_id)
    if export.size > jobs.MOST_BYTES:
        return ExportState.FAILED, jobs.TOO_LARGE
    return ExportState.READY, f"The file has {TOO_LONG}." if rows.is_cut else ""


def _write(export: Export, rows: ListRows, is_stopping: Callable[[], bool]) -> None:
    """Write the rows of a job into its file, a megabyte or so at a time; stops where they are too many."""
    jobs.add(export, b"", expected=rows.count())
    gathered, beaten = bytearray(), time.monotonic()
    for piece in rows.pieces():
        gathered += piece
        if len(gathered) >= PIECE or time.monotonic() - beaten > BEAT_SECONDS:
            _keep(export, rows, gathered)
            beaten = time.monotonic()
        if is_stopping():
            raise Stopped
        if export.size > jobs.MOST_BYTES:
            return
    _keep(export, rows, gathered)


def _keep(export: Export, rows: ListRows, gathered: bytearray) -> None:
    looked = {entity.value: many for entity, many in rows.looked.items()}
    jobs.add(export, bytes(gathered), read=rows.read, rows=rows.rows, looked=looked)
    gathered.clear()


class Worker:
    """Looks for exports that wait, or whose worker is gone, and makes them."""

    def __init__(self, *, poll: float = POLL_SECONDS) -> None:
        self.poll = poll
        self.is_stopping = Event()

    def work(self) -> None:
        """Look and make until it is to stop."""
        give_way()
        try:
            while not self.is_stopping.is_set():
                self.is_stopping.wait(self.poll if self._round() else AWAY_SECONDS)
        finally:
            connections.close_all()

    def _round(self) -> bool:
        """Make what waits; return whether the database was there."""
        try:
            renew_connection()
            for export_id, tenant_id in jobs.to_run():
                if not self.is_stopping.is_set():
                    run(export_id, tenant_id, is_stopping=self.is_stopping.is_set)
        except AWAY as error:
            log.warning("exports wait for the database", exception=type(error).__name__)
            connections.close_all()
            return False
        except Exception:
            log.exception("exports can't be made")
            return False
        return True


@contextmanager
def exporting(worker: Worker | None = None) -> Iterator[None]:
    """Make exports in the background until the end of the block."""
    worker = worker or Worker()
    thread = Thread(target=worker.work, name="exports", daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.is_stopping.set()
        thread.join(END_SECONDS)
