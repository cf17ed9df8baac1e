"""The system page: its figures are true, say when they are bad, and are superusers' alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from hub.version import VERSION
from tenants.models import HealthSnapshot, Import, ImportState, PageCount, PauseReason, Role, Tenant, Webhook
from tenants.requests.writer import WRITER
from tenants.system import figures, jobs, pages
from tenants.system.figures import Card, Figure
from tenants.tasks import measure_tenants, purge, purge_jobs
from tests.conftest import CLIENT, MakeTenant, Partner
from tests.members import browser, make_user, member, superuser, text
from tests.tenants.test_tasks import defer, run_worker, short_connections  # noqa: F401

pytestmark = pytest.mark.django_db
PAGE = "/admin/system/"


def ran(statement: str, *values: Any) -> Any:
    """Run a statement about procrastinate's tables, which the hub writes through procrastinate alone."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0] if cursor.description else None


def worker(seconds: int) -> int:
    """Have a worker that gave its last sign so long ago; return its id."""
    at = "now() - make_interval(secs => %s)"
    return int(ran(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES ({at}) RETURNING id", seconds))


def job(task: Any, status: str, *, minutes: int = 0, worker_id: int | None = None) -> int:
    """Have a job of a task that came to a status so many minutes ago; return its id."""
    pk = defer(task)
    if status != "todo":
        ran("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", worker_id, pk)
    if status not in ("todo", "doing"):
        ran("UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s", status, pk)
    ran("UPDATE procrastinate_events SET at = now() - make_interval(mins => %s) WHERE job_id = %s", minutes, pk)
    return pk


def shown(client: Client | None = None) -> dict[str, Figure]:
    """Return the figures of the page by name."""
    cards: list[Card] = (client or superuser()).get(PAGE).context["cards"]
    assert [card.title for card in cards if card.unknown] == []
    return {figure.name: figure for card in cards for figure in card.figures}


def rows(title: str) -> list[list[str]]:
    """Return the rows of a table of the page."""
    cards: list[Card] = superuser().get(PAGE).context["cards"]
    (found,) = [table for card in cards for table in card.tables if table.title == title]
    return [[str(cell) for cell in row] for row in found.rows]


def test_it_opens_for_superusers_alone(partner: Partner) -> None:
    admin = member(Role.ADMIN, partner.tenant)

    assert superuser().get(PAGE).status_code == 200
    assert admin.get(PAGE).status_code == 403
    assert browser(make_user("nobody")).get(PAGE).status_code == 403
    assert CLIENT.get(PAGE).status_code == 302
    assert PAGE not in text(admin.get("/admin/"))
    assert PAGE in text(superuser().get("/admin/"))


def test_a_hub_without_a_worker_says_so_and_what_to_do() -> None:
    figure = shown()["Workers alive"]

    assert (figure.value, figure.is_bad) == ("0, none is registered", True)
    assert "manage.py serve" in text(superuser().get(PAGE))


@pytest.mark.parametrize(("seconds", "is_bad"), [(5, False), (100, False), (130, True)])
def test_a_worker_is_alive_for_two_minutes_after_its_last_sign(seconds: int, is_bad: bool) -> None:
    worker(seconds)

    assert shown()["Workers alive"].is_bad is is_bad


def test_a_job_of_a_dead_worker_is_stalled_and_that_of_a_living_one_is_not() -> None:
    job(purge, "doing", worker_id=worker(5))
    assert not shown()["Stalled jobs"].is_bad

    job(measure_tenants, "doing", worker_id=worker(300))

    assert (shown()["Stalled jobs"].value, shown()["Stalled jobs"].is_bad) == ("1", True)
    assert shown()["Running"].value == "2"


def test_what_waits_too_long_is_bad_and_told_by_task() -> None:
    job(purge, "todo", minutes=1)
    assert not shown()["Waiting"].is_bad

    job(measure_tenants, "todo", minutes=9)

    assert (shown()["Waiting"].value, shown()["Waiting"].is_bad) == ("2, the oldest for 9 min", True)
    assert rows("The queue by task") == [
        ["measure tenants", "1", "0", "0", "9 min"],
        ["purge", "1", "0", "0", "60 s"],
    ]


def test_a_failed_job_is_listed_for_a_day_with_the_way_to_it() -> None:
    failed = job(purge, "failed", minutes=30)
    job(measure_tenants, "failed", minutes=25 * 60)

    ((_, link, attempts),) = rows("Failed in the last day")

    assert f"/admin/procrastinate/procrastinatejob/{failed}/change/" in link
    assert attempts == "0"
    assert shown()["Failed in the last day"].is_bad


def test_each_periodic_task_has_its_last_run_and_its_last_failure() -> None:
    job(purge, "succeeded", minutes=10)
    job(purge, "failed", minutes=5)
    job(measure_tenants, "succeeded", minutes=60)

    found = {row[0]: row for row in rows("Last runs")}

    assert {"measure tenants", "purge", "purge jobs", "vacuum", "find all duplicates"} <= set(found)
    assert [cell == "–" for cell in found["purge"]] == [False] * 5
    assert found["vacuum"][2:] == ["–", "–", "0"]
    assert (shown()["Failed last time"].value, shown()["Late"].value) == ("purge", "measure tenants")


@pytest.mark.parametrize("chosen", [PauseReason.HAND, PauseReason.COPY])
def test_a_webhook_that_the_hub_stopped_is_bad_and_one_that_was_paused_is_not(partner: Partner, chosen: str) -> None:
    hook = Webhook(tenant=partner.tenant, label="ERP", url="https://erp.example/", secret="", position=0)
    hook.paused_at, hook.pause_reason = timezone.now(), chosen
    hook.save()
    assert not shown()["Webhooks"].is_bad

    Webhook.objects.update(pause_reason=PauseReason.FAILING)

    assert shown()["Webhooks"].is_bad


def test_a_webhook_that_fails_is_counted_at_once_and_bad_after_an_hour(partner: Partner) -> None:
    hook = Webhook(tenant=partner.tenant, label="ERP", url="https://erp.example/", secret="", position=0)
    hook.failing_since = timezone.now() - timedelta(minutes=5)
    hook.save()
    figure = shown()["Webhooks"]
    assert (figure.value, figure.is_bad) == ("1, 1 failing, 0 stopped by the hub", False)

    Webhook.objects.update(failing_since=timezone.now() - timedelta(minutes=61))

    assert shown()["Webhooks"].is_bad


def test_an_import_without_a_sign_is_bad(partner: Partner) -> None:
    states = {"tenant": partner.tenant, "entity": "customers", "format": "csv", "state": ImportState.RUNNING}
    Import.objects.create(**states, created_at=timezone.now(), beat_at=timezone.now())
    assert (shown()["Imports"].value, shown()["Imports"].is_bad) == ("1 running, 0 waiting", False)

    Import.objects.update(beat_at=timezone.now() - timedelta(minutes=11))

    assert shown()["Imports"].is_bad


def test_when_health_was_measured_last_is_told(partner: Partner) -> None:
    assert not shown()["Health measured"].is_bad
    Tenant.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert shown()["Health measured"].is_bad

    partner.save("customers", {"CustomerId": "1"})
    measure_tenants(0)

    assert HealthSnapshot.objects.exists()
    assert not shown()["Health measured"].is_bad


def test_names_that_are_not_searched_yet_are_told(partner: Partner) -> None:
    assert shown()["Names searched"].value == "up to date"

    partner.save("customers", {"CustomerId": "1", "Name": "Ada"})

    assert shown()["Names searched"].value == "being made anew"


def test_pages_are_counted_by_route_without_any_value(partner: Partner) -> None:
    client = superuser()
    for path in (
        "customers/customer/?q=ada@shop.example",
        "customers/customer/777/change/",
        "nothing/ada@shop.example",
    ):
        client.get(f"/admin/{path}")

    WRITER.flush()

    counted = dict(PageCount.objects.values_list("route", "requests"))
    assert "ada" not in str(counted)
    assert counted["/admin/customers/customer/"] == 1
    assert sum(counted.values()) == 3
    assert "/admin/customers/customer/" in str(rows("Slowest pages of the last day"))


@pytest.mark.within("an hour")
def test_counts_of_an_hour_add_up() -> None:
    client = superuser()
    for _ in range(2):
        for _ in range(3):
            client.get("/admin/tenants/tenant/")
        WRITER.flush()

    (counted,) = PageCount.objects.filter(route="/admin/tenants/tenant/")
    assert (counted.requests, sum(counted.buckets), counted.failed) == (6, 6, 0)
    assert counted.slowest > 0


def test_a_page_that_fails_is_listed_with_its_trace_and_the_kind_of_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("ada@shop.example")

    client = superuser()
    client.raise_request_exception = False
    monkeypatch.setattr("tenants.admin.system.patiently", broken)
    answer = client.get(PAGE)
    monkeypatch.undo()
    WRITER.flush()

    ((_, route, fault, trace_id, times),) = rows("Pages that failed")

    assert answer.status_code == 500
    assert (route, fault, times) == (PAGE, "ZeroDivisionError", "1")
    assert trace_id == answer["X-Request-Id"]
    assert shown()["Failed in the last day (5xx)"].is_bad


@pytest.mark.parametrize(("times", "is_bad"), [(19, False), (20, True)])
def test_a_page_is_slow_only_where_enough_asked_for_it(times: int, is_bad: bool) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    buckets = [0, 0, 0, 0, 0, times, 0, 0]
    PageCount.objects.create(
        hour=hour, route="/admin/slow/", requests=times, failed=0, slowest=1500, buckets=buckets, fault=""
    )

    assert shown()["Slow pages"].is_bad is is_bad


@pytest.mark.parametrize(
    ("buckets", "within"),
    [([100, 0, 0, 0, 0, 0, 0, 0], 50), ([95, 0, 0, 5, 0, 0, 0, 0], 50), ([94, 0, 0, 6, 0, 0, 0, 0], 500)],
)
def test_what_95_of_100_take_is_the_bound_that_holds_them(buckets: list[int], within: int) -> None:
    assert pages.bound(buckets) == within


def test_what_takes_longer_than_the_last_bound_is_more_than_that() -> None:
    assert pages.written(pages.bound([0, 0, 0, 0, 0, 0, 0, 1])) == "more than 5,000 ms"


def test_calls_of_the_api_are_told_by_route(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1", "Email": "ada@shop.example"})
    WRITER.flush()

    assert [row[:2] for row in rows("Slowest routes of the last day")] == [["POST /customers/{tenantId}", "1"]]
    assert "ada@" not in text(superuser().get(PAGE))  # three letters alone may stand in a token


def test_the_database_and_the_hub_are_told() -> None:
    found = shown()

    assert found["PostgreSQL"].value
    assert found["Version"].value == VERSION
    assert found["Replica"].value == "none: READ_DATABASE_URL is not set"
    assert not found["Connections"].is_bad
    assert len(rows("Largest tables")) == len(rows("Largest indexes")) == 12


def test_a_card_that_the_database_gives_up_does_not_take_the_page_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "QUEUE", "SELECT pg_sleep(1)")
    monkeypatch.setattr(figures, "PATIENCE_MS", 20)

    page = superuser().get(PAGE)

    assert [card.title for card in page.context["cards"] if card.unknown] == ["Jobs"]
    assert figures.TOO_LONG in text(page)


def test_a_replica_that_is_away_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        settings_dict: dict[str, Any] = {}

        def cursor(self) -> Any:
            raise DatabaseError

    class Connections(dict[str, Any]):
        settings = ("default", "replica")

    away, here = Away(), Away()
    here.settings_dict = {"NAME": "hub"}
    monkeypatch.setattr("tenants.system.database.connections", Connections(replica=away, default=here))

    assert (shown()["Replica"].value, shown()["Replica"].is_bad) == ("cannot be reached", True)


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (0, "0 s"), (119, "119 s"), (720, "12 min"), (7200, "2 h"), (259_200, "3 days")]
)
def test_a_length_of_time_is_written_in_its_unit(seconds: float | None, words: str) -> None:
    assert figures.said(seconds) == words


@pytest.mark.parametrize(("size", "words"), [(None, "–"), (7, "7 B"), (1_500, "1.5 kB"), (3_400_000_000, "3.4 GB")])
def test_a_size_is_written_in_its_unit(size: int | None, words: str) -> None:
    assert figures.sized(size) == words


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_jobs_that_ended_are_deleted(short_connections: None) -> None:  # noqa: F811
    gone = [job(purge, "succeeded", minutes=25 * 60), job(purge, "failed", minutes=31 * 24 * 60)]
    kept = [job(purge, "succeeded", minutes=23 * 60), job(purge, "failed", minutes=29 * 24 * 60)]
    itself = defer(purge_jobs)

    run_worker()

    left = set(ProcrastinateJob.objects.values_list("pk", flat=True))
    assert left >= {*kept, itself}
    assert not left & {*gone}
    assert ProcrastinateJob.objects.get(pk=itself).status == "succeeded"


def test_the_list_of_jobs_has_words_and_a_page_for_each() -> None:
    failed = job(purge, "failed", minutes=5)
    client = superuser()

    page = text(client.get("/admin/procrastinate/procrastinatejob/"))

    assert f"purge, {failed}" in page
    assert "failed" in text(client.get(f"/admin/procrastinate/procrastinatejob/{failed}/change/"))


def test_pages_of_another_week_are_purged(make_tenant: MakeTenant) -> None:
    superuser().get("/admin/")
    WRITER.flush()
    PageCount.objects.update(hour=timezone.now() - timedelta(days=8))

    purge(0)

    assert not PageCount.objects.exists()
