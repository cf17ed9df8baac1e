"""Sessions: listed and ended by whose they are."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tenants.tasks import purge
from tests.members import text

pytestmark = pytest.mark.django_db
PASSWORD = "seven purple kettles jumping"
PAGE = "/admin/account/sessions/"
END = re.compile(r'action="(/admin/account/sessions/\d+/end/)"')


@pytest.fixture(autouse=True)
def maria() -> User:
    return User.objects.create_user("maria", password=PASSWORD, is_staff=True)


def log_in(address: str = "10.0.0.1", browser: str = "Firefox", name: str = "maria") -> Client:
    client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=browser)
    client.post("/admin/login/", {"username": name, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_sessions_are_listed_with_address_and_browser() -> None:
    here, _ = log_in("10.0.0.1", "Firefox"), log_in("2001:db8::7", "Chromium")
    User.objects.create_user("bodil", password=PASSWORD, is_staff=True)
    log_in("10.9.9.9", "Lynx", name="bodil")

    page = text(here.get(PAGE))

    for shown in ("10.0.0.1", "Firefox", "this one", "2001:db8::", "Chromium"):
        assert shown in page
    assert "Lynx" not in page


def test_an_address_is_the_one_past_the_proxies(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    client = Client(HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9")
    client.post("/admin/login/", {"username": "maria", "password": PASSWORD})

    assert UserSession.objects.get().ip == "203.0.113.9"


def test_an_address_that_is_none_keeps_nobody_out(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    client = Client(HTTP_X_FORWARDED_FOR="unknown")
    client.post("/admin/login/", {"username": "maria", "password": PASSWORD})

    assert is_in(client)


def test_one_session_is_ended() -> None:
    here, lost = log_in(), log_in("10.0.0.2")
    (address,) = END.findall(text(here.get(PAGE)))

    here.post(address)

    assert (is_in(here), is_in(lost)) == (True, False)
    assert "10.0.0.2" not in text(here.get(PAGE))


def test_all_other_sessions_are_ended() -> None:
    here, *others = log_in(), log_in("10.0.0.2"), log_in("10.0.0.3")

    here.post(PAGE)

    assert is_in(here)
    assert [is_in(client) for client in others] == [False, False]


def test_nobody_ends_anothers_session() -> None:
    victim = log_in()
    pk = UserSession.objects.get().pk
    User.objects.create_user("bodil", password=PASSWORD, is_staff=True)
    bodil = log_in(name="bodil")

    assert bodil.post(f"{PAGE}{pk}/end/").status_code == 404
    assert bodil.get(f"{PAGE}{pk}/end/").status_code == 405
    assert Client().post(f"{PAGE}{pk}/end/").status_code == 302
    bodil.post(PAGE)
    assert is_in(victim)


def test_a_new_password_ends_the_other_sessions() -> None:
    here, other = log_in(), log_in("10.0.0.2")
    fresh = "nine wooden spoons dancing"
    sent = {"old_password": PASSWORD, "new_password1": fresh, "new_password2": fresh}

    assert here.post("/admin/password_change/", sent).status_code == 302

    assert (is_in(here), is_in(other)) == (True, False)
    page = text(here.get(PAGE))
    assert "this one" in page
    assert "10.0.0.2" not in page


def test_sessions_that_are_over_are_purged() -> None:
    log_in()
    log_in("10.0.0.2")
    Session.objects.filter(session_key=UserSession.objects.filter(ip="10.0.0.2").get().session_key).update(
        expire_date=timezone.now()
    )

    purge(0)

    assert Session.objects.count() == 1
    assert UserSession.objects.get().ip == "10.0.0.1"
