"""GET /livez and /readyz: what load balancers and whoever restarts processes ask."""

import time
from collections import namedtuple
from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from tenants.system.readiness import READINESS, knowing, needed
from tests.conftest import CLIENT, lines
from tests.waiting import PATIENCE

Disk = namedtuple("Disk", "f_bavail f_blocks f_frsize")
GIGABYTE = 1 << 30


@pytest.fixture(autouse=True)
def _looked_at_anew(db: None) -> Iterator[None]:
    READINESS.forget()
    yield
    READINESS.forget()


def beat(seconds: int) -> None:
    """Have a background worker that gave its last sign so long ago."""
    with connection.cursor() as cursor:
        at = "now() - make_interval(secs => %s)"
        cursor.execute(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES ({at})", [seconds])


def test_a_process_that_answers_is_alive_and_asks_the_database_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        response = CLIENT.get("/livez")

    assert response.status_code == 200
    assert response.json() == {"success": True, "message": "Alive.", "data": {"process": "up"}}


def test_a_hub_is_ready_with_a_database_that_is_up_to_date() -> None:
    beat(3)

    response = CLIENT.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "message": "Ready.",
        "data": {"database": "up", "migrations": "applied", "worker": "alive", "disk": "free"},
    }


def test_a_worker_that_is_away_keeps_no_request_out_and_counts_where_all_is_asked_for() -> None:
    beat(300)

    for_traffic, for_people = CLIENT.get("/readyz"), CLIENT.get("/readyz?all=1")

    assert (for_traffic.status_code, for_traffic.json()["data"]["worker"]) == (200, "absent")
    assert (for_people.status_code, for_people.json()["message"]) == (503, "Not ready: worker.")
    assert for_people["Retry-After"] == "5"


def test_a_hub_that_never_had_a_worker_says_so() -> None:
    assert CLIENT.get("/readyz").json()["data"]["worker"] == "absent"


@pytest.mark.parametrize(
    ("free", "size", "state"),
    [(20, 100, "free"), (0.5, 5, "free"), (4, 100, "free"), (0.5, 100, "low"), (0, 5, "low")],
)
def test_a_disk_is_low_below_a_gigabyte_and_a_twentieth(
    monkeypatch: pytest.MonkeyPatch, free: float, size: int, state: str
) -> None:
    beat(3)
    disk = Disk(int(free * GIGABYTE / 4096), size * GIGABYTE // 4096, 4096)
    monkeypatch.setattr("tenants.system.readiness.os.statvfs", lambda path: disk)

    with override_settings(FILES="/srv/files"):
        response = CLIENT.get("/readyz?all=1")

    assert response.json()["data"]["disk"] == state
    assert response.status_code == (200 if state == "free" else 503)
    assert CLIENT.get("/readyz").status_code == 200


def test_a_migration_that_is_missing_keeps_requests_out() -> None:
    MigrationRecorder.Migration.objects.filter(app="tenants").latest("id").delete()

    response = CLIENT.get("/readyz")

    assert (response.status_code, response.json()["message"]) == (503, "Not ready: migrations.")
    assert response.json()["data"]["database"] == "up"


def test_a_process_knows_its_migrations_from_its_start() -> None:
    """When it is asked, the files may be those of the next version already."""
    needed.cache_clear()

    with knowing():
        assert needed.cache_info().currsize == 1
    assert f"{knowing.__module__}.{knowing.__name__}" in settings.BESIDE_ANSWERS


def test_migrations_of_newer_code_are_no_fault() -> None:
    MigrationRecorder(connection).record_applied("tenants", "9999_of_the_next_version")

    assert CLIENT.get("/readyz").json()["data"]["migrations"] == "applied"


def test_probes_do_not_ask_more_often_than_once_a_second(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    CLIENT.get("/readyz")
    READINESS.looked_at += PATIENCE  # the second is not over, however busy the machine is

    with django_assert_num_queries(0):
        assert CLIENT.get("/readyz").status_code == 200

    READINESS.looked_at = time.monotonic() - 1.001
    with CaptureQueriesContext(connection) as asked:
        assert CLIENT.get("/readyz").status_code == 200
    assert len(asked) > 0


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health"])
@pytest.mark.parametrize("host", ["10.0.0.7:8000", "hub-7f9c", "evil.example"])
def test_probes_are_answered_whatever_the_host(path: str, host: str) -> None:
    assert CLIENT.get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@override_settings(SECURE_SSL_REDIRECT=True, HTTPS=True)
def test_probes_are_answered_without_tls_where_all_else_needs_it(path: str) -> None:
    assert CLIENT.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused_with_an_envelope(path: str, method: str) -> None:
    response = CLIENT.generic(method, path)

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert response.json()["success"] is False


def test_probes_that_go_well_are_no_noise_in_the_log_and_one_that_changes_is_told(log: StringIO) -> None:
    beat(300)
    CLIENT.get("/livez")
    CLIENT.get("/readyz")
    CLIENT.get("/readyz")

    told = [(line["event"], line["check"], line["state"]) for line in lines(log)]
    assert told == [("readiness changed", "worker", "absent")]
