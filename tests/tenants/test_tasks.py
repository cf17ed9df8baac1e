"""What the background worker does by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob

from tenants.models import HealthSnapshot, LoggedRequest, RateCounter, RequestCount, StrangerCount
from tenants.tasks import measure_tenants, purge, rescue_stalled_jobs
from tests.conftest import Partner
from tests.requests_log import logged

NOW = int(datetime.now(UTC).timestamp())


@pytest.fixture
def short_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's threads keep their connections; here they must be gone before the database is."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


def defer(task: Any) -> int:
    """Defer a periodic task as the worker's clock does."""
    return int(task.defer(timestamp=NOW))


def run_worker() -> None:
    """Run the jobs that wait until there are none."""
    with app.replace_connector(cast(DjangoConnector, app.connector).get_worker_connector()) as worker:
        worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


def test_health_is_measured(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1"})

    measure_tenants(NOW)

    assert HealthSnapshot.objects.get(tenant=partner.tenant).figures["customers"] == 1


def test_what_is_stale_is_purged(partner: Partner) -> None:
    partner.post("customers", [{}])
    Partner(partner.tenant, "wrong").get("/customers/{tenant}")
    assert logged(partner)
    month = timezone.now() - timedelta(days=31)
    LoggedRequest.objects.update(created_at=month)
    RequestCount.objects.update(day=month.date())
    StrangerCount.objects.update(hour=month)
    long_ago = timezone.now() - timedelta(days=2)
    RateCounter.objects.create(bucket="address 1", minute=long_ago, in_minute=1, hour=long_ago, in_hour=1)
    for key, ends in (("ended", long_ago), ("goes on", timezone.now() + timedelta(hours=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=ends)

    purge(NOW)

    assert [session.pk for session in Session.objects.all()] == ["goes on"]
    assert [model.objects.count() for model in (LoggedRequest, RequestCount, StrangerCount)] == [0, 0, 0]
    assert {counter.bucket for counter in RateCounter.objects.all()} == {f"tenant {partner.id}", "address 127.0.0.1"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_what_was_deferred(short_connections: None) -> None:
    job = defer(measure_tenants)

    run_worker()

    assert ProcrastinateJob.objects.get(pk=job).status == "succeeded"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_died_is_run_again(short_connections: None) -> None:
    died = defer(purge)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        )
        worker = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", [worker, died])
    defer(rescue_stalled_jobs)

    run_worker()

    assert ProcrastinateJob.objects.get(pk=died).status == "succeeded"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_job_does_not_notice_that_the_database_restarted(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1"})
    settings = connection.get_connection_params()
    with psycopg.connect(**settings) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [connection.connection.info.backend_pid])

    measure_tenants(NOW)

    assert HealthSnapshot.objects.get(tenant=partner.tenant).figures["customers"] == 1
