"""Logging in to the admin: who guesses waits longer each time, and nobody can have anybody else kept out.

Inside a test's transaction the database's now() stands still: no wait ends unless the test lets time pass.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tenants.models import FailureCounter
from tenants.tasks import purge
from tests.conftest import CLIENT
from tests.members import text
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
ANOTHER = "staple battery horse"
WAIT = re.compile(r"(?:Wait|possible in) (\d+) (second|minute)s?\b")


@pytest.fixture(autouse=True)
def _ten_guesses_at_a_name(settings: Settings) -> None:
    """A name's brake after ten wrong passwords from everywhere, not a hundred."""
    settings.LOGIN_BUDGETS = {**settings.LOGIN_BUDGETS, "name": (10, settings.LOGIN_BUDGETS["name"][1])}


@pytest.fixture
def member() -> User:
    return User.objects.create_user("maria", password=PASSWORD, is_staff=True)


@pytest.fixture
def colleague() -> User:
    return User.objects.create_user("stina", password=ANOTHER, is_staff=True)


def log_in(
    name: str, password: str, address: str = "10.0.0.1", client: Client | None = None, forwarded: str = ""
) -> Any:
    sent = {"username": name, "password": password}
    return (client or fresh_browser()).post(
        "/admin/login/", sent, REMOTE_ADDR=address, headers={"X-Forwarded-For": forwarded}
    )


def fresh_browser() -> Client:
    """Return a browser without cookies; building the middleware for each takes 50 ms of CPU."""
    client = Client()
    client.handler = CLIENT.handler
    return client


def waits(response: Any) -> int:
    """Return the seconds to wait that a page tells, 0 where it tells none."""
    found = WAIT.search(text(response)) if response.status_code == 200 else None
    return int(found[1]) * {"second": 1, "minute": 60}[found[2]] if found else 0


def was_looked_at(response: Any) -> bool:
    """Tell a wrong password from one that came too soon."""
    return "correct username" in text(response)


def let_pass(seconds: float) -> None:
    """Let time pass for what is counted."""
    past = timedelta(seconds=seconds)
    FailureCounter.objects.update(ready_at=F("ready_at") - past, forgotten_at=F("forgotten_at") - past)


def guess(times: int, name: str = "maria", client: Client | None = None, **sent: Any) -> list[int]:
    """Guess as often as one may, waiting as long as one is told; return the waits."""
    found = []
    for _ in range(times):
        response = log_in(name, "wrong", client=client, **sent)
        assert was_looked_at(response)
        found.append(waits(response))
        let_pass(found[-1])
    return found


def attack_from_everywhere(name: str = "maria") -> list[bool]:
    """Guess at a name from 15 networks, each once; return which guesses were looked at."""
    return [was_looked_at(log_in(name, "wrong", address=f"198.51.{i}.1")) for i in range(15)]


def browser_of(name: str, password: str) -> Client:
    """Return a browser in which somebody has logged in and out again."""
    client = fresh_browser()
    assert log_in(name, password, address="10.9.9.9", client=client).status_code == 302
    client.post("/admin/logout/")
    return client


# How waits grow


def test_a_member_logs_in(member: User) -> None:
    assert log_in("maria", PASSWORD).status_code == 302


def test_after_five_wrong_passwords_each_wait_is_twice_as_long_up_to_a_quarter_of_an_hour(member: User) -> None:
    found = guess(17)

    assert found[:11] == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32]
    assert found[11:] == [120, 180, 240, 480, 900, 900]  # told in whole minutes; what is waited beyond forgives a bit


def test_too_soon_even_the_right_password_is_not_looked_at_and_the_page_says_how_long_to_wait(member: User) -> None:
    guess(7)
    assert waits(log_in("maria", "wrong")) == 4

    refused = log_in("maria", PASSWORD)

    assert "Too many attempts. Wait 4 seconds and try again." in text(refused)
    let_pass(4)
    assert log_in("maria", PASSWORD).status_code == 302


def test_attempts_that_come_too_soon_do_not_count(member: User) -> None:
    guess(5)

    found = [log_in("maria", "wrong") for _ in range(50)]

    assert [was_looked_at(response) for response in found] == [True] + [False] * 49
    assert [waits(response) for response in found] == [1] * 50


def test_wrong_passwords_are_forgiven_with_time(member: User) -> None:
    guess(9)

    let_pass(4 * 900)

    assert guess(2) == [1, 2]
    let_pass(24 * 3600)
    assert guess(6) == [0, 0, 0, 0, 0, 1]


def test_the_right_password_begins_anew(member: User) -> None:
    assert guess(6)[-1] == 1

    assert log_in("maria", PASSWORD).status_code == 302

    assert guess(2) == [0, 0]


def test_what_has_no_name_or_no_password_is_no_attempt(member: User) -> None:
    for name, password in [("maria", ""), ("", "x"), ("  ", "x"), ("mar\0ia", "x")] * 5:
        log_in(name, password)

    assert not FailureCounter.objects.exists()


# For whom they grow


@pytest.mark.slow
def test_after_hundreds_of_wrong_passwords_elsewhere_the_owner_logs_in(member: User) -> None:
    for _ in range(200):
        log_in("maria", "wrong", address="203.0.113.66")

    assert log_in("maria", PASSWORD).status_code == 302


def test_after_as_many_wrong_passwords_as_are_looked_at_elsewhere_the_owner_logs_in(member: User) -> None:
    guess(40, address="203.0.113.66")

    assert log_in("maria", PASSWORD).status_code == 302


@pytest.mark.parametrize("variant", ["Maria", " maria ", "MARIA", "\uff4d\uff41\uff52\uff49\uff41"])
def test_a_name_is_the_same_however_it_is_spelled(member: User, variant: str) -> None:
    guess(5, name=variant)

    assert guess(1) == [1]


def test_a_network_has_a_budget_for_all_names_together(member: User) -> None:
    found = [waits(log_in(f"user{i}", "wrong", address=f"2001:db8::{i}")) for i in range(1, 31)]

    assert found == [0] * 20 + [1] * 10
    assert waits(log_in("maria", PASSWORD, address="2001:db8:0:0:ffff::")) == 1
    assert log_in("maria", PASSWORD, address="2001:db8:0:1::1").status_code == 302


def test_a_network_waits_a_minute_at_most(member: User) -> None:
    found = [guess(1, name=f"user{i}")[0] for i in range(60)]

    assert max(found) <= 60


def test_logging_in_between_guesses_at_others_gains_nothing(member: User, colleague: User) -> None:
    client = fresh_browser()
    for i in range(20):
        log_in(f"user{i}", "wrong")
        assert log_in("stina", ANOTHER, client=client).status_code == 302

    assert waits(log_in("maria", "wrong")) == 1


def test_right_passwords_are_not_counted_for_the_network(member: User) -> None:
    assert [log_in("maria", PASSWORD).status_code for _ in range(30)] == [302] * 30


def test_behind_a_trusted_proxy_the_address_it_names_is_counted(member: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1

    for port in range(4711, 4717):
        last = log_in("maria", "wrong", forwarded=f"made up {port}, 203.0.113.66:{port}")

    assert waits(last) == 1
    assert waits(log_in("maria", PASSWORD, forwarded="203.0.113.66")) == 1
    assert log_in("maria", PASSWORD, forwarded="203.0.113.66, 203.0.113.67").status_code == 302


# Browsers that have logged in before


def test_a_browser_that_has_logged_in_before_does_so_while_the_name_is_attacked_from_everywhere(member: User) -> None:
    known = browser_of("maria", PASSWORD)

    attack_from_everywhere()

    assert log_in("maria", PASSWORD, address="10.1.1.1", client=known).status_code == 302


def test_a_browser_that_has_not_waits_a_minute_at_most(member: User) -> None:
    attack_from_everywhere()
    let_pass(1)
    assert max(guess(1, address=f"203.0.113.{i}")[0] for i in range(20)) == 60
    log_in("maria", "wrong", address="203.0.113.99")

    refused = log_in("maria", PASSWORD)

    assert 0 < waits(refused) <= 60
    let_pass(waits(refused))
    assert log_in("maria", PASSWORD).status_code == 302


def test_guesses_from_everywhere_are_slowed(member: User) -> None:
    assert attack_from_everywhere() == [True] * 11 + [False] * 4
    let_pass(1)
    assert attack_from_everywhere() == [True] + [False] * 14


def test_a_right_password_does_not_release_the_brake(member: User) -> None:
    attack_from_everywhere()
    let_pass(1)

    assert log_in("maria", PASSWORD).status_code == 302

    assert waits(log_in("maria", "wrong", address="203.0.113.1")) > 0


def test_a_known_browser_guesses_no_faster_and_keeps_nobody_else_waiting(member: User) -> None:
    known = browser_of("maria", PASSWORD)

    assert guess(8, client=known) == [0, 0, 0, 0, 0, 1, 2, 4]

    assert waits(log_in("maria", "wrong", client=known)) == 8
    assert waits(log_in("maria", PASSWORD, address="10.7.7.7", client=known)) == 8
    assert log_in("maria", PASSWORD).status_code == 302


def test_a_browser_is_known_to_one_account_only(member: User, colleague: User) -> None:
    stinas = browser_of("stina", ANOTHER)
    (cookie,) = (name for name in stinas.cookies if name.startswith("device_"))
    marias = next(name for name in browser_of("maria", PASSWORD).cookies if name.startswith("device_"))
    stinas.cookies[marias] = stinas.cookies[cookie].value
    attack_from_everywhere()

    assert waits(log_in("maria", PASSWORD, client=stinas)) > 0


def test_a_browser_is_known_to_each_account_that_logged_in_there(member: User, colleague: User) -> None:
    shared = browser_of("maria", PASSWORD)
    assert log_in("stina", ANOTHER, client=shared).status_code == 302
    attack_from_everywhere("maria")
    attack_from_everywhere("stina")

    assert log_in("maria", PASSWORD, client=shared).status_code == 302
    assert log_in("stina", ANOTHER, client=shared).status_code == 302


@pytest.mark.parametrize("value", ["", "x", "W10:1:x", "é"])
def test_a_made_up_cookie_is_none(member: User, value: str) -> None:
    known = browser_of("maria", PASSWORD)
    (cookie,) = (name for name in known.cookies if name.startswith("device_"))
    known.cookies[cookie] = value
    attack_from_everywhere()

    assert waits(log_in("maria", PASSWORD, client=known)) > 0


def test_a_new_password_makes_known_browsers_strangers(member: User) -> None:
    known = browser_of("maria", PASSWORD)
    member.set_password(ANOTHER)
    member.save()
    attack_from_everywhere()

    assert waits(log_in("maria", ANOTHER, client=known)) > 0


def test_a_known_browser_stays_known_under_a_new_secret_key_with_the_former_as_a_fallback(
    member: User, settings: Settings
) -> None:
    known = browser_of("maria", PASSWORD)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another secret key of a hub in tests", [settings.SECRET_KEY]
    attack_from_everywhere()

    assert log_in("maria", PASSWORD, client=known).status_code == 302


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(member: User, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True

    answer = log_in("maria", PASSWORD)

    (cookie,) = (morsel for name, morsel in answer.cookies.items() if name.startswith("device_"))
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"]) == (
        True,
        True,
        "Strict",
        "/admin",
    )
    assert cookie["max-age"] == 180 * 24 * 3600
    assert "maria" not in cookie.output()


def test_who_did_not_log_in_gets_no_cookie(member: User) -> None:
    assert not [name for name in log_in("maria", "wrong").cookies if name.startswith("device_")]


# What stays hidden


def test_a_name_that_nobody_has_is_answered_like_one_that_somebody_has(member: User) -> None:
    def seen(name: str) -> list[tuple[int, int, str]]:
        found = []
        for _ in range(8):
            with CaptureQueriesContext(connection) as queries:
                page = log_in(name, "wrong")
            found.append((len(queries), waits(page), re.sub("value=.*?>", "", text(page))))
        FailureCounter.objects.all().delete()
        return found

    assert seen("maria") == seen("nobody")


def test_neither_names_nor_addresses_are_kept(member: User) -> None:
    log_in("my-secret-password", "x", address="203.0.113.66")

    kept = " ".join(FailureCounter.objects.values_list("bucket", flat=True))
    assert kept
    assert not [part for part in ("my-secret", "203.0") if part in kept]


def test_what_is_forgiven_is_purged(member: User) -> None:
    guess(3)
    let_pass(899)
    log_in("stina", "wrong", address="10.3.3.3")
    let_pass(2 * 900 + 2)
    log_in("maria", "wrong", address="10.4.4.4")

    purge(0)

    assert FailureCounter.objects.count() == 3  # of the last attempt: its name, its network and both


ALL_WAIT = """
SELECT count(*) = 8
  FROM pg_locks AS waiting
 WHERE NOT granted AND (
       pg_backend_pid() = ANY (pg_blocking_pids(pid))
       OR EXISTS (SELECT 1 FROM unnest(pg_blocking_pids(pid)) AS b (pid)
                   WHERE pg_backend_pid() = ANY (pg_blocking_pids(b.pid))))
"""


def all_wait() -> bool:
    """Say whether eight wait for a row of ours, or behind one who does."""
    with connection.cursor() as cursor:
        cursor.execute(ALL_WAIT)
        return bool(cursor.fetchall()[0][0])


@pytest.mark.parametrize("first", [False, True], ids=["known", "first"])
@pytest.mark.django_db(transaction=True)
def test_of_eight_attempts_at_once_one_is_looked_at(member: User, first: bool) -> None:
    guess(15)
    kept = list(FailureCounter.objects.all())
    if first:
        FailureCounter.objects.all().delete()

    with ThreadPoolExecutor(8) as threads:
        with transaction.atomic():
            if first:  # their statements find no rows, for ours are not committed when they begin
                FailureCounter.objects.bulk_create(kept)
            assert len(FailureCounter.objects.select_for_update()) == 3
            attempts = [threads.submit(_wrong_password) for _ in range(8)]
            assert wait_until(all_wait)
        found = [attempt.result() for attempt in attempts]

    assert sorted(found) == [False] * 7 + [True]


def _wrong_password() -> bool:
    try:
        return was_looked_at(log_in("maria", "wrong"))
    finally:
        connection.close()


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
    asked = [Client().get("/admin/login/passkey/", headers={"accept": "application/json"}) for _ in range(32)]

    assert [answer.status_code for answer in asked] == [200] * 31 + [429]
    assert Session.objects.count() == 31


def test_every_page_has_the_content_security_policy() -> None:
    policy = Client().get("/admin/login/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self' 'unsafe-eval';" in policy


# The password change


def change_password(client: Client, old: str, new: str = ANOTHER) -> Any:
    sent = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/admin/password_change/", sent)


def logged_in(user: User) -> Client:
    client = fresh_browser()
    client.force_login(user)
    return client


def test_old_passwords_are_guessed_no_faster_than_at_the_log_in(member: User) -> None:
    client = logged_in(member)

    found = ["entered incorrectly" in text(change_password(client, "wrong")) for _ in range(8)]

    assert found == [True] * 6 + [False] * 2
    assert waits(change_password(client, PASSWORD)) == 1
    let_pass(1)
    assert change_password(client, PASSWORD).status_code == 302


def test_wrong_old_passwords_keep_waiting_who_gives_them_and_nobody_else(member: User, colleague: User) -> None:
    client = logged_in(member)
    for _ in range(8):
        change_password(client, "wrong")

    assert change_password(logged_in(colleague), ANOTHER, PASSWORD).status_code == 302
    assert log_in("maria", PASSWORD).status_code == 302


def test_a_right_old_password_beside_bad_new_ones_does_not_count(member: User) -> None:
    client = logged_in(member)

    found = [waits(change_password(client, PASSWORD, "short")) for _ in range(8)]

    assert found == [0] * 8
    assert change_password(client, PASSWORD).status_code == 302


def test_the_browser_in_which_the_password_is_changed_stays_known_and_no_other(member: User) -> None:
    other = browser_of("maria", PASSWORD)
    client = logged_in(member)
    assert change_password(client, PASSWORD).status_code == 302
    client.post("/admin/logout/")
    attack_from_everywhere()

    assert waits(log_in("maria", ANOTHER, client=other)) > 0
    assert log_in("maria", ANOTHER, client=client).status_code == 302


# Lifting it


def unlock(name: str) -> str:
    output = StringIO()
    call_command("unlock", name, stdout=output)
    return output.getvalue()


def test_unlock_lets_whoever_waits_try_at_once(member: User) -> None:
    known = browser_of("maria", PASSWORD)
    guess(6, client=known)
    attack_from_everywhere()
    log_in("maria", "wrong", client=known)

    printed = unlock(" Maria")

    assert "need not wait" in printed
    assert log_in("maria", PASSWORD, client=known).status_code == 302
    assert log_in("maria", PASSWORD).status_code == 302


def test_unlock_leaves_other_names_waiting(member: User, colleague: User) -> None:
    guess(5, name="stina")
    log_in("stina", "wrong")

    printed = unlock("maria")

    assert "Nobody" in printed
    assert waits(log_in("stina", ANOTHER)) == 1
