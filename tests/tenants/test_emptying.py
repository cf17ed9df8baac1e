"""A sandbox is emptied: everything goes that it had, nobody's else, and nothing of a real tenant whatever is tried."""

import threading
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from customers.erasure import erase_customers
from hub.sql.execute import execute_where_tenant_is
from tenants.audit.events import SERVER
from tenants.changes import emptying
from tenants.changes.changesets import Origin
from tenants.changes.emptying import EMPTIED, EMPTY, STAYS, NotASandbox, begin_emptying, go_on_emptying
from tenants.models import ApiKey, Feed, Invitation, Membership, SavedView, Source, Tenant, TenantOwned, Webhook
from tenants.sandboxes.emptying import empty_sandbox, finish_emptying, is_emptying
from tests.conftest import Partner
from tests.customers.records import customer
from tests.orders.records import line, order
from tests.tenants.sandboxes import counts, fill_every_table, sandbox_for
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db
COORDINATORS: set[Any] = {ApiKey, Invitation, Membership, SavedView, Webhook, Tenant}  # configuration, which stays


@pytest.fixture
def sandbox(partner: Partner) -> Partner:
    return sandbox_for(partner)


def test_every_table_of_tenants_is_emptied_or_stays_by_name() -> None:
    from_tenants = set(TenantOwned.__subclasses__())

    assert from_tenants == {*EMPTIED, *STAYS}
    assert {model._meta.db_table for model in EMPTIED} == set(EMPTY)


def test_everything_goes_that_a_sandbox_had_and_nobody_elses(partner: Partner, sandbox: Partner) -> None:
    for tenant in (partner, sandbox):
        fill_every_table(tenant)
    before, real = counts(sandbox.tenant), counts(partner.tenant)
    assert not [table for table, rows in before.items() if not rows], "a row is missing: nothing would be shown"

    assert empty_sandbox(sandbox.tenant, by=SERVER)

    assert {table: rows for table, rows in counts(sandbox.tenant).items() if rows} == {}
    assert counts(partner.tenant) == real
    assert [partner.read(entity) != [] for entity in ("customers", "orders", "products")] == [True] * 3
    assert Webhook.objects.filter(tenant=sandbox.tenant).count() == 1
    assert sandbox.get("/customers/{tenant}").status_code == 200


def test_many_rows_go_in_many_transactions(sandbox: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emptying, "AT_ONCE", 2)
    sandbox.save("customers", *(customer(CustomerId=f"C-{n}", Email=None) for n in range(7)))

    assert empty_sandbox(sandbox.tenant, by=SERVER)

    assert sandbox.read("customers") == []


@pytest.mark.django_db(transaction=True)  # the connection of who is answered 503 is closed
def test_what_takes_longer_is_ended_in_the_background(sandbox: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emptying, "AT_ONCE", 1)
    sandbox.save("customers", *(customer(CustomerId=f"C-{n}", Email=None) for n in range(3)))

    assert not empty_sandbox(sandbox.tenant, by=SERVER, seconds=0)

    assert is_emptying(sandbox.tenant)
    assert sandbox.post("customers", [customer()]).status_code == 503
    assert finish_emptying() == 1
    assert finish_emptying() == 0
    assert sandbox.read("customers") == []
    assert sandbox.post("customers", [customer()]).status_code == 200


@pytest.mark.django_db(transaction=True)  # the connection of who is answered 503 is closed
@pytest.mark.parametrize("seconds", [None, 5.0])
def test_nobody_writes_while_it_is_emptied_through_whichever_door(sandbox: Partner, seconds: float | None) -> None:
    sandbox.save("customers", customer(CustomerId="C-1"))
    with transaction.atomic():
        begin_emptying(sandbox.tenant)

    answers = [
        sandbox.post("customers", [customer(CustomerId="C-2")]),
        sandbox.post("customers", [{"Email": "a@example.com"}]),
        sandbox.delete("/customers/{tenant}", customerId="C-1"),
        sandbox.send("DELETE", "/orders/{tenant}/O-1"),
    ]

    assert [answer.status_code for answer in answers] == [503] * 4
    assert answers[0].headers["Retry-After"]
    assert go_on_emptying(sandbox.tenant, seconds=seconds)
    assert sandbox.post("customers", [customer(CustomerId="C-2")]).status_code == 200
    assert [record["CustomerId"] for record in sandbox.read("customers")] == ["C-2"]


def test_who_goes_on_after_another_has_ended_takes_nothing(sandbox: Partner) -> None:
    empty_sandbox(sandbox.tenant, by=SERVER)
    sandbox.save("customers", customer())

    assert go_on_emptying(sandbox.tenant)

    assert len(sandbox.read("customers")) == 1


# Followers


def test_who_follows_the_feed_is_told_even_who_had_everything(sandbox: Partner) -> None:
    sandbox.save("customers", customer())
    last = sandbox.changes()[-1]["Number"]

    empty_sandbox(sandbox.tenant, by=SERVER)

    told = sandbox.get("/changes/{tenant}", after=str(last))
    assert told.status_code == 410
    assert told.json()["data"] == {"oldest": None, "last": last + 1}
    assert sandbox.changes() == []
    sandbox.save("customers", customer())
    again = sandbox.get("/changes/{tenant}", after=str(last + 1)).json()["data"]
    assert [item["Number"] for item in again["results"]] == [last + 2]
    assert sandbox.get("/changes/{tenant}", after=str(last)).status_code == 410


def test_webhooks_go_on_with_what_comes_after(sandbox: Partner) -> None:
    fill_every_table(sandbox)
    Webhook.objects.filter(tenant=sandbox.tenant).update(position=0, attempts=3, failing_since=datetime.now(UTC))

    empty_sandbox(sandbox.tenant, by=SERVER)

    webhook = Webhook.objects.get(tenant=sandbox.tenant)
    assert webhook.position == Feed.objects.get(tenant=sandbox.tenant).number
    assert (webhook.attempts, webhook.failing_since, webhook.paused_at) == (0, None, None)


def test_who_was_to_be_forgotten_may_come_again(sandbox: Partner) -> None:
    header = {"Authorization": f"Token {sandbox.key}"}
    person = {"external_id": "C-1", "email": "a@example.com"}
    sandbox.send("POST", "/api/customers/upload/", [{**person, "is_deleted": True}], **header)
    sandbox.send("POST", "/api/customers/upload/", [person], **header)
    assert sandbox.read("customers") == []

    empty_sandbox(sandbox.tenant, by=SERVER)

    sandbox.send("POST", "/api/customers/upload/", [person], **header)
    assert len(sandbox.read("customers")) == 1
    assert Feed.objects.get(tenant=sandbox.tenant).erased_at  # what it had is vacuumed


# Attacks on a real tenant


STATEMENTS = {**EMPTY, "begin": emptying.BEGIN, "end": emptying.END}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_takes_anything_of_a_real_tenant(partner: Partner, sandbox: Partner, name: str) -> None:
    fill_every_table(partner)
    before = counts(partner.tenant)
    named = {"tenant_id": partner.tenant.pk, "most": 1000, "now": datetime.now(UTC)}

    assert execute_where_tenant_is(STATEMENTS[name], named) == []

    assert counts(partner.tenant) == before


def test_a_real_tenant_is_not_emptied_by_whoever_asks(partner: Partner, sandbox: Partner) -> None:
    fill_every_table(partner)
    before = counts(partner.tenant)
    partner.tenant.sandbox_of = sandbox.tenant  # in memory alone

    with pytest.raises(NotASandbox):
        empty_sandbox(partner.tenant, by=SERVER)
    with pytest.raises(NotASandbox), transaction.atomic():
        begin_emptying(partner.tenant)
    with pytest.raises(CommandError, match="is no sandbox: nothing was done"):
        call_command("sandbox", "empty", partner.slug, stdout=StringIO())
    go_on_emptying(partner.tenant)

    assert counts(partner.tenant) == before


def test_the_database_lets_no_real_tenant_be_emptied(partner: Partner) -> None:
    partner.save("customers", customer())

    with pytest.raises(IntegrityError), transaction.atomic():
        Feed.objects.filter(tenant=partner.tenant).update(is_emptying=True)


def test_a_sandbox_that_is_emptied_keeps_nobody_else_out(partner: Partner, sandbox: Partner) -> None:
    with transaction.atomic():
        begin_emptying(sandbox.tenant)

    assert partner.post("customers", [customer()]).status_code == 200


def test_an_erasure_is_kept_out_too(sandbox: Partner) -> None:
    with transaction.atomic():
        begin_emptying(sandbox.tenant)

    with pytest.raises(psycopg.OperationalError), transaction.atomic():
        erase_customers(sandbox.tenant, customer_id="C-1", email=None, origin=Origin(Source.ADMIN, "maria", "0" * 32))


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_are_before_or_after_and_never_half(sandbox: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each order has two lines: none is left with one, and what was answered 200 afterwards is there."""
    monkeypatch.setattr(emptying, "AT_ONCE", 3)
    numbers, after = iter(range(10_000)), list[str]()
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            began_after = empty.is_set()
            order_id = f"O-{next(numbers)}"
            answer = sandbox.post("orders", [order(OrderId=order_id, OrderItems=[line(Sku="A"), line(Sku="B")])])
            if began_after and answer.status_code == 200:
                after.append(order_id)
        connection.close()

    empty = threading.Event()
    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        assert wait_until(sandbox.changes)
        assert empty_sandbox(sandbox.tenant, by=SERVER, seconds=None)
        empty.set()
        assert wait_until(lambda: after)
    finally:
        is_over.set()
        for writer in writers:
            writer.join()

    stored = sandbox.read("orders")
    assert {len(record["OrderItems"]) for record in stored} <= {2}
    assert set(after) <= {record["OrderId"] for record in stored}
    assert after
