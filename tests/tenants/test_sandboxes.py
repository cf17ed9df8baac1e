"""A sandbox: configured as its tenant, with keys and data of its own, filled and configured anew when asked."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, models, transaction

from customers.models import Customer
from orders.models import Order
from products.models import Product
from tenants.audit.events import SERVER
from tenants.changes.changesets import Origin
from tenants.changes.emptying import NotASandbox
from tenants.entities import customer_fields
from tenants.keys import create_key, roll_key
from tenants.models import ApiKey, AuditEvent, AuditKind, Changeset, Membership, Source, Tenant, Webhook
from tenants.sandboxes.filling import fill_sandbox
from tenants.sandboxes.twins import CONFIGURATION, OWN, copy_configuration, create_sandbox, differences
from tenants.webhooks.endpoints import create_webhook
from tenants.webhooks.leases import hold_waiting
from tests.conftest import MakeTenant, Partner, lines
from tests.customers.records import customer
from tests.members import make_user
from tests.tenants.sandboxes import sandbox_for

pytestmark = pytest.mark.django_db
RECORDS: list[Any] = [Customer, Order, Product]
ORIGIN = Origin(Source.ADMIN, "maria", "0" * 32)
# Other than a new tenant has it. A setting that is new stands here, or a test says which lacks.
UNUSUAL: dict[str, Any] = {
    "priority": "email",
    "required_fields": ["Language", "GdprOptin"],
    "per_minute": 7,
    "per_hour": 70,
    "time_zone": "Europe/Helsinki",
    "default_country": "FI",
    "consent_policy": "staff",
    "requires_factor": True,
    "keeps_images": True,
    "requires_reason": True,
}


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def status(tenant: Partner, key: str) -> int:
    return int(Partner(tenant.tenant, key).get("/customers/{tenant}").status_code)


# Making one


def test_every_setting_is_copied(make_tenant: MakeTenant) -> None:
    assert set(UNUSUAL) == {column.name for column in CONFIGURATION}, "a new setting: give it an unusual value here"
    tenant = make_tenant(slug="noir")
    Tenant.objects.filter(pk=tenant.tenant.pk).update(**UNUSUAL)

    sandbox, _ = create_sandbox(Tenant.objects.get(pk=tenant.tenant.pk), by=SERVER)

    assert {name: getattr(sandbox, name) for name in UNUSUAL} == UNUSUAL
    assert differences(sandbox) == []


def test_every_column_of_a_tenant_is_a_setting_or_its_own() -> None:
    columns = {column.name for column in Tenant._meta.concrete_fields}

    assert columns == {column.name for column in CONFIGURATION} | OWN


def test_a_sandbox_is_called_after_its_tenant(make_tenant: MakeTenant) -> None:
    sandbox = sandbox_for(make_tenant(slug="noir"))

    assert (sandbox.tenant.name, sandbox.slug, str(sandbox.tenant)) == (
        "noir (sandbox)",
        "noir-sandbox",
        "noir (sandbox)",
    )


def test_a_long_name_and_a_taken_slug_leave_room(make_tenant: MakeTenant) -> None:
    make_tenant(slug=f"{'a' * 49}-sandbox")
    tenant = make_tenant(slug="a" * 63)
    Tenant.objects.filter(pk=tenant.tenant.pk).update(name="ä" * 200)

    sandbox = sandbox_for(tenant)

    sandbox.tenant.full_clean()
    assert sandbox.slug == f"{'a' * 49}-sandbox-2"
    assert sandbox.tenant.name.endswith("ä (sandbox)")


def test_a_sandbox_says_what_it_is_whatever_it_is_called(partner: Partner) -> None:
    sandbox = sandbox_for(partner).tenant
    sandbox.name = "Trial"

    assert str(sandbox) == "Trial (sandbox)"


def test_nothing_but_the_configuration_is_copied(partner: Partner) -> None:
    partner.save("customers", customer())
    partner.tenant.memberships.create(user=make_user("maria"), role="admin")
    create_webhook(partner.tenant, label="ERP", url="https://erp.example/hooks")

    sandbox = sandbox_for(partner)

    assert [sandbox.read(entity) for entity in ("customers", "orders", "products")] == [[], [], []]
    assert sandbox.changes() == []
    assert ApiKey.objects.filter(tenant=sandbox.tenant).count() == 1
    assert not Membership.objects.filter(tenant=sandbox.tenant).exists()
    assert not Webhook.objects.filter(tenant=sandbox.tenant).exists()


def test_a_tenant_has_one_sandbox_and_a_sandbox_has_none(partner: Partner) -> None:
    sandbox = sandbox_for(partner)

    for tenant in (partner, sandbox):
        with pytest.raises(CommandError) as refused:
            run("create_tenant", "--sandbox-of", tenant.id)
        assert "sandbox" in str(refused.value)

    assert Tenant.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        Tenant.objects.create(name="x", slug="x", sandbox_of=partner.tenant)


def test_no_tenant_is_the_sandbox_of_itself(partner: Partner) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Tenant.objects.filter(pk=partner.tenant.pk).update(sandbox_of=partner.tenant.pk)


def test_a_tenant_with_a_sandbox_is_not_deleted(partner: Partner) -> None:
    sandbox_for(partner)

    with pytest.raises(models.ProtectedError):
        partner.tenant.delete()


# Keys


def test_a_key_begins_with_test_and_the_eight_after_that_are_stored(partner: Partner) -> None:
    sandbox = sandbox_for(partner)
    key = ApiKey.objects.get(tenant=sandbox.tenant)

    assert sandbox.key.startswith("test_")
    assert len(sandbox.key) == 5 + 43
    assert key.prefix == sandbox.key[5:13]
    _, more = create_key(sandbox.tenant, label="ERP")
    assert more.startswith("test_")
    _, rolled = roll_key(key, overlap=key.created_at - key.created_at)
    assert rolled.startswith("test_")
    assert not create_key(partner.tenant, label="ERP")[1].startswith("test_")


def test_each_key_is_a_strangers_at_the_other(partner: Partner) -> None:
    sandbox = sandbox_for(partner)

    assert status(sandbox, sandbox.key) == status(partner, partner.key) == 200
    assert status(sandbox, partner.key) == status(partner, sandbox.key) == 401


@pytest.mark.parametrize("send", ["bearer", "basic"])
def test_dialects_know_the_difference_too(partner: Partner, send: str) -> None:
    sandbox = sandbox_for(partner)
    body = [{"email": "a@example.com", "feature": "users", "payload": {"externalCustomerId": "1"}}]

    answers = [
        tenant.send(
            "POST", f"/v1/programs/{tenant.slug}/integrations/api", body, Authorization=f"Bearer {other.key}"
        ).status_code
        for tenant in (partner, sandbox)
        for other in (partner, sandbox)
    ]

    assert answers == [201, 401, 401, 201]


def test_a_sandboxs_key_is_revoked_by_what_is_shown_of_it(partner: Partner) -> None:
    sandbox = sandbox_for(partner)

    run("revoke_key", sandbox.key[:13])

    assert status(sandbox, sandbox.key) == 401


def test_each_has_its_own_rate(partner: Partner) -> None:
    sandbox = sandbox_for(partner)
    Tenant.objects.filter(pk=sandbox.tenant.pk).update(per_minute=1)

    assert [status(sandbox, sandbox.key) for _ in range(2)] == [200, 429]
    assert status(partner, partner.key) == 200


# What answers, logs and webhooks say


def test_answers_of_a_sandbox_say_so_in_a_header(partner: Partner) -> None:
    sandbox = sandbox_for(partner)

    answers = [sandbox.get("/customers/{tenant}"), sandbox.post("customers", [{}]), sandbox.get("/orders/{tenant}/x")]

    assert [answer.headers.get("X-Sandbox") for answer in answers] == ["true"] * 3
    assert "X-Sandbox" not in partner.get("/customers/{tenant}").headers
    assert "X-Sandbox" not in Partner(sandbox.tenant, partner.key).get("/customers/{tenant}").headers


def test_lines_of_the_log_say_so(partner: Partner, log: StringIO) -> None:
    sandbox = sandbox_for(partner)
    log.truncate(0)
    log.seek(0)

    sandbox.get("/customers/{tenant}")
    partner.get("/customers/{tenant}")

    requests = [line for line in lines(log) if line["event"] == "request"]
    assert [line.get("sandbox") for line in requests] == [True, None]


def test_a_worker_knows_whose_webhook_it_holds(partner: Partner) -> None:
    sandbox = sandbox_for(partner)
    for tenant in (partner, sandbox):
        create_webhook(tenant.tenant, label="ERP", url="https://erp.example/hooks")
        tenant.save("customers", customer())

    held = hold_waiting(partner.tenant.pk, 10, ())

    assert {webhook.tenant_id: webhook.is_sandbox for webhook in held} == {
        partner.tenant.pk: False,
        sandbox.tenant.pk: True,
    }


# Configuration, later


def test_a_changed_setting_stays_until_it_is_copied_again(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(slug="noir")
    sandbox = sandbox_for(tenant).tenant
    Tenant.objects.filter(pk=tenant.tenant.pk).update(**UNUSUAL)
    sandbox.refresh_from_db()
    shown = {difference.name: (difference.sandbox, difference.tenant) for difference in differences(sandbox)}

    changed = copy_configuration(sandbox, origin=ORIGIN)

    assert changed == len(UNUSUAL) == len(shown)
    assert shown["priority"] == ("CustomerId", "E-mail")
    assert shown["required_fields"] == ("none", "Language, GdprOptin")
    assert shown["keeps_images"] == ("no", "yes")
    sandbox.refresh_from_db()
    assert {name: getattr(sandbox, name) for name in UNUSUAL} == UNUSUAL
    assert sandbox.name == "noir (sandbox)"


def test_another_priority_names_the_sandboxs_customers_anew(partner: Partner) -> None:
    sandbox = sandbox_for(partner)
    sandbox.save("customers", customer(CustomerId="C-1", Email="a@example.com"))
    Tenant.objects.filter(pk=partner.tenant.pk).update(priority="email")

    run("sandbox", "copy", sandbox.slug)

    assert Customer.objects.get(tenant=sandbox.tenant).match_key == "e:a@example.com"


def test_nothing_is_copied_where_customers_collide(partner: Partner) -> None:
    sandbox = sandbox_for(partner)
    twins = [customer(CustomerId=id_, Email="a@example.com") for id_ in ("C-1", "C-2")]
    sandbox.save("customers", *twins)
    Tenant.objects.filter(pk=partner.tenant.pk).update(priority="email", time_zone="Europe/Paris")

    with pytest.raises(CommandError):
        run("sandbox", "copy", sandbox.slug)

    sandbox.tenant.refresh_from_db()
    assert (sandbox.tenant.priority, sandbox.tenant.time_zone) == ("customerid", "UTC")


def test_a_real_tenant_is_not_configured_as_anything(partner: Partner) -> None:
    sandbox_for(partner)

    with pytest.raises(NotASandbox):
        copy_configuration(partner.tenant, origin=ORIGIN)


# Sample data


def test_a_sandbox_is_filled_through_the_way_that_all_take(partner: Partner) -> None:
    sandbox = sandbox_for(partner)

    filled = fill_sandbox(sandbox.tenant, 100, by=SERVER)

    assert [model.objects.filter(tenant=sandbox.tenant).count() for model in RECORDS] == [100, 300, 40]
    assert filled.sent > 440
    numbers = list(Changeset.objects.filter(tenant=sandbox.tenant).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert [model.objects.filter(tenant=partner.tenant).count() for model in RECORDS] == [0, 0, 0]


def test_it_is_the_same_data_each_time(partner: Partner) -> None:
    sandbox = sandbox_for(partner)

    fill_sandbox(sandbox.tenant, 20, by=SERVER)
    before = sandbox.read("customers")
    fill_sandbox(sandbox.tenant, 20, by=SERVER)

    without = [{**record, "UpdatedAt": None} for record in before]
    assert [{**record, "UpdatedAt": None} for record in sandbox.read("customers")] == without


@pytest.mark.parametrize("priority", ["customerid", "email"])
def test_sample_data_has_what_a_tenant_may_demand(make_tenant: MakeTenant, priority: str) -> None:
    sandbox = sandbox_for(make_tenant(priority=priority, required=list(customer_fields())))

    fill_sandbox(sandbox.tenant, 20, by=SERVER)

    assert Customer.objects.filter(tenant=sandbox.tenant).count() == 20


def test_a_real_tenant_is_never_filled(partner: Partner) -> None:
    sandbox_for(partner)

    with pytest.raises(NotASandbox):
        fill_sandbox(partner.tenant, 20, by=SERVER)
    with pytest.raises(CommandError, match="is no sandbox: nothing was done"):
        run("sandbox", "fill", partner.slug)

    assert not Changeset.objects.filter(tenant=partner.tenant).exists()
    assert not AuditEvent.objects.filter(kind=AuditKind.SANDBOX_FILLED).exists()


@pytest.mark.parametrize("customers", [19, 2001, -1])
def test_the_size_is_bounded(partner: Partner, customers: int) -> None:
    sandbox = sandbox_for(partner)

    with pytest.raises(ValueError, match="Sample data is of 20 to 2,000 customers"):
        fill_sandbox(sandbox.tenant, customers, by=SERVER)


# Commands


def test_the_command_makes_a_sandbox_and_fills_it(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(slug="noir")

    made = json.loads(run("create_tenant", "--sandbox-of", "noir", "--fill", "20", "--json"))

    sandbox = Partner(Tenant.objects.get(pk=made["tenant_id"]), made["key"])
    assert made["slug"] == "noir-sandbox"
    assert sandbox.tenant.sandbox_of == tenant.tenant
    assert len(sandbox.read("customers")) == 20
    assert "Tenant noir (sandbox)" not in run("create_key", "noir-sandbox")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sandbox-of", "nobody"], "There is no tenant 'nobody'."),
        (["Name", "--sandbox-of", "noir"], "is called and configured as its tenant is"),
        (["--sandbox-of", "noir", "--per-minute", "5"], "is called and configured as its tenant is"),
        (["--sandbox-of", "noir", "--priority", "email"], "is called and configured as its tenant is"),
        (["--sandbox-of", "noir", "--fill", "0"], "--fill must be a whole number from 20 to 2000."),
        (["Name", "--fill", "100"], "--fill goes with --sandbox-of."),
    ],
)
def test_an_unusable_option_creates_nothing(make_tenant: MakeTenant, arguments: list[str], said: str) -> None:
    make_tenant(slug="noir")

    with pytest.raises(CommandError) as refused:
        run("create_tenant", *arguments)

    assert said in str(refused.value)
    assert Tenant.objects.count() == 1


def test_what_was_done_is_in_the_tenants_audit(partner: Partner) -> None:
    sandbox = sandbox_for(partner)
    run("sandbox", "fill", sandbox.slug, "--customers", "20")
    Tenant.objects.filter(pk=partner.tenant.pk).update(time_zone="Europe/Paris")
    run("sandbox", "copy", sandbox.slug)
    run("sandbox", "empty", sandbox.slug)

    found = AuditEvent.objects.filter(tenant=partner.tenant, kind__startswith="sandbox").order_by("pk")

    assert [(event.kind, event.details) for event in found] == [
        ("sandbox_created", []),
        ("sandbox_filled", ["customers: 20"]),
        ("sandbox_copied", ["time_zone: UTC → Europe/Paris"]),
        ("sandbox_emptied", []),
    ]
