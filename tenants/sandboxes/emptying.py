"""Sandboxes are emptied: their records and all that was noted of them and of the calls for them.

Configuration, keys, members and webhooks stay, and the audit. tenants.changes.emptying says how.
"""

from django.db import transaction
from django.db.models import F

from tenants.audit.events import Actor, record
from tenants.changes.emptying import begin_emptying, go_on_emptying
from tenants.models import AuditKind, Delivery, Feed, RateCounter, Tenant, Webhook
from tenants.sandboxes.twins import tenant_of

PATIENCE = 5.0  # seconds of a page; the background worker does what takes longer
DELIVERIES = 10_000  # deleted at once
NOW = {"attempts": 0, "failing_since": None, "next_at": None}  # what a webhook has behind it is gone


def empty_sandbox(sandbox: Tenant, *, by: Actor, seconds: float | None = PATIENCE) -> bool:
    """Empty a sandbox, and return whether all of it was done in some seconds; without these it takes what it takes.

    Where it was not, nobody can write there until `finish_emptying` has come by. Raises NotASandbox.
    """
    original = tenant_of(Tenant.objects.get(pk=sandbox.pk))
    with transaction.atomic():
        number = begin_emptying(sandbox)
        # Webhooks go on from here: what they had not been told of is gone.
        Webhook.objects.filter(tenant=sandbox).update(position=number, version=F("version") + 1, **NOW)
        RateCounter.objects.filter(bucket=f"tenant {sandbox.pk}").delete()
        record(AuditKind.SANDBOX_EMPTIED, by, tenant_id=original.pk)
    return _go_on(sandbox, seconds)


def finish_emptying() -> int:
    """Go on with each sandbox whose emptying was broken off, or takes longer; return how many there were."""
    sandboxes = {sandbox.pk: sandbox for sandbox in Tenant.objects.filter(sandbox_of__isnull=False)}
    if not sandboxes:
        return 0
    unfinished = Feed.objects.filter(tenant__in=sandboxes, is_emptying=True).values_list("tenant_id", flat=True)
    return len([_go_on(sandboxes[pk], None) for pk in list(unfinished)])


def is_emptying(sandbox: Tenant) -> bool:
    """Tell whether a sandbox is being emptied."""
    return Feed.objects.filter(tenant=sandbox.pk, is_emptying=True).exists()


def _go_on(sandbox: Tenant, seconds: float | None) -> bool:
    deliveries = Delivery.objects.filter(webhook__tenant=sandbox)
    while some := list(deliveries.values_list("pk", flat=True)[:DELIVERIES]):
        Delivery.objects.filter(pk__in=some).delete()
    return go_on_emptying(sandbox, seconds=seconds)
