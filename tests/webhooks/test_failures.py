"""Receivers that fail: what is noted, when it is tried again and when given up, and that nobody else waits."""

import socket
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tenants.models import AuditEvent, Role, Tenant, Webhook
from tenants.webhooks import sending
from tenants.webhooks.endpoints import create_webhook, resume_webhook, rotate
from tests.conftest import MakeTenant, Partner
from tests.members import member, text
from tests.system.processes import free_port
from tests.waiting import PATIENCE, wait_until
from tests.webhooks.conftest import Deliver, attempts, change, hook, is_attempted, let_retry, stands_at
from tests.webhooks.receiver import Answer, answering, closing, dripping, hanging, receiving

pytestmark = pytest.mark.django_db(transaction=True)


def failed(partner: Partner, deliver: Deliver, answer: Answer) -> Webhook:
    """Return a webhook whose first delivery failed."""
    with receiving(answer) as receiver:
        webhook = hook(partner, receiver.url)
        change(partner)
        with deliver():
            assert is_attempted(webhook)
    return Webhook.objects.get(pk=webhook.pk)


ERRORS: dict[str, tuple[Answer, int | None, str]] = {
    "400": (answering("400 Bad Request"), 400, "status"),
    "500": (answering("500 Error", body=b"<h1>Sorry</h1>"), 500, "status"),
    "no status": (closing, None, "closed"),
    "nothing": (lambda connection: connection.shutdown(socket.SHUT_RDWR), None, "closed"),
    "no HTTP": (lambda connection: connection.sendall(b"220 mail.example ESMTP\r\n\r\n"), None, "closed"),
    "a long head": (lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10**6), None, "closed"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "status", "fault"), ERRORS.values(), ids=ERRORS)
def test_an_answer_that_takes_nothing_is_noted_and_tried_again(
    partner: Partner, deliver: Deliver, answer: Answer, status: int | None, fault: str
) -> None:
    webhook = failed(partner, deliver, answer)

    assert attempts(webhook) == [(1, 1, status, fault)]
    assert (webhook.position, webhook.attempts, webhook.paused_at) == (0, 1, None)
    assert webhook.failing_since
    assert seconds_to_next(webhook) == 5


def test_a_redirect_is_not_followed(partner: Partner, deliver: Deliver) -> None:
    with receiving() as elsewhere:
        webhook = failed(partner, deliver, answering("307 Elsewhere", f"Location: {elsewhere.url}"))

        assert attempts(webhook) == [(1, 1, 307, "redirect")]
        assert elsewhere.connections == 0


def test_where_nobody_listens_is_no_connection(partner: Partner, deliver: Deliver) -> None:
    webhook = hook(partner, f"http://127.0.0.1:{free_port()}/")
    change(partner)
    with deliver():
        assert is_attempted(webhook)

    assert attempts(webhook) == [(1, 1, None, "connect")]


DEAD = [hanging, dripping(b"HTTP/1.1 200 OK\r\nX-Slow: "), hanging, hanging, hanging, hanging]


@pytest.mark.slow
def test_dead_receivers_keep_nobody_waiting(
    partner: Partner, make_tenant: MakeTenant, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", PATIENCE)  # not one ends before the other tenant's has got all of its own
    with ExitStack() as stack:
        receivers = [stack.enter_context(receiving(answer)) for answer in DEAD]
        webhooks = [hook(partner, receiver.url) for receiver in receivers]
        alive, another = stack.enter_context(receiving()), make_tenant()
        witness = hook(another, alive.url)
        change(partner)
        with deliver():
            assert wait_until(lambda: all(receiver.got for receiver in receivers))
            for number in range(1, 6):
                change(another)
                assert stands_at(witness, number)
            assert not any(attempts(webhook) for webhook in webhooks)


@pytest.mark.slow
def test_an_attempt_at_a_dead_receiver_ends_after_ten_seconds(partner: Partner, deliver: Deliver) -> None:
    with ExitStack() as stack:
        webhooks = [hook(partner, stack.enter_context(receiving(answer)).url) for answer in DEAD]
        change(partner)
        with deliver():
            assert all(is_attempted(webhook) for webhook in webhooks)

    assert sending.SECONDS == 10
    for webhook in webhooks:
        assert attempts(webhook) == [(1, 1, None, "timeout")]
        assert webhook.deliveries.get().milliseconds >= 10_000


LONG: dict[str, Answer] = {
    "10 MB": answering("200 OK", body=b"x" * 10 * 1024 * 1024),
    "a body without end": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
    "more than it says": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n12345"),
}


@pytest.mark.parametrize("answer", LONG.values(), ids=LONG)
def test_the_status_decides_and_a_long_body_is_not_waited_for(
    partner: Partner, deliver: Deliver, answer: Answer
) -> None:
    with receiving(answer, answer) as receiver:
        webhook = hook(partner, receiver.url)
        change(partner, 3)
        with deliver():
            assert stands_at(webhook, 3)

    assert [fault for *_, fault in attempts(webhook)] == ["", "", ""]


def test_a_kept_connection_that_ended_meanwhile_costs_no_attempt(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver:
        ok = answering("200 OK")
        receiver.answers = [ok, lambda connection: connection.shutdown(socket.SHUT_RDWR), ok]
        webhook = hook(partner, receiver.url)
        change(partner, 2)
        with deliver():
            assert stands_at(webhook, 2)

    assert receiver.numbers == [1, 2, 2]
    assert [fault for *_, fault in attempts(webhook)] == ["", ""]


# When it is tried again


def seconds_to_next(webhook: Webhook) -> float:
    """Return how long after the last attempt the next is due, by the one clock that both were noted by."""
    assert webhook.next_at
    return (webhook.next_at - webhook.deliveries.latest("pk").created_at).total_seconds()


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("600", 600),
        ("1", 5),
        (str(10 * 24 * 3600), 24 * 3600),
        ("Mon, 02 Nov 2026 08:00:00 GMT", 5),
        ("soon", 5),
        ("9" * 4000, 5),
    ],
    ids=["seconds", "sooner than planned", "days", "the past", "a word", "a long number"],
)
def test_as_long_is_waited_as_the_receiver_asks_a_day_at_most(
    partner: Partner, deliver: Deliver, asked: str, seconds: int
) -> None:
    webhook = failed(partner, deliver, answering("503 Busy", f"Retry-After: {asked}"))

    assert seconds_to_next(webhook) == seconds


def test_a_receiver_may_ask_for_a_moment(partner: Partner, deliver: Deliver) -> None:
    began = datetime.now(UTC)
    moment = format_datetime(began + timedelta(seconds=600), usegmt=True)

    webhook = failed(partner, deliver, answering("503 Busy", f"Retry-After: {moment}"))

    took = (timezone.now() - began).total_seconds()
    assert 598 - took < seconds_to_next(webhook) <= 600


def waits_after(times: int) -> bool:
    return Webhook.objects.filter(attempts=times, next_at__isnull=False).exists()


def test_waits_grow_to_an_hour(partner: Partner, deliver: Deliver) -> None:
    waits = []
    with receiving(*[answering("500 Error")] * 8) as receiver:
        webhook = hook(partner, receiver.url)
        change(partner)
        with deliver():
            for times in range(1, 9):
                assert is_attempted(webhook, times)
                assert wait_until(partial(waits_after, times))
                waits.append(seconds_to_next(Webhook.objects.get()))
                let_retry(webhook)

    assert waits == [5, 30, 120, 600, 1800, 3600, 3600, 3600]


# When it is given up


def sees(partner: Partner, role: Role) -> str:
    client: Client = member(role, partner.tenant)
    return text(client.get("/admin/"))


def assert_stopped(webhook: Webhook, partner: Partner, why: str) -> None:
    """It is paused with its reason, the audit says so, and so does the home page, to admins alone."""
    assert webhook.paused_at
    assert webhook.get_pause_reason_display() == why
    event = AuditEvent.objects.latest("pk")
    assert (event.kind, event.user, event.details) == ("webhook_paused", None, [f"webhook #{webhook.pk}", why])
    home = sees(partner, Role.ADMIN)
    assert why.replace("'", "&#x27;") in home
    assert f"/admin/tenants/webhook/{webhook.pk}/change/" in home
    for role in (Role.STAFF, Role.VIEWER):
        assert f"/admin/tenants/webhook/{webhook.pk}/" not in sees(partner, role)


def test_410_pauses_it_at_once(partner: Partner, deliver: Deliver) -> None:
    webhook = failed(partner, deliver, answering("410 Gone"))

    assert attempts(webhook) == [(1, 1, 410, "gone")]
    assert_stopped(webhook, partner, "the receiver answered 410: it wants no more")


def fails_once_more(partner: Partner, deliver: Deliver, webhook: Webhook, **state: Any) -> Webhook:
    """Let the webhook be in a state, and its next attempt fail, too."""
    Webhook.objects.filter(pk=webhook.pk).update(**state)
    with deliver():
        assert is_attempted(webhook, len(attempts(webhook)) + 1)
    return Webhook.objects.get(pk=webhook.pk)


def test_it_is_paused_after_three_days_without_success(partner: Partner, deliver: Deliver) -> None:
    now = timezone.now()
    webhook = failed(partner, deliver, answering("500 Error"))
    assert "has taken nothing" not in sees(partner, Role.ADMIN)

    early = fails_once_more(partner, deliver, webhook, failing_since=now - timedelta(hours=71), next_at=now)
    assert early.paused_at is None
    assert "has taken nothing" in sees(partner, Role.ADMIN)

    late = fails_once_more(partner, deliver, webhook, failing_since=now - timedelta(hours=73), next_at=now)
    assert_stopped(late, partner, "every attempt failed for 3 days")

    resume_webhook(late)
    assert "webhook" not in sees(partner, Role.ADMIN).partition("<main")[2]
    late.refresh_from_db()
    assert (late.attempts, late.failing_since, late.next_at, late.position) == (0, None, None, 0)


def test_time_in_which_nobody_tried_is_no_failure_of_the_receivers(partner: Partner, deliver: Deliver) -> None:
    now = timezone.now()
    webhook = failed(partner, deliver, answering("500 Error"))
    state = {"failing_since": now - timedelta(days=9), "next_at": now - timedelta(days=8)}

    webhook = fails_once_more(partner, deliver, webhook, **state)

    assert webhook.paused_at is None
    assert webhook.failing_since
    assert now - webhook.failing_since < timedelta(minutes=1)


def test_a_success_ends_what_failed_before(partner: Partner, deliver: Deliver) -> None:
    with receiving(answering("500 Error")) as receiver:
        webhook = hook(partner, receiver.url)
        change(partner)
        with deliver():
            assert is_attempted(webhook)
            let_retry(webhook)
            assert stands_at(webhook, 1)

    webhook.refresh_from_db()
    assert (webhook.attempts, webhook.failing_since, webhook.next_at) == (0, None, None)
    assert webhook.last_success_at


def test_a_secret_of_another_erasure_key_pauses_it_until_it_is_rotated(
    partner: Partner, deliver: Deliver, settings: Settings
) -> None:
    with receiving() as receiver:
        webhook = hook(partner, receiver.url)
        change(partner)
        settings.ERASURE_KEY = "another key of thirty-two characters"
        with deliver():
            assert is_attempted(webhook)
            webhook.refresh_from_db()
            assert_stopped(webhook, partner, "its secret can't be read: rotate it")
            rotate(webhook, overlap=timedelta(hours=24))
            resume_webhook(webhook)
            assert stands_at(webhook, 1)

    assert receiver.numbers == [1]


def test_the_log_names_neither_the_address_nor_what_was_said(partner: Partner, deliver: Deliver, log: Any) -> None:
    with receiving(answering("500 Jane", body=b"Jane Doe")) as receiver:
        url = f"{receiver.url}?token=s3cret"
        webhook, secret = create_webhook(partner.tenant, label="Jane", url=url)
        change(partner)
        with deliver():
            assert is_attempted(webhook)

    assert not [word for word in ("s3cret", "127.0.0.1", "Jane", secret) if word in log.getvalue()]
    assert set(webhook.deliveries.values().get()) == {
        *("id", "webhook_id", "number", "attempt", "status", "fault", "milliseconds", "created_at")
    }
    assert Tenant.objects.count() == 1
