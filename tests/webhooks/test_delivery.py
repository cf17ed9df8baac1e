"""What a receiver gets: the feed's changesets, signed, in order, at least once, as soon as they are made."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from tenants.models import Delivery, Webhook
from tenants.webhooks.endpoints import create_webhook
from tests.conftest import MakeTenant, Partner
from tests.products.records import product
from tests.waiting import wait_until
from tests.webhooks.conftest import Deliver, hook
from tests.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_receiver_gets_the_feeds_items_signed_and_in_order(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver:
        webhook, secret = create_webhook(partner.tenant, label="ERP", url=receiver.url)
        partner.save("customers", {"CustomerId": "1"}, {"CustomerId": "2"})
        partner.save("products", product())
        partner.delete("/customers/{tenant}", customerId="1")

        with deliver():
            assert wait_until(lambda: len(receiver.got) == 3)
            assert wait_until(lambda: Webhook.objects.get().position == 3)

    assert [got.json["data"] for got in receiver.got] == partner.changes()
    assert [got.json["type"] for got in receiver.got] == ["customers.upsert", "products.upsert", "customers.erase"]
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 3
    for got in receiver.got:
        assert got.line == "POST /hook HTTP/1.1"
        assert Verifier(secret).verify(got.body, got.headers) == got.json
        assert got.json["timestamp"] == got.json["data"]["At"]
