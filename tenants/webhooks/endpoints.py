"""Webhooks as staff keep them: made with their secret shown once, paused, resumed, set back, rotated, tested, deleted.

What staff change raises the webhook's `version`, so that a worker in the middle of it looks anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tenants.audit.events import SERVER, Actor, record
from tenants.models import AuditKind, Feed, PauseReason, Tenant, Webhook
from tenants.webhooks.addresses import check_url
from tenants.webhooks.sealing import new_secret, seal

MOST = 20  # webhooks of a tenant
TOO_MANY = f"A tenant has {MOST} webhooks at most. Delete one that is not needed any more."
TAKEN = "There is a webhook with this label already."
START_ANEW: Mapping[str, Any] = {"attempts": 0, "failing_since": None, "next_at": None}


class Stale(Exception):
    """Somebody has changed the webhook since it was looked at."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The changesets that a tenant's feed still has: the number before the oldest, and the last."""

    before: int
    last: int


def last_numbers(tenants: Iterable[UUID]) -> dict[UUID, int]:
    """Return the numbers of tenants' last changesets, where there are any."""
    return dict(Feed.objects.filter(tenant_id__in=tenants).values_list("tenant_id", "number"))


def kept_by(tenant_id: UUID) -> Kept:
    """Return which changesets of a tenant can be delivered."""
    return Kept(*Feed.objects.filter(tenant_id=tenant_id).values_list("expired", "number").first() or (0, 0))


def create_webhook(
    tenant: Tenant,
    *,
    label: str,
    url: str,
    entities: Sequence[str] = (),
    operations: Sequence[str] = (),
    by: Actor = SERVER,
) -> tuple[Webhook, str]:
    """Create a webhook, told of what changes from now on, and return it with its secret, which is shown nowhere else.

    Raises ValidationError for what it can't be.
    """
    check_url(url)
    secret = new_secret()
    webhook = Webhook(tenant=tenant, label=label, url=url, entities=[*entities], operations=[*operations])
    webhook.secret, webhook.position = seal(secret), kept_by(tenant.pk).last
    webhook.clean_fields(exclude=["tenant"])
    with transaction.atomic():
        _lock(tenant)
        check_room(tenant, label)
        webhook.save(force_insert=True)
        _record(AuditKind.WEBHOOK_CREATED, webhook, by)
    return webhook, secret


def check_room(tenant: Tenant, label: str, own: int = 0) -> None:
    """Raise ValidationError where a tenant has another webhook with the label, or as many others as it may."""
    others = Webhook.objects.filter(tenant=tenant).exclude(pk=own)
    if others.filter(label=label).exists():
        raise ValidationError({"label": TAKEN})
    if others.count() >= MOST:
        raise ValidationError(TOO_MANY)


def _lock(tenant: Tenant) -> None:
    """Let nobody else, in this transaction, make or name a webhook of the tenant."""
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)


@transaction.atomic
def edit_webhook(webhook: Webhook, *, label: str, url: str, entities: Sequence[str], operations: Sequence[str]) -> None:
    """Set what a webhook is called, where it leads and what it is told of; the caller records what that changed.

    A new address is tried at once. Raises ValidationError for what it can't be.
    """
    check_url(url)
    _lock(webhook.tenant)
    check_room(webhook.tenant, label, webhook.pk)
    values: dict[str, Any] = {"label": label, "url": url, "entities": [*entities], "operations": [*operations]}
    moved = not Webhook.objects.filter(pk=webhook.pk, url=url).exists()
    _change(webhook, **values, **(START_ANEW if moved else {}))


def pause_webhook(webhook: Webhook, *, by: Actor = SERVER) -> None:
    """Send a webhook nothing until it is resumed."""
    with transaction.atomic():
        if _change(webhook, only={"paused_at": None}, paused_at=timezone.now(), pause_reason=PauseReason.HAND):
            _record(AuditKind.WEBHOOK_PAUSED, webhook, by)


def resume_webhook(webhook: Webhook, *, by: Actor = SERVER) -> int:
    """Go on from where a webhook stood, or from the oldest changeset that is kept, and return the number before it."""
    position = max(webhook.position, kept_by(webhook.tenant_id).before)
    with transaction.atomic():
        resumed = {"paused_at": None, "pause_reason": "", "position": position, **START_ANEW}
        if _change(webhook, only={"paused_at__isnull": False}, **resumed):
            _record(AuditKind.WEBHOOK_RESUMED, webhook, by, f"after: {position}")
    return position


def redeliver(webhook: Webhook, number: int, *, by: Actor = SERVER) -> None:
    """Have all changesets from a number on delivered again, each under the id it had before.

    Raises ValidationError for a number that is not kept any more, or not given yet.
    """
    kept = kept_by(webhook.tenant_id)
    if not kept.before < number <= kept.last:
        raise ValidationError(_not_kept(kept))
    with transaction.atomic():
        _change(webhook, position=number - 1, **START_ANEW)
        _record(AuditKind.WEBHOOK_REDELIVERED, webhook, by, f"from: {number}")


def rotate(webhook: Webhook, *, overlap: timedelta, by: Actor = SERVER) -> str:
    """Give a webhook a new secret and return it; for `overlap` the old one signs, too.

    Raises Stale, and changes nothing, where somebody has changed the webhook since it was read: of two who rotate at
    once, one would be shown a secret that is no longer the one, and the receiver's would be gone.
    """
    secret = new_secret()
    values: dict[str, Any] = {"secret": seal(secret), "former_secret": "", "former_until": None}
    if overlap:
        values |= {"former_secret": webhook.secret, "former_until": timezone.now() + overlap}
    with transaction.atomic():
        if not _change(webhook, only={"version": webhook.version}, **values):
            raise Stale
        hours = round(overlap.total_seconds() / 3600)
        _record(AuditKind.WEBHOOK_ROTATED, webhook, by, f"old secret: {hours} hours" if hours else "old secret: ended")
    return secret


def ask_test(webhook: Webhook, *, by: Actor = SERVER) -> None:
    """Have the background worker send a test event, to a paused webhook, too."""
    with transaction.atomic():
        _change(webhook, test_asked_at=timezone.now())
        _record(AuditKind.WEBHOOK_TESTED, webhook, by)


def delete_webhook(webhook: Webhook, *, by: Actor = SERVER) -> None:
    """Delete a webhook with its log of deliveries."""
    with transaction.atomic():
        _record(AuditKind.WEBHOOK_DELETED, webhook, by)
        webhook.delete()


def name_of(webhook: Webhook) -> str:
    """Return what the audit calls a webhook: a label may name somebody."""
    return f"webhook #{webhook.pk}"


def _record(kind: AuditKind, webhook: Webhook, by: Actor, *details: str) -> None:
    record(kind, by, tenant_id=webhook.tenant_id, details=[name_of(webhook), *details])


def _change(webhook: Webhook, *, only: Mapping[str, Any] | None = None, **values: Any) -> bool:
    """Change a webhook, in the one statement, where it is as `only` says; tell whether it was, and read it again."""
    found = Webhook.objects.filter(pk=webhook.pk, **(only or {}))
    changed = found.update(version=F("version") + 1, **values)
    webhook.refresh_from_db()
    return bool(changed)


def _not_kept(kept: Kept) -> str:
    if kept.before == kept.last:
        return "There is nothing to deliver again: no change is kept."
    return f"Enter a number from {kept.before + 1} to {kept.last}: these changes are kept."
