"""Sandboxes for tests: made as the command makes them, filled by hand with a row in every table."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db import models

from customers.models import Customer, CustomerNote
from tenants.audit.events import SERVER
from tenants.changes.emptying import EMPTIED
from tenants.models import Delivery, RateCounter, Tenant
from tenants.sandboxes.twins import create_sandbox
from tenants.webhooks.endpoints import create_webhook
from tests.conftest import Partner
from tests.customers.records import customer
from tests.orders.records import order
from tests.products.records import product
from tests.searching import searched

MOMENT = datetime(2026, 1, 31, tzinfo=UTC)
SAMPLES: dict[Any, Any] = {
    models.CharField: "x",
    models.TextField: "x",
    models.BooleanField: False,
    models.SmallIntegerField: 1,
    models.IntegerField: 1,
    models.BigIntegerField: 1,
    models.PositiveIntegerField: 1,
    models.DateField: MOMENT.date(),
    models.DateTimeField: MOMENT,
    models.JSONField: {},
    models.DecimalField: 1,
    models.UUIDField: "00000000-0000-4000-8000-000000000001",
    models.BinaryField: b"x",
    models.FloatField: 1.0,
    ArrayField: [],
}


def sandbox_for(partner: Partner) -> Partner:
    """Return the sandbox of a partner's tenant, with its first key; nobody runs out of requests there."""
    Tenant.objects.filter(pk=partner.tenant.pk).update(per_minute=1_000_000, per_hour=1_000_000)
    return Partner(*create_sandbox(Tenant.objects.get(pk=partner.tenant.pk), by=SERVER))


def fill_every_table(partner: Partner) -> None:
    """Give a tenant a row in every table that tenants own, new ones too, and in what is counted and sent elsewhere."""
    partner.save("customers", customer(SmsOptin=True))
    partner.save("customers", customer(SmsOptin=False))
    partner.save("orders", order())
    partner.save("products", product())
    searched()
    known = Customer.objects.filter(tenant=partner.tenant).order_by("pk")[0]
    CustomerNote.objects.create(tenant=partner.tenant, customer=known, text="x", author="x", created_at=MOMENT)
    for model in reversed(EMPTIED):
        if not model._default_manager.filter(tenant=partner.tenant).exists():
            model._default_manager.create(tenant=partner.tenant, **_sample(model))
    webhook, _ = create_webhook(partner.tenant, label="ERP", url="https://erp.example/hooks")
    Delivery.objects.create(webhook=webhook, number=1, attempt=1, milliseconds=1, created_at=MOMENT)


def _sample(model: type[models.Model]) -> dict[str, Any]:
    """Return values for what a row of a model needs."""
    needed = [
        field
        for field in model._meta.concrete_fields
        if not (field.null or field.has_default() or field.primary_key or field.is_relation)
    ]
    found = {field.name: next(SAMPLES[kind] for kind in type(field).__mro__ if kind in SAMPLES) for field in needed}
    users = [field for field in model._meta.concrete_fields if field.related_model is User and not field.null]
    return found | {field.attname: User.objects.get_or_create(username="x")[0].pk for field in users}


def counts(tenant: Tenant) -> dict[str, int]:
    """Return how many rows a tenant has in each table that is emptied."""
    found = {model._meta.db_table: model._default_manager.filter(tenant=tenant).count() for model in EMPTIED}
    counted = RateCounter.objects.filter(bucket=f"tenant {tenant.pk}").count()
    sent = Delivery.objects.filter(webhook__tenant=tenant).count()
    return {**found, "tenants_ratecounter": counted, "tenants_delivery": sent}
