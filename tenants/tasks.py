"""What the background worker does by itself for all tenants."""

from datetime import timedelta

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from tenants.health import refresh_health
from tenants.models import RateCounter
from tenants.refusals import purge_refused_requests

STALLED_SECONDS = 600


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="refresh_health", lock="refresh_health", name="refresh_health", pass_context=False)
def refresh_health_task(timestamp: int) -> int:
    """Measure the health of tenants whose data changed; never twice at a time."""
    return refresh_health()


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="purge", name="purge")
def purge(timestamp: int) -> None:
    """Delete refused requests older than 30 days, and rate counters of callers who came last more than a day ago."""
    purge_refused_requests()
    RateCounter.objects.filter(hour__lt=timezone.now() - timedelta(days=1)).delete()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="rescue_stalled_jobs", name="rescue_stalled_jobs", pass_context=True)
async def rescue_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Queue jobs again whose worker died: procrastinate leaves them `doing` for ever."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await manager.retry_job(job)
