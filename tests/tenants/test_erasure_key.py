"""The erasure key: the database knows the one it was used with, and whoever writes starts with no other."""

import threading
from typing import Any

import pytest
from django.conf import settings as hub_settings
from django.contrib.auth.models import User
from django.core.management import call_command, get_commands
from django.db import connection
from django.test import Client
from pytest_django import Settings

from hub.environment import EnvironmentProblem
from tenants.changes.fingerprint import check_erasure_key
from tenants.models import ErasureKey
from tests.conftest import Partner
from tests.customers.dialects.vendors import upload
from tests.tenants.test_commands import run

pytestmark = pytest.mark.django_db
OLD, NEW = "o" * 32, "n" * 32
ANN = {"external_id": "ann-1", "email": "ann@example.org"}


@pytest.fixture(autouse=True)
def used_with_the_old_key(settings: Settings) -> Settings:
    """A database that was used with OLD."""
    settings.ERASURE_KEY = OLD
    run("erasure_key")
    return settings


def refusal(*command: str) -> str:
    """Return what a command that refuses to start says, in one line."""
    with pytest.raises(EnvironmentProblem) as refused:
        run(*command)
    line = str(refused.value)
    assert "\n" not in line
    return line


def test_the_key_itself_is_not_stored() -> None:
    (kept,) = ErasureKey.objects.values()

    assert kept["fingerprint"] != OLD
    assert len(kept["fingerprint"]) == 64


def test_with_the_same_key_everything_starts() -> None:
    assert run("erasure_key") == "The hub has the erasure key that this database was used with.\n"
    check_erasure_key()


def test_a_new_key_must_be_long_and_one_that_somebody_was_forgotten_with_is_as_it_is(
    settings: Settings, partner: Partner
) -> None:
    settings.ERASURE_KEY = "as short as a SECRET_KEY was"
    ErasureKey.objects.all().delete()
    line, lost = refusal("erasure_key"), refusal("erasure_key", "--replace")
    upload(partner, {**ANN, "is_forgotten": True})

    run("erasure_key")

    assert line == lost
    assert line.startswith("ERASURE_KEY: a key must have 32 characters or more, in UTF-8. Make a new one")
    assert upload(partner, ANN)["skipped"] == [0]


WRITE_OR_VOUCH = [
    ["erasure_key"],
    ["demo"],
    ["procrastinate", "worker"],
    ["import", "shop", "customers", "README.md"],
    ["sandbox", "empty", "shop"],
    ["create_tenant", "--sandbox-of", "shop"],
    ["webhooks", "list", "shop"],
    ["verify_certificate", "README.md"],
    ["backup", "-"],
]


@pytest.mark.parametrize("command", WRITE_OR_VOUCH, ids=lambda command: command[0])
def test_with_another_key_what_writes_says_what_to_do(settings: Settings, command: list[str]) -> None:
    settings.ERASURE_KEY = NEW

    line = refusal(*command)

    assert line.startswith("ERASURE_KEY is not the one this database was used with")
    assert "manage.py erasure_key --replace" in line
    assert OLD not in line
    assert NEW not in line


def test_where_the_key_is_a_file_the_line_names_it(settings: Settings) -> None:
    settings.ERASURE_KEY = NEW
    settings.ENVIRONMENT = hub_settings.ENVIRONMENT.model_copy(update={"DATABASE_URL": "", "ERASURE_KEY": ""})

    assert f"Bring back the file {hub_settings.ENVIRONMENT.HUB_DATA}/erasure_key" in refusal("erasure_key")


def test_where_it_is_a_variable_the_line_says_what_it_was(settings: Settings) -> None:
    settings.ERASURE_KEY = NEW
    settings.ENVIRONMENT = hub_settings.ENVIRONMENT.model_copy(update={"ERASURE_KEY": NEW})

    assert "the former ERASURE_KEY or SECRET_KEY" in refusal("erasure_key")


def test_with_another_key_the_operator_can_still_mend(settings: Settings) -> None:
    settings.ERASURE_KEY = NEW

    run("migrate", "--verbosity=0")
    run("check")
    run("database_url")
    run("createsuperuser", "--noinput", "--username=root", "--email=root@example.com")
    run("create_tenant", "Shop", "--slug=mended")
    run("create_key", "mended")

    assert User.objects.filter(username="root").exists()


def test_the_hubs_own_worker_command_is_the_one_that_runs() -> None:
    assert get_commands()["procrastinate"] == "hub"


def test_a_database_without_a_fingerprint_trusts_the_first_key_once(settings: Settings, partner: Partner) -> None:
    """As one has that comes from an earlier version, with forgotten persons in it."""
    upload(partner, {**ANN, "is_forgotten": True})
    ErasureKey.objects.all().delete()

    run("erasure_key")

    settings.ERASURE_KEY = NEW
    refusal("erasure_key")
    settings.ERASURE_KEY = OLD
    run("erasure_key")
    assert upload(partner, ANN)["skipped"] == [0]


def test_a_lost_key_is_replaced_by_hand_alone_and_its_consequence_said(settings: Settings, partner: Partner) -> None:
    upload(partner, {**ANN, "is_forgotten": True})
    settings.ERASURE_KEY = NEW
    refusal("erasure_key")

    said = run("erasure_key", "--replace")

    assert "2 identifiers of forgotten persons" in said
    assert "may come back" in said
    run("erasure_key")
    assert "skipped" not in upload(partner, ANN)
    settings.ERASURE_KEY = OLD
    refusal("erasure_key")


def test_a_key_that_was_found_again_takes_its_place_again(settings: Settings, partner: Partner) -> None:
    upload(partner, {**ANN, "is_forgotten": True})
    settings.ERASURE_KEY = NEW
    run("erasure_key", "--replace")
    settings.ERASURE_KEY = OLD

    run("erasure_key", "--replace")

    assert upload(partner, ANN)["skipped"] == [0]


def test_replacing_a_key_by_itself_loses_nothing(partner: Partner) -> None:
    upload(partner, {**ANN, "is_forgotten": True})

    assert "has the erasure key" in run("erasure_key", "--replace")
    assert upload(partner, ANN)["skipped"] == [0]


def test_no_request_asks_for_the_fingerprint(
    settings: Settings, partner: Partner, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2) as queries:
        upload(partner, ANN)

    assert not any("erasurekey" in query["sql"] for query in queries.captured_queries)


@pytest.mark.django_db(transaction=True)
def test_of_many_that_start_first_at_once_one_writes_it_and_none_fails(settings: Settings) -> None:
    ErasureKey.objects.all().delete()
    settings.ERASURE_KEY = NEW
    together, refused = threading.Barrier(8), []

    def start() -> None:
        together.wait()
        try:
            call_command("erasure_key", verbosity=0)
        except EnvironmentProblem as problem:
            refused.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == []
    assert ErasureKey.objects.count() == 1
    run("erasure_key")


# SECRET_KEY, which may change


@pytest.fixture
def logged_in(settings: Settings) -> Client:
    settings.SECRET_KEY = "first " * 8
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a password of root"))
    assert client.get("/admin/").status_code == 200
    return client


def test_a_session_goes_on_under_a_new_secret_key_while_the_old_one_is_a_fallback(
    settings: Settings, logged_in: Client
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "second " * 8, ["first " * 8]
    assert logged_in.get("/admin/").status_code == 200

    settings.SECRET_KEY_FALLBACKS = []
    assert logged_in.get("/admin/").status_code == 200  # it was signed anew meanwhile


def test_without_it_every_session_ends(settings: Settings, logged_in: Client) -> None:
    settings.SECRET_KEY = "second " * 8

    assert logged_in.get("/admin/").headers["Location"].startswith("/admin/login/")
