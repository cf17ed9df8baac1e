"""`manage.py init`: from an empty database to somebody who logs in; again, it changes nothing."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError
from django.db import connection
from django.test import Client
from pytest_django import Settings

from tenants.models import AccountEvent, ApiKey, AuditEvent, AuditKind, Invitation, Membership, Role, Tenant
from tests.conftest import Partner
from tests.members import text
from tests.tenants.test_commands import run, status

pytestmark = pytest.mark.django_db
PASSWORD = "seven purple kettles jumping"
LINK = re.compile(r"(https?://[^/\s]+)(/admin/(password|invitation)/\S+)")
COUNTED = (User, Tenant, ApiKey, Invitation, AuditEvent, AccountEvent)


def counts() -> list[int]:
    return [model._default_manager.count() for model in COUNTED]


def links(printed: str) -> dict[str, str]:
    """Return the paths that links lead to, by what they are for."""
    return {kind: path for _, path, kind in LINK.findall(printed)}


def set_password(path: str) -> Any:
    client = Client()
    address = client.get(path, follow=True).redirect_chain[-1][0]
    return client.post(address, {"new_password1": PASSWORD, "new_password2": PASSWORD}, follow=True)


def log_in(name: str) -> Client | None:
    client = Client()
    is_in = client.post("/admin/login/", {"username": name, "password": PASSWORD}).status_code == 302
    return client if is_in else None


def test_the_first_superuser_sets_a_password_by_the_link_once_and_sees_the_system() -> None:
    path = links(run("init", "--email", "Ops@Example.com"))["password"]

    set_password(path)

    for name in ("admin", "ops@example.com"):
        client = log_in(name)
        assert client is not None
        assert client.get("/admin/system/").status_code == 200
    assert "good no more" in text(Client().get(path, follow=True))
    assert AccountEvent.objects.filter(kind=AuditKind.USER_ADDED, user__username="admin").count() == 1


def test_nobody_logs_in_before_the_link_was_used() -> None:
    run("init")

    assert log_in("admin") is None
    assert not User.objects.get().has_usable_password()


def test_again_it_changes_nothing_and_says_so() -> None:
    asked = ["init", "--tenant", "Café Noir", "--admin", "jane@example.com", "--key"]
    run(*asked)
    before = counts()

    again = run(*asked)

    assert counts() == before
    assert "\nNothing was changed.\n" in again
    assert links(again) == {}


def test_another_link_is_made_when_it_is_asked_for() -> None:
    run("init", "--user", "maria")
    before = counts()

    printed = run("init", "--link", "--origin", "https://hub.example/")

    assert "Nothing was changed." not in printed
    assert counts() == before
    assert LINK.findall(printed)[0][0] == "https://hub.example"
    set_password(links(printed)["password"])
    assert log_in("maria") is not None


def test_a_superuser_who_is_there_stays_the_only_one() -> None:
    User.objects.create_superuser("root", "", PASSWORD)

    printed = run("init")

    assert "root is there already; --link" in printed
    assert User.objects.count() == 1


def test_a_tenant_its_admin_and_its_key_are_made_where_they_are_asked_for() -> None:
    printed = run("init", "--tenant", "Café Noir", "--admin", "Jane@Example.com", "--key")
    tenant = Tenant.objects.get(slug="cafe-noir")

    guest = Client()
    person = {"first_name": "Jane", "last_name": "Doe", "new_password1": PASSWORD, "new_password2": PASSWORD}
    guest.post(links(printed)["invitation"], person)

    (key,) = re.findall(r"^Key +(\S+)  \(shown once\)$", printed, re.MULTILINE)
    assert status(Partner(tenant, key)) == 200
    member = Membership.objects.get(tenant=tenant)
    assert (member.role, member.user.email) == (Role.ADMIN, "jane@example.com")
    assert "looks after it" in run("init", "--tenant", "Café Noir", "--admin", "JANE@example.com")


def test_a_tenant_alone_has_no_key() -> None:
    run("init", "--tenant", "Café Noir")

    assert (Tenant.objects.count(), ApiKey.objects.count(), Invitation.objects.count()) == (1, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--key"], "--admin and --key go with --tenant."),
        (["--admin", "jane@example.com"], "--admin and --key go with --tenant."),
        (["--email", "nobody"], "--email must be an e-mail address."),
        (["--tenant", "Noir", "--admin", "jane"], "--admin must be an e-mail address."),
        (["--origin", "hub.example"], "--origin must look like https://hub.example."),
        (["--tenant", ""], "name: "),
        (["--tenant", "x" * 201], "name: "),
        (["--tenant", "No\x00ir"], "--tenant must be text in UTF-8."),
        (["--user", "no\udcffone"], "--user must be text in UTF-8."),
        (["--user", "no one"], "username: "),
        (["--user", ""], "username: "),
    ],
)
def test_what_cannot_be_used_is_one_line_and_makes_nothing(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("init", *arguments)

    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)
    assert counts() == [0] * len(COUNTED)


@pytest.mark.parametrize(
    ("https", "hosts", "origin"),
    [
        (True, ["localhost", ".shop.example", "hub.example"], "https://hub.example"),
        (True, ["localhost", "*"], "http://127.0.0.1:"),
        (False, ["hub.example"], "http://127.0.0.1:"),
    ],
)
def test_links_lead_to_where_browsers_reach_the_hub(
    settings: Settings, https: bool, hosts: list[str], origin: str
) -> None:
    settings.HTTPS, settings.ALLOWED_HOSTS = https, hosts

    assert LINK.findall(run("init"))[0][0].startswith(origin)


def test_a_database_of_a_newer_version_is_left_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('orders', '9999_tomorrow', now())")

    with pytest.raises(CommandError, match=r"newer version of the hub, the last orders\.9999_tomorrow: an older one"):
        run("init")

    assert User.objects.count() == 0
    assert "the last orders.9999_tomorrow" in run("version")


def test_a_database_that_lacks_migrations_is_said_to() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'orders'")

    assert re.search(r"^Database +\d+ migrations? to be run", run("version"), re.MULTILINE)
