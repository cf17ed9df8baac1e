"""What the background worker does by itself for all tenants."""

from datetime import timedelta
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from hub.sql.execute import renew_connection
from tenants.attempts import purge_attempts
from tenants.audit.purge import purge_audit
from tenants.changes.expiry import expire_changesets
from tenants.changes.images import purge_images
from tenants.changes.once import purge_answers
from tenants.changes.remains import vacuum_erased
from tenants.exports.ends import purge_exports
from tenants.health import refresh_health
from tenants.imports.ends import purge_imported
from tenants.imports.purge import purge_uploads
from tenants.imports.worker import take_up
from tenants.invitations import purge_invitations
from tenants.mails import send_resets
from tenants.models import RateCounter
from tenants.quarantine.ends import purge_quarantine
from tenants.requests.purge import purge_requests
from tenants.sandboxes.emptying import finish_emptying
from tenants.system.jobs import STALLED_SECONDS
from tenants.webhooks.purge import purge_deliveries

KEPT_HOURS, KEPT_HOURS_FAILED = 24, 30 * 24  # of jobs that have ended


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="measure_tenants", lock="measure_tenants")
def measure_tenants(timestamp: int) -> None:
    """Measure the health of the tenants whose data changed; never twice at a time."""
    renew_connection()
    refresh_health()


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="purge")
def purge(timestamp: int) -> None:
    """Delete what is over: requests and answers, old ends of audit, feed and logs, quarantine, images and more."""
    renew_connection()
    call_command("clearsessions")
    purge_requests()
    purge_audit()
    expire_changesets()
    purge_images()
    purge_answers()
    RateCounter.objects.filter(hour__lt=timezone.now() - timedelta(days=1)).delete()
    purge_attempts()
    purge_invitations()
    purge_deliveries()
    purge_quarantine()
    purge_uploads()
    purge_imported()
    purge_exports()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


@app.task
def run_import(import_id: int, tenant_id: str) -> None:
    """Run the job of a file, beside the queue's other jobs."""
    take_up(import_id, UUID(tenant_id))


@app.task(retry=3)
def mail_resets(users: list[int], origin: str) -> None:
    """Mail users, if any, a link to a new password."""
    renew_connection()
    send_resets(users, origin)


@app.periodic(cron="23 3 * * *")
@app.task(queueing_lock="vacuum", lock="vacuum")
def vacuum(timestamp: int) -> None:
    """Vacuum, at night, what erasures left on disk; never twice at a time."""
    renew_connection()
    vacuum_erased()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="empty_sandboxes", lock="empty_sandboxes")
def empty_sandboxes(timestamp: int) -> None:
    """Go on emptying the sandboxes that a page, or whoever was killed, has not emptied to the end."""
    renew_connection()
    finish_emptying()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="rescue_stalled_jobs", pass_context=True)
async def rescue_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Queue the jobs of dead workers again: procrastinate leaves them as they are, `doing` for ever."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await jobs.retry_job(job)


@app.periodic(cron="11 * * * *")
@app.task(queueing_lock="purge_jobs", pass_context=True)
async def purge_jobs(context: JobContext, timestamp: int) -> None:
    """Delete the jobs that have ended: procrastinate keeps them for ever, 2,000 a day. Failed ones stay for 30 days."""
    jobs = context.app.job_manager
    await jobs.delete_old_jobs(nb_hours=KEPT_HOURS, include_cancelled=True, include_aborted=True)
    await jobs.delete_old_jobs(nb_hours=KEPT_HOURS_FAILED, include_failed=True)
