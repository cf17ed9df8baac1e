"""Imports in the background worker: a few jobs at a time, in threads of their own, each of another tenant.

Beside the jobs of the queue and not one of them: a million rows take minutes, and would hold up what takes a moment.
The queue's task wakes this up; whatever it misses, be it that a worker was killed, is found by looking.
"""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Lock, Thread
from uuid import UUID

import django.db
import psycopg
import structlog
from django.db import connections

from hub.sql.execute import execute, renew_connection
from hub.sql.files import read_sql
from tenants.imports import store
from tenants.imports.running import GONE_SECONDS, run

log = structlog.get_logger("hub.imports")
MOST_AT_ONCE = 2  # jobs of a worker
LOOK_SECONDS = 15.0  # between two looks for jobs whose runner is gone
AWAIT_SECONDS = 600  # that a job whose file is not here is left to a worker that has it, before it ends without one
END_SECONDS = 15  # for chunks under way when the worker ends; a job that is cut off goes on by time
NICENESS = 10  # of the threads: an answer of the API that shares the machine goes first
AWAY = (django.db.Error, psycopg.Error)
READY = read_sql("tenants", "imports_ready")
ELSEWHERE = "the file of an import is not here, and left to other hosts: FILES must be the same folder on all"
NOWHERE = "the file of an import was found on no host: FILES must be the same folder on all"


class Worker:
    """Looks for jobs that wait, or whose runner is gone, and runs them; never two of one tenant."""

    def __init__(self) -> None:
        self.is_stopping, self.wake = Event(), Event()
        self.running: set[UUID] = set()  # tenants
        self.missed: dict[int, float] = {}  # jobs whose files are not here, with time.monotonic of the first look
        self.lock = Lock()
        self.executor = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="import", initializer=give_way)

    def work(self) -> None:
        """Look and run until it is to stop."""
        try:
            while not self.is_stopping.is_set():
                self._begin()
                self.wake.wait(LOOK_SECONDS)
                self.wake.clear()
        finally:
            connections.close_all()

    def stop(self) -> None:
        """Have the jobs wait at the end of their chunks, for other workers or the next start."""
        self.is_stopping.set()
        self.wake.set()

    def _begin(self) -> None:
        try:
            renew_connection()
            found = execute(READY, {"seconds": GONE_SECONDS}).fetchall()
            self.missed = {job: since for job, since in self.missed.items() if job in dict(found)}
            ready = [job for job in found if self._is_ours(*job)]
        except AWAY as error:
            log.warning("imports wait for the database", exception=type(error).__name__)
            return
        for import_id, tenant_id in ready:
            with self.lock:
                if tenant_id in self.running or len(self.running) >= MOST_AT_ONCE:
                    continue
                self.running.add(tenant_id)
            self.executor.submit(self._run, import_id, tenant_id)

    def _is_ours(self, import_id: int, tenant_id: UUID) -> bool:
        """Tell whether a job is to be run here: its file is, or was not on any host for AWAIT_SECONDS."""
        if store.is_here(tenant_id, import_id):
            self.missed.pop(import_id, None)
            return True
        if import_id not in self.missed:
            log.warning(ELSEWHERE, import_id=import_id)
        since = self.missed.setdefault(import_id, time.monotonic())
        if time.monotonic() - since < AWAIT_SECONDS:
            return False
        log.error(NOWHERE, import_id=import_id)
        return True

    def _run(self, import_id: int, tenant_id: UUID) -> None:
        try:
            renew_connection()
            run(import_id, tenant_id, is_stopping=self.is_stopping.is_set)
        except AWAY as error:
            log.warning("an import waits for the database", import_id=import_id, exception=type(error).__name__)
            time.sleep(1)
        except Exception:
            log.exception("an import can't be run", import_id=import_id)
        finally:
            connections.close_all()
            with self.lock:
                self.running.discard(tenant_id)
            self.wake.set()


_workers: list[Worker] = []


@contextmanager
def importing(worker: Worker | None = None) -> Iterator[None]:
    """Run imports in the background until the end of the block."""
    worker = worker or Worker()
    thread = Thread(target=worker.work, name="imports", daemon=True)
    _workers.append(worker)
    thread.start()
    try:
        yield
    finally:
        _workers.remove(worker)
        worker.stop()
        thread.join(END_SECONDS)
        _end(worker.executor)


def _end(executor: ThreadPoolExecutor) -> None:
    """Wait for the threads of an executor, but not for ever."""
    executor.shutdown(wait=False, cancel_futures=True)
    deadline = time.monotonic() + END_SECONDS
    for thread in executor._threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def take_up(import_id: int, tenant_id: UUID) -> None:
    """Have a job run: by the worker of this process where there is one, else here and now."""
    if _workers:
        for worker in _workers:
            worker.wake.set()
    else:
        run(import_id, tenant_id)


def give_way() -> None:
    """Let others on the machine go first from now on: on Linux a thread has a niceness of its own."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    except OSError:
        log.info("imports can't give way to others on this machine")
