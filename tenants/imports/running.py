"""Running the job of a file: taken up, gone on with from where it is, chunk by chunk, until it ends or is to stop."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat
from typing import TypeVar
from uuid import UUID, uuid4

import psycopg
import structlog
from django.db import InterfaceError, InternalError, OperationalError

from hub.api.errors import ApiError
from hub.files.problems import FileProblem
from hub.sql.execute import execute_where_tenant_is, renew_connection
from hub.sql.files import read_sql
from tenants.changes.changesets import Origin
from tenants.entities import entity_config
from tenants.imports import store
from tenants.imports.ahead import Ahead, Ask
from tenants.imports.chunks import Chunk, Cutter, of_chunks
from tenants.imports.items import FileRefused
from tenants.imports.reading import items, remember_layout
from tenants.imports.storing import Overtaken, ReasonGone, Store
from tenants.models import Import, ImportState, Source, Tenant

log = structlog.get_logger("hub.imports")
BEAT_SECONDS = 5  # between two signs of life
GONE_SECONDS = 30  # without one, after which another takes the job up
LOOK_SECONDS = 1.0  # between two looks whether the job is to stop
WAITS = (0.2, 1, 2, 5, 10, 20)  # seconds before a chunk is tried again that the database refused; then the last
MOST_REFUSALS = 180  # of one thing, by a database that answers: about an hour
AWAY = (
    OperationalError,
    InterfaceError,
    InternalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.InternalError,
)
BUSY_STATUS = 503
Result = TypeVar("Result")
BUG = "The hub could not go on with this file; its operators find the reason in the log, by the trace {trace_id}."
REFUSED = "The database has refused to go on for an hour. What was stored stays stored; send the file again later."
DISABLED = "The tenant is disabled."
CLAIM = read_sql("tenants", "import_claim")
BEAT = """
UPDATE tenants_import
   SET beat_at = clock_timestamp()
 WHERE tenant_id = %(tenant_id)s AND id = %(import_id)s AND held_by = %(holder)s AND state = 'running'
RETURNING position, is_cancelled
"""
LEAVE = """
UPDATE tenants_import
   SET state = %(state)s::text,
       message = %(message)s,
       held_by = '',
       beat_at = clock_timestamp(),
       ended_at = CASE WHEN %(state)s::text = 'waiting' THEN NULL ELSE clock_timestamp() END
 WHERE tenant_id = %(tenant_id)s AND id = %(import_id)s AND held_by = %(holder)s AND state = 'running'
RETURNING id
"""


class Stopped(Exception):
    """Whoever runs the job is to stop."""


class Cancelled(Exception):
    """Somebody has asked for the job's end."""


class Refused(Exception):
    """The database answers, and refuses on and on."""


def run(
    import_id: int,
    tenant_id: UUID,
    *,
    beat: Callable[[Import], None] = lambda job: None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Import | None:
    """Run a job until it ends, or until `is_stopping` between two chunks: then it waits again.

    `beat` is called with the job as it is after every chunk. Returns the job as it was left; None where there is
    nothing to run here: it has ended, another runs it, or another one of the tenant runs.
    Raises what the database raises where it is away before the job is taken up.
    """
    holder = f"{socket.gethostname()[:40]} {os.getpid()} {uuid4()}"
    named = {"tenant_id": tenant_id, "import_id": import_id, "holder": holder}
    try:
        if not execute_where_tenant_is(CLAIM, {**named, "seconds": GONE_SECONDS}):
            return None
    except psycopg.IntegrityError:  # another one of the tenant was taken up at the same moment
        return None
    job = Import.objects.get(tenant=tenant_id, pk=import_id)
    return _Runner(job, Tenant.objects.get(pk=tenant_id), holder, beat, is_stopping).run()


class _Runner:
    """Runs a job that it has taken up."""

    def __init__(
        self,
        job: Import,
        tenant: Tenant,
        holder: str,
        beat: Callable[[Import], None],
        is_stopping: Callable[[], bool],
    ) -> None:
        self.job, self.tenant, self.tell, self.is_stopping = job, tenant, beat, is_stopping
        job.tenant = tenant
        self.taking = entity_config(job.entity).taking(Source.IMPORT)
        self.store = Store(tenant, job, holder, origin_of(job), self.taking)
        self.named = {"tenant_id": tenant.pk, "import_id": job.pk, "holder": holder}
        self.offset = 0  # of the file, up to which its bytes were given to the reader
        self.bytes_read = 0  # by the reader
        self.pieces: Iterator[bytes] | None = None
        self.beaten = time.monotonic()

    def run(self) -> Import:
        try:
            state, message = self._ending()
            self._patiently(lambda: self._leave(state, message))
        except (Overtaken, Stopped):
            log.info("an import goes on elsewhere", import_id=self.job.pk, trace_id=self.job.trace_id)
        with suppress(*AWAY):
            self.job.refresh_from_db()
        return self.job

    def _ending(self) -> tuple[ImportState, str]:
        """Store the chunks, and return how the job ends; raises Overtaken."""
        try:
            self._store_all()
        except Stopped:
            return ImportState.WAITING, ""
        except Cancelled:
            return ImportState.CANCELLED, ""
        except FileProblem as problem:
            return ImportState.FAILED, problem.text[:500]
        except FileRefused as refused:
            return ImportState.FAILED, str(refused)[:500]
        except Refused:
            return ImportState.FAILED, REFUSED
        except Overtaken:
            raise
        except Exception:
            log.exception("an import failed", import_id=self.job.pk, trace_id=self.job.trace_id)
            return ImportState.FAILED, BUG.format(trace_id=self.job.trace_id)
        return ImportState.FINISHED, ""

    def _store_all(self) -> None:
        if not self.tenant.is_enabled:
            raise FileRefused(DISABLED)
        position = self.job.position
        with (
            Ahead(self._pieces(), lambda pieces, ask: self._chunks(pieces, ask, position)) as ahead,
            suppress(StopIteration),
        ):
            while True:
                self._look()
                if chunk := ahead.next(LOOK_SECONDS):
                    self._store(chunk)
                    self.tell(self.job)

    def _chunks(self, pieces: Iterator[bytes], ask: Ask, position: int) -> Iterator[Chunk]:
        """Cut the file into chunks; called in the reader's thread."""
        schema = of_chunks(self.taking.schema(self.tenant))
        found = items(self.job, self._counted(pieces), lambda call: ask(lambda: self._patiently(call)))
        return Cutter(schema, lambda: self.bytes_read).cut(found, position)

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.bytes_read += len(piece)
            yield piece

    def _pieces(self) -> Iterator[bytes]:
        """Yield the file's bytes, and go on where the database was away."""
        while piece := self._patiently(self._next_piece):
            yield piece

    def _next_piece(self) -> bytes:
        """Return what follows in the file, nothing at its end; where that fails, it is read anew from there."""
        if self.pieces is None:
            self.pieces = store.pieces(self.job, self.offset)
        try:
            piece = next(self.pieces, b"")
        except AWAY:
            self.pieces = None
            raise
        self.offset += len(piece)
        return piece

    def _store(self, chunk: Chunk) -> None:
        """Store a chunk, once the database lets that be; one whose commit was lost on the way is not stored again."""
        is_again = False

        def attempt() -> None:
            nonlocal is_again
            if is_again and self._beat() == chunk.until:
                self.job.refresh_from_db()
                return
            is_again = True
            try:
                self.store.store(chunk)
            except ReasonGone:
                self.job.refresh_from_db()
                self.store.origin = origin_of(self.job)
                self.store.store(chunk)

        self._patiently(attempt)
        self.beaten = time.monotonic()

    def _look(self) -> None:
        """Give a sign of life when it is time to; raises Stopped, Cancelled or Overtaken."""
        if self.is_stopping():
            raise Stopped
        if time.monotonic() - self.beaten > BEAT_SECONDS:
            self._patiently(self._beat)
        if self.job.is_cancelled:
            raise Cancelled

    def _beat(self) -> int:
        """Give a sign of life, and return how far the job is as it is stored; raises Overtaken."""
        told = execute_where_tenant_is(BEAT, self.named)
        if not told:
            raise Overtaken
        self.beaten = time.monotonic()
        position, self.job.is_cancelled = told[0]
        return int(position)

    def _leave(self, state: ImportState, message: str) -> None:
        """End the job, or have it wait again; its file goes with it, but for one that a dry run has read."""
        if not execute_where_tenant_is(LEAVE, {**self.named, "state": state.value, "message": message}):
            raise Overtaken
        if state == ImportState.FINISHED:
            remember_layout(self.job)
        is_tried = self.job.is_dry_run and state == ImportState.FINISHED
        if state != ImportState.WAITING and not is_tried:
            store.remove(self.job)

    def _patiently(self, call: Callable[[], Result]) -> Result:
        """Call until the database lets it be done, with waits between; raises Stopped, Overtaken and Refused."""
        refusals = 0
        for seconds in chain(WAITS, repeat(WAITS[-1])):
            try:
                return call()
            except AWAY as error:
                log.warning("an import waits for the database", import_id=self.job.pk, exception=type(error).__name__)
            except ApiError as error:
                if error.status != BUSY_STATUS:
                    raise
            refusals += self._is_answered()
            if refusals > MOST_REFUSALS:
                raise Refused
            self._rest(seconds)
        raise AssertionError

    def _is_answered(self) -> bool:
        """Tell whether the database answers, with a sign of life; a connection that is lost is replaced."""
        try:
            renew_connection()
            self._beat()
        except AWAY:
            return False
        return True

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.is_stopping():
                raise Stopped
            time.sleep(min(left, LOOK_SECONDS))


def origin_of(job: Import) -> Origin:
    """Return what a job's chunks are recorded under."""
    return Origin(
        Source.IMPORT, job.actor, job.trace_id, api_key_id=job.api_key_id, user_id=job.user_id, reason=job.reason
    )
