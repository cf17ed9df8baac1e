"""Logging in to the admin."""

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from tenants.models import RateCounter

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def limits(settings) -> None:
    """Ten attempts an hour, so that no test fails for a minute that ends; and a hash that is quick."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": (1_000_000, 10)}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def member() -> User:
    return User.objects.create_user("maria", password=PASSWORD, is_staff=True)


def log_in(name: str, password: str, address: str = "10.0.0.1"):
    sent = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post("/admin/login/", sent)


def test_a_member_logs_in(member: User) -> None:
    assert log_in("maria", PASSWORD).status_code == 302


def test_past_the_limit_even_the_right_password_is_refused(member: User) -> None:
    for _ in range(10):
        assert "correct username" in log_in("maria", "wrong").content.decode()

    assert "Too many attempts" in log_in("maria", PASSWORD).content.decode()


def test_attempts_from_many_addresses_count_for_the_name(member: User) -> None:
    for i in range(10):
        log_in("Maria ", "wrong", address=f"10.0.1.{i}")

    assert "Too many attempts" in log_in("maria", PASSWORD, address="10.0.2.1").content.decode()


def test_another_name_from_another_address_is_not_held_up(member: User) -> None:
    for _ in range(11):
        log_in("nobody", "wrong", address="10.0.9.9")

    assert log_in("maria", PASSWORD).status_code == 302


def test_what_was_typed_as_name_is_not_kept(member: User) -> None:
    log_in("my-secret-password", "x")

    assert not RateCounter.objects.filter(bucket__contains="my-secret").exists()


def test_who_may_not_use_the_admin_any_more_sees_the_login(member: User) -> None:
    client = Client()
    client.force_login(member)
    User.objects.update(is_staff=False)

    answer = client.get("/admin/", follow=True)

    assert answer.status_code == 200
    assert "User name or e-mail" in answer.content.decode()


def test_who_is_logged_in_is_sent_on(member: User) -> None:
    client = Client()
    client.force_login(member)

    assert client.get("/admin/login/")["Location"] == "/admin/"
    assert client.get("/admin/login/?next=https://evil.example/")["Location"] == "/admin/"


def test_the_email_does_instead_of_the_user_name(member: User) -> None:
    User.objects.update(email="maria@example.com")

    assert log_in("Maria@example.com", PASSWORD).status_code == 302
    assert log_in("maria@example.com", "wrong").status_code == 200


def test_what_passkeys_sign_is_counted() -> None:
    """Each is kept in a session: strangers could fill the table."""
    asked = [Client().get("/admin/login/passkey/", headers={"accept": "application/json"}) for _ in range(11)]

    assert [answer.status_code for answer in asked] == [200] * 10 + [429]
    assert Session.objects.count() == 10


def test_every_page_has_the_content_security_policy() -> None:
    policy = Client().get("/admin/login/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self' 'unsafe-eval';" in policy
