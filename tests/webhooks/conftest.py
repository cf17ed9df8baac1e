"""A worker in this process, and receivers on this machine."""

import contextlib
import secrets
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from tenants.models import Delivery, Webhook
from tenants.webhooks.endpoints import create_webhook
from tenants.webhooks.worker import Worker, delivering
from tests.conftest import Partner
from tests.waiting import wait_until
from tests.webhooks.receiver import OK, Answer

Deliver = Callable[..., contextlib.AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    """Receivers are on this machine."""
    settings.WEBHOOK_LOOPBACK = True


@pytest.fixture
def deliver(transactional_db: None) -> Iterator[Deliver]:
    """Deliver until the end of the block, with a poll that a test need not wait for."""

    def run(**options: Any) -> contextlib.AbstractContextManager[None]:
        return delivering(Worker(**{"poll": 0.02, **options}))

    yield run
    connections.close_all()


def hook(partner: Partner, url: str, **options: Any) -> Webhook:
    """Make a webhook of a tenant."""
    return create_webhook(partner.tenant, label=options.pop("label", url), url=url, **options)[0]


def change(partner: Partner, number: int = 1) -> None:
    """Change something so many times."""
    for _ in range(number):
        partner.save("customers", {"CustomerId": "C-1", "Name": secrets.token_hex(8)})


def attempts(webhook: Webhook) -> list[tuple[int | None, int, int | None, str]]:
    """Return what the log has of a webhook, oldest first: number, attempt, status, fault."""
    found = Delivery.objects.filter(webhook=webhook).order_by("pk")
    return list(found.values_list("number", "attempt", "status", "fault"))


def is_attempted(webhook: Webhook, times: int = 1) -> bool:
    """Wait until so many attempts are in the log."""
    return wait_until(lambda: len(attempts(webhook)) >= times)


def stands_at(webhook: Webhook, position: int) -> bool:
    """Wait until a webhook has got so far."""
    return wait_until(lambda: Webhook.objects.get(pk=webhook.pk).position == position)


def let_retry(webhook: Webhook) -> None:
    """Let the next attempt be due now."""
    Webhook.objects.filter(pk=webhook.pk).update(next_at=None)


def doing(action: Callable[[], object]) -> Answer:
    """Do something before a delivery is answered with 200."""

    def answer(connection: socket.socket) -> None:
        try:
            action()
        finally:
            connections.close_all()
        connection.sendall(OK)

    return answer
