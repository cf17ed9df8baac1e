"""Changing the identifier priority: what it means is shown before, and it is applied to all customers or not at all."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg import OperationalError

from customers.ingest import upsert_customers
from customers.models import Customer
from hub.records.records import RecordList
from tenants.changes.changesets import Origin
from tenants.configuration import Collision, CustomersCollide, change_priority, collisions, plan_priority
from tenants.keys import create_key, roll_key
from tenants.models import Priority, Source, Tenant
from tests.conftest import MakeTenant, Partner

STAFF = Origin(Source.ADMIN, "staff", "0" * 32)


def keys_of(tenant: Tenant) -> dict[str | None, str]:
    """Return match_key by surname."""
    return dict(Customer.objects.filter(tenant=tenant).values_list("surname", "match_key"))


def test_the_plan_says_what_another_priority_means(partner: Partner) -> None:
    partner.save(
        "customers",
        {"CustomerId": "1", "Email": "family@example.com"},
        {"CustomerId": "2", "Email": "family@example.com"},
        {"CustomerId": "3", "Email": "single@example.com"},
        {"CustomerId": "4"},
        {"Email": "guest@example.com"},
    )
    first, second = Customer.objects.filter(email="family@example.com").order_by("pk")

    plan = plan_priority(partner.tenant, Priority.EMAIL)

    assert (plan.customers, plan.moving, plan.colliding) == (5, 3, 2)
    assert collisions(partner.tenant, plan.priority, start=0, most=5) == [
        Collision("family@example.com", 2, [first.pk, second.pk])
    ]


def test_a_guest_collides_with_a_customer_of_the_same_email(partner: Partner) -> None:
    partner.save("customers", {"Email": "anna@example.com"}, {"CustomerId": "1", "Email": "anna@example.com"})

    assert plan_priority(partner.tenant, Priority.EMAIL).colliding == 2


def test_customers_are_named_by_the_new_priority(partner: Partner) -> None:
    partner.save(
        "customers",
        {"CustomerId": "1", "Email": "both@example.com", "Surname": "both"},
        {"CustomerId": "2", "Surname": "id"},
        {"Email": "email@example.com", "Surname": "email"},
    )

    change_priority(partner.tenant, Priority.EMAIL, origin=STAFF)

    assert keys_of(partner.tenant) == {"both": "e:both@example.com", "id": "i:2", "email": "e:email@example.com"}
    partner.save("customers", {"CustomerId": "new", "Email": "both@example.com"})
    assert [c["CustomerId"] for c in partner.read("customers", Email="both@example.com")] == ["new"]


def test_a_change_of_the_priority_is_not_cut_off_by_the_bound_of_a_request(partner: Partner) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '30s'")

        change_priority(partner.tenant, Priority.EMAIL, origin=STAFF)

        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_the_way_back_restores_the_keys(by_email: Partner) -> None:
    by_email.save(
        "customers", {"CustomerId": "1", "Email": "a@example.com", "Surname": "a"}, {"CustomerId": "2", "Surname": "b"}
    )
    before = keys_of(by_email.tenant)

    change_priority(by_email.tenant, Priority.CUSTOMER_ID, origin=STAFF)
    assert keys_of(by_email.tenant) == {"a": "i:1", "b": "i:2"}
    change_priority(by_email.tenant, Priority.EMAIL, origin=STAFF)

    assert keys_of(by_email.tenant) == before


def test_a_rekeying_is_a_changeset(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1", "Email": "a@example.com"}, {"CustomerId": "2"})
    moved = Customer.objects.get(customer_id="1")

    change_priority(partner.tenant, Priority.EMAIL, origin=STAFF)

    changeset = partner.changes()[-1]
    assert (changeset["Entity"], changeset["Operation"], changeset["Source"]) == ("customers", "rekey", "admin")
    assert changeset["Updated"] == [moved.pk]


def test_nothing_changes_while_customers_collide(partner: Partner) -> None:
    partner.save(
        "customers",
        {"CustomerId": "1", "Email": "a@example.com", "Surname": "a"},
        {"CustomerId": "2", "Email": "a@example.com", "Surname": "b"},
        {"CustomerId": "3", "Email": "c@example.com", "Surname": "c"},
    )

    with pytest.raises(CustomersCollide) as refused:
        change_priority(partner.tenant, Priority.EMAIL, origin=STAFF)

    assert refused.value.plan.colliding == 2
    assert keys_of(partner.tenant) == {"a": "i:1", "b": "i:2", "c": "i:3"}
    partner.tenant.refresh_from_db()
    assert partner.tenant.priority == Priority.CUSTOMER_ID
    assert len(partner.changes()) == 1


def test_a_key_that_is_about_to_be_given_up_can_be_taken(partner: Partner) -> None:
    """A customer once known by phone takes the CustomerId's key of one who moves on to an e-mail in one change."""
    partner.save("customers", {"CustomerId": "1", "Email": "a@example.com", "Surname": "moves on"})
    Customer.objects.create(
        tenant=partner.tenant,
        match_key="p:+491234567",
        customer_id="1",
        surname="takes over",
        created_at=timezone.now(),
        updated_at=timezone.now(),
    )

    change_priority(partner.tenant, Priority.EMAIL, origin=STAFF)

    assert keys_of(partner.tenant) == {"moves on": "e:a@example.com", "takes over": "i:1"}


def test_who_is_known_by_phone_alone_keeps_the_key(partner: Partner) -> None:
    now = timezone.now()
    Customer.objects.create(
        tenant=partner.tenant, match_key="p:1", phone="1", surname="phone", created_at=now, updated_at=now
    )

    assert not change_priority(partner.tenant, Priority.EMAIL, origin=STAFF)

    assert keys_of(partner.tenant) == {"phone": "p:1"}


def test_another_tenants_customers_are_left_alone(make_tenant: MakeTenant) -> None:
    ours, theirs = make_tenant(), make_tenant()
    for shop in (ours, theirs):
        shop.save("customers", {"CustomerId": "1", "Email": "a@example.com", "Surname": "a"})

    change_priority(ours.tenant, Priority.EMAIL, origin=STAFF)

    assert keys_of(theirs.tenant) == {"a": "i:1"}


def test_a_request_let_in_before_a_rekeying_does_not_write_by_the_old_priority(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1", "Email": "a@example.com", "Surname": "a"})
    let_in = Tenant.objects.get(pk=partner.tenant.pk)
    change_priority(partner.tenant, Priority.EMAIL, origin=STAFF)

    with pytest.raises(OperationalError, match="priority has changed"), transaction.atomic():  # a 503 for the client
        upsert_customers(let_in, RecordList([{"CustomerId": "1", "Email": "a@example.com", "Name": "A"}]), origin=STAFF)

    assert keys_of(partner.tenant) == {"a": "e:a@example.com"}


def test_a_rolled_key_and_its_successor_both_work_until_the_overlap_ends(partner: Partner) -> None:
    old = partner.tenant.api_keys.get()
    old_text = partner.key

    fresh, text = roll_key(old, overlap=timedelta(hours=24))

    old.refresh_from_db()
    assert fresh.label == old.label
    assert old.expires_at is not None
    assert timedelta(hours=23) < old.expires_at - timezone.now() <= timedelta(hours=24)
    assert [partner.get("/customers/{tenant}").status_code, _get(partner, text)] == [200, 200]
    type(old).objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    assert [_get(partner, old_text), _get(partner, text)] == [401, 200]


def test_rolling_never_prolongs_a_key(partner: Partner) -> None:
    soon = timezone.now() + timedelta(hours=1)
    key, _ = create_key(partner.tenant, label="short", expires_at=soon)

    roll_key(key, overlap=timedelta(hours=24))

    key.refresh_from_db()
    assert key.expires_at == soon


def _get(partner: Partner, key: str) -> int:
    status: int = Partner(partner.tenant, key).get("/customers/{tenant}").status_code
    return status
