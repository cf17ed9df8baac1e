"""A worker in this process, and receivers on this machine."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from tenants.models import Webhook
from tenants.webhooks.endpoints import create_webhook
from tenants.webhooks.worker import Worker, delivering
from tests.conftest import Partner

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
