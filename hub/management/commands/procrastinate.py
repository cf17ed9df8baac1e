"""`manage.py procrastinate worker`: the background worker, which starts only with the database's erasure key."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from typing import Any, cast

import structlog
from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.management.commands import procrastinate

from hub.logs import log_uncaught
from hub.metrics.counters import count_job, count_start
from hub.serving.loading import load_all
from hub.serving.pulse import Pulse, beating
from hub.spans import job_span

log = structlog.get_logger("hub.worker")
NOT_THE_WORKERS = {"command", "func"}


class Command(procrastinate.Command):
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if options["command"] != "worker":
            super().handle(*args, **options)
            return
        call_command("erasure_key", verbosity=0)
        load_all()  # jobs mail addresses, and exports show the admin's lists
        log_uncaught()
        count_start("background worker")
        given = {name: value for name, value in options.items() if name not in self._django_options}
        with ExitStack() as beside:
            for name in settings.BESIDE_JOBS:
                beside.enter_context(import_string(name)())
            beside.enter_context(app.replace_connector(cast(DjangoConnector, app.connector).get_worker_connector()))
            asyncio.run(_work({name: value for name, value in given.items() if name not in NOT_THE_WORKERS}))


async def _work(options: Mapping[str, Any]) -> None:
    """Work on the queue until told to end. What keeps it from that is logged, and ends the process with 1."""
    pulse = Pulse.inherited()
    beats = asyncio.create_task(beating(pulse)) if pulse else None
    log.info("the background worker starts", queues=options.get("queues") or "all")
    try:
        async with app.open_async():
            await app.run_worker_async(**options, worker_middleware=[watch_job])
    except Exception as error:
        log.error("the background worker can't go on", exc_info=error)
        sys.exit(1)
    finally:
        if beats:
            beats.cancel()
    log.info("the background worker has ended")


async def watch_job(run: Callable[[], Awaitable[Any]], context: JobContext, worker: object) -> Any:
    """Log and count a job when it has ended: by its task, never by what it was told, which may name people."""
    began, outcome = time.perf_counter(), "succeeded"
    with structlog.contextvars.bound_contextvars(job=context.job.id):
        try:
            with job_span(context.job.task_name, context.job.id):
                return await run()
        except Exception:
            outcome = "failed"
            raise
        finally:
            seconds = time.perf_counter() - began
            count_job(context.job.task_name, outcome, seconds)
            record = log.info if outcome == "succeeded" else log.warning
            record(
                "job",
                task=context.job.task_name,
                outcome=outcome,
                attempt=context.job.attempts + 1,
                ms=round(seconds * 1000, 1),
            )
