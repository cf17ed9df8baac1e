"""What a receiver gets: the feed's changesets, signed, in order, at least once, as soon as they are made."""

import contextlib
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from tenants.changes.expiry import expire_changesets
from tenants.models import Changeset, Delivery, Entity, ErasureCertificate, Operation, Tenant, Webhook
from tenants.webhooks.endpoints import (
    ask_test,
    create_webhook,
    delete_webhook,
    edit_webhook,
    pause_webhook,
    redeliver,
    resume_webhook,
    rotate,
)
from tenants.webhooks.leases import Held
from tenants.webhooks.worker import Worker, delivering
from tests.conftest import MakeTenant, Partner
from tests.distribution import needs_plain_postgres
from tests.orders.records import order
from tests.products.records import product
from tests.waiting import wait_until
from tests.webhooks.conftest import Deliver, attempts, change, doing, hook, is_attempted, let_retry, stands_at
from tests.webhooks.receiver import answering, receiving

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_receiver_gets_the_feeds_items_signed_and_in_order(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver:
        _, secret = create_webhook(partner.tenant, label="ERP", url=receiver.url)
        partner.save("customers", {"CustomerId": "1"}, {"CustomerId": "2"})
        partner.save("products", product())
        partner.delete("/customers/{tenant}", customerId="1")

        with deliver():
            assert wait_until(lambda: len(receiver.got) == 3)
            assert stands_at(Webhook.objects.get(), 3)

    assert [got.json["data"] for got in receiver.got] == partner.changes()
    assert [got.json["type"] for got in receiver.got] == ["customers.upsert", "products.upsert", "customers.erase"]
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 3
    for got in receiver.got:
        assert got.line == "POST /hook HTTP/1.1"
        assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
        assert Verifier(secret).verify(got.body, got.headers) == got.json
        assert got.json["timestamp"] == got.json["data"]["At"]


def test_a_message_of_an_erasure_says_its_ground_its_request_and_the_certificate(
    partner: Partner, deliver: Deliver
) -> None:
    with receiving() as receiver:
        webhook, secret = create_webhook(partner.tenant, label="CRM", url=receiver.url, entities=[Entity.CUSTOMERS])
        partner.save("customers", {"CustomerId": "1"}, {"CustomerId": "2"})
        partner.delete("/customers/{tenant}", customerId="1", legalBasis="objection", reference="GDPR-2026-4")
        partner.delete("/customers/{tenant}", customerId="2")

        with deliver():
            assert stands_at(webhook, 3)

    stored, *erased = receiver.got
    first, second = ErasureCertificate.objects.order_by("pk")
    assert "Erasure" not in stored.json["data"]
    assert [got.json["data"]["Erasure"] for got in erased] == [
        {
            "LegalBasis": "objection",
            "Reference": "GDPR-2026-4",
            "Certificates": [{"HubId": first.hub_id, "Number": first.number}],
        },
        {"LegalBasis": None, "Reference": None, "Certificates": [{"HubId": second.hub_id, "Number": second.number}]},
    ]
    for got in erased:
        assert Verifier(secret).verify(got.body, got.headers) == got.json
        assert got.json["data"]["Deleted"] == [got.json["data"]["Erasure"]["Certificates"][0]["HubId"]]


def test_a_new_webhook_is_told_of_what_changes_from_then_on(partner: Partner, deliver: Deliver) -> None:
    change(partner, 2)
    with receiving() as receiver:
        hook(partner, receiver.url)
        change(partner)

        with deliver():
            assert wait_until(lambda: receiver.got)

    assert receiver.numbers == [3]


def is_paused(webhook: Webhook) -> bool:
    return Webhook.objects.filter(pk=webhook.pk, paused_at__isnull=False).exists()


class Looking(Worker):
    """A worker that notes how often it has looked, and in which look it began each turn."""

    looks = 0

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[int] = []

    async def _begin_turns(self) -> None:
        self.looks += 1
        await super()._begin_turns()

    async def _turn(self, webhook: Held, began: float) -> None:
        self.begun.append(self.looks)
        await super()._turn(webhook, began)


def test_a_change_is_sent_at_the_next_look_and_there_are_four_a_second(partner: Partner) -> None:
    """So it arrives within a second, where the machine has time for it: that is counted in looks and not by a clock."""
    worker = Looking()
    with receiving() as receiver:
        webhook = hook(partner, receiver.url)
        with delivering(worker):
            for number in range(1, 6):
                assert wait_until(lambda: not worker.turns)
                change(partner)
                looks = worker.looks  # of these the last may have been too early
                assert stands_at(webhook, number)
                assert worker.begun[number - 1] <= looks + 1

    assert receiver.numbers == [1, 2, 3, 4, 5]
    assert worker.poll == 0.25


@pytest.mark.parametrize(
    ("told", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"entities": [Entity.ORDERS]}, [2]),
        ({"entities": [Entity.ORDERS, Entity.PRODUCTS]}, [2, 3]),
        ({"operations": [Operation.DELETE, Operation.ERASE]}, [4]),
        ({"entities": [Entity.PRODUCTS], "operations": [Operation.DELETE]}, []),
    ],
    ids=str,
)
def test_a_receiver_is_told_of_what_its_filters_let_through(
    partner: Partner, deliver: Deliver, told: dict[str, Any], numbers: list[int]
) -> None:
    with receiving() as receiver:
        webhook = hook(partner, receiver.url, **told)
        partner.save("customers", {"CustomerId": "1"})
        partner.save("orders", order())
        partner.save("products", product())
        partner.delete("/customers/{tenant}", customerId="1")

        with deliver():
            assert stands_at(webhook, 4)

    assert receiver.numbers == numbers


def test_what_fails_is_tried_again_under_the_same_id_before_anything_that_came_later(
    partner: Partner, deliver: Deliver
) -> None:
    with receiving(answering("500 Error"), answering("503 Busy")) as receiver:
        webhook = hook(partner, receiver.url)
        change(partner, 3)
        with deliver():
            for times in (1, 2):
                assert is_attempted(webhook, times)
                let_retry(webhook)
            assert stands_at(webhook, 3)

    assert receiver.numbers == [1, 1, 1, 2, 3]
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 3
    assert [got[:3] for got in attempts(webhook)] == [(1, 1, 500), (1, 2, 503), (1, 3, 200), (2, 1, 200), (3, 1, 200)]


def test_a_webhook_that_is_paused_gets_nothing_and_goes_on_where_it_stood(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver, receiving() as other:
        webhook, witness = hook(partner, receiver.url), hook(partner, other.url)
        with deliver():
            change(partner)
            assert stands_at(webhook, 1)
            pause_webhook(webhook)
            change(partner, 2)
            assert stands_at(witness, 3)
            assert receiver.numbers == [1]
            resume_webhook(webhook)
            assert stands_at(webhook, 3)

    assert receiver.numbers == [1, 2, 3]


def test_a_disabled_tenants_webhooks_wait_until_it_is_enabled(
    partner: Partner, make_tenant: MakeTenant, deliver: Deliver
) -> None:
    with receiving() as receiver, receiving() as other:
        webhook, another = hook(partner, receiver.url), make_tenant()
        witness = hook(another, other.url)
        change(partner)
        Tenant.objects.filter(pk=partner.tenant.pk).update(is_enabled=False)
        with deliver():
            change(another)
            assert stands_at(witness, 1)
            assert receiver.got == []
            Tenant.objects.filter(pk=partner.tenant.pk).update(is_enabled=True)
            assert stands_at(webhook, 1)


def test_all_from_a_number_on_is_delivered_again_under_the_ids_it_had(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver:
        webhook = hook(partner, receiver.url)
        change(partner, 3)
        with deliver():
            assert stands_at(webhook, 3)
            redeliver(webhook, 2)
            assert wait_until(lambda: len(receiver.got) == 5)

    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert receiver.numbers == [1, 2, 3, 2, 3]
    assert ids[3:] == ids[1:3]


def test_what_was_set_back_in_the_middle_of_a_delivery_stays_set_back(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver:
        webhook = hook(partner, receiver.url)
        change(partner, 3)
        receiver.answers = [answering("200 OK"), doing(lambda: redeliver(webhook, 1))]
        with deliver():
            assert stands_at(webhook, 3)

    assert receiver.numbers == [1, 2, 1, 2, 3]


def expire(partner: Partner, last: int) -> None:
    """Have the changesets up to a number expire, as the purge does when they are old."""
    old = timezone.now() - timedelta(days=500)
    Changeset.objects.filter(tenant=partner.tenant, number__lte=last).update(created_at=old)
    assert expire_changesets() == last


def test_what_has_expired_pauses_it_and_it_goes_on_from_the_oldest_that_is_kept(
    partner: Partner, deliver: Deliver
) -> None:
    with receiving() as receiver, receiving() as other:
        webhooks = [hook(partner, receiver.url), hook(partner, other.url, entities=[Entity.CUSTOMERS])]
        change(partner, 4)
        expire(partner, 2)
        with deliver():
            for webhook in webhooks:
                assert wait_until(partial(is_paused, webhook))
            assert receiver.got == other.got == []
            for webhook in webhooks:
                webhook.refresh_from_db()
                assert webhook.pause_reason == "expired"
                assert attempts(webhook) == [(1, 1, None, "expired")]
                resume_webhook(webhook)
                assert stands_at(webhook, 4)

    assert receiver.numbers == other.numbers == [3, 4]


def test_a_test_event_is_sent_to_a_paused_webhook_too(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver:
        webhook, secret = create_webhook(partner.tenant, label="ERP", url=receiver.url)
        change(partner)
        pause_webhook(webhook)
        ask_test(webhook)
        with deliver():
            assert is_attempted(webhook)

    (got,) = receiver.got
    assert Verifier(secret).verify(got.body, got.headers) == {**got.json, "type": "webhook.test", "data": {}}
    assert attempts(webhook) == [(None, 1, 200, "")]
    assert Webhook.objects.get().position == 0


def test_both_secrets_sign_until_the_old_one_ends(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver:
        webhook, old = create_webhook(partner.tenant, label="ERP", url=receiver.url)
        new = rotate(webhook, overlap=timedelta(hours=24))
        with deliver():
            change(partner)
            assert stands_at(webhook, 1)
            Webhook.objects.update(former_until=timezone.now())
            change(partner)
            assert stands_at(webhook, 2)

    during, after = receiver.got
    for secret in (old, new):
        assert Verifier(secret).verify(during.body, during.headers)
    assert Verifier(new).verify(after.body, after.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(after.body, after.headers)


def test_an_address_that_is_changed_is_the_one_that_the_rest_goes_to(partner: Partner, deliver: Deliver) -> None:
    with receiving() as old, receiving() as new:
        webhook = hook(partner, old.url)
        change(partner, 4)

        def move() -> None:
            edit_webhook(webhook, label="ERP", url=new.url, entities=[], operations=[])

        old.answers = [answering("200 OK"), doing(move)]
        with deliver():
            assert stands_at(webhook, 4)

    assert (old.numbers, new.numbers) == ([1, 2], [3, 4])


def test_one_that_is_deleted_in_the_middle_of_a_delivery_is_gone(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver, receiving() as other:
        webhook, witness = hook(partner, receiver.url), hook(partner, other.url)
        change(partner, 2)

        receiver.answers = [doing(lambda: delete_webhook(Webhook.objects.get(pk=webhook.pk)))]
        with deliver():
            assert stands_at(witness, 2)
            assert wait_until(lambda: receiver.got)

    assert receiver.numbers == [1]
    assert set(Delivery.objects.values_list("webhook", flat=True)) == {witness.pk}


def test_two_workers_deliver_everything_once(partner: Partner, make_tenant: MakeTenant, deliver: Deliver) -> None:
    partners = [partner, *(make_tenant() for _ in range(3))]
    with receiving() as receiver, deliver(), deliver():
        webhooks = [hook(each, f"{receiver.url}/{each.slug}") for each in partners]
        for _ in range(5):
            for each in partners:
                change(each, 2)
        for webhook in webhooks:
            assert stands_at(webhook, partner.changes()[-1]["Number"])

    for each in partners:
        got = [got.number for got in receiver.got if each.slug in got.line]
        assert got == [item["Number"] for item in each.changes()]


@needs_plain_postgres
def test_a_worker_goes_on_when_the_database_was_restarted(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver:
        webhook = hook(partner, receiver.url)
        with deliver():
            for number in (1, 2, 3):
                change(partner)
                assert stands_at(webhook, number)
                end_other_connections()

    assert receiver.numbers == [1, 2, 3]


def end_other_connections() -> None:
    """End all connections to the database but this one, as its restart does."""
    with contextlib.closing(psycopg.connect(**connection.get_connection_params())) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
            [connection.connection.info.backend_pid],
        )


def test_a_long_backlog_is_read_page_by_page(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver:
        webhook = hook(partner, receiver.url)
        change(partner, 120)
        with deliver():
            assert stands_at(webhook, 120)

    assert receiver.numbers == [*range(1, 121)]
    assert receiver.connections < 10
