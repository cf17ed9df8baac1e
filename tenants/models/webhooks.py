"""Where a tenant's changes are sent, as they are made, and what became of each attempt."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tenants.models.changes import Entity, Operation
from tenants.models.tenants import Tenant


class PauseReason(models.TextChoices):
    """Why nothing is sent to a webhook."""

    HAND = "hand", "paused by hand"
    COPY = "copy", "paused in a copy of the hub, which tells nobody"
    GONE = "gone", "the receiver answered 410: it wants no more"
    FAILING = "failing", "every attempt failed for 3 days"
    EXPIRED = "expired", "changes that it had not got have expired"
    SECRET = "secret", "its secret can't be read: rotate it"


CHOSEN = (PauseReason.HAND, PauseReason.COPY)  # all others are the hub's, which stops what can't go on
STOPPED = Q(paused_at__isnull=False) & ~Q(pause_reason__in=CHOSEN)


class Fault(models.TextChoices):
    """Why an attempt to deliver failed."""

    STATUS = "status", "answered with an error"
    REDIRECT = "redirect", "answered with a redirect"
    GONE = "gone", "answered 410"
    TIMEOUT = "timeout", "no answer in 10 seconds"
    NAME = "name", "its host was not found"
    ADDRESS = "address", "its host has an address that is not public"
    CONNECT = "connect", "no connection"
    TLS = "tls", "no trusted TLS connection"
    CLOSED = "closed", "closed before it answered"
    EXPIRED = "expired", "what it had to get next has expired"
    SECRET = "secret", "its secret can't be read"


class Webhook(models.Model):
    """An address that is told of a tenant's changes, and how far it has got. Like keys it is the coordinator's.

    The receiver has all changesets up to `position` that its filters let through; an empty filter lets all through.
    `attempts` are those for the next one that failed, `next_at` is when the next is due. Secrets are encrypted
    (tenants.webhooks.sealing), the former one signs beside the new one until `former_until`. A worker that delivers
    holds the row until `held_until`. `version` is raised with every change by staff.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="webhooks")
    label = models.CharField(max_length=100, help_text="What it is for: ERP, data warehouse …")
    url = models.CharField(
        "URL", max_length=2000, help_text="Where changes are posted to, https://…; it must be on the public internet."
    )
    entities = ArrayField(models.CharField(max_length=10, choices=Entity.choices), default=list, blank=True)
    operations = ArrayField(models.CharField(max_length=10, choices=Operation.choices), default=list, blank=True)
    secret = models.TextField(editable=False)
    former_secret = models.TextField(editable=False, default="")
    former_until = models.DateTimeField(null=True, editable=False)
    position = models.BigIntegerField(editable=False)
    attempts = models.IntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    next_at = models.DateTimeField("next attempt", null=True, editable=False)
    last_success_at = models.DateTimeField("last success", null=True, editable=False)
    paused_at = models.DateTimeField("paused", null=True, editable=False)
    pause_reason = models.CharField(max_length=10, choices=PauseReason.choices, default="", editable=False)
    test_asked_at = models.DateTimeField(null=True, editable=False)
    held_by = models.UUIDField(null=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    version = models.IntegerField(default=0, editable=False)
    created_at = models.DateTimeField("created", auto_now_add=True)

    class Meta:
        ordering = ["tenant", "label"]
        constraints = [models.UniqueConstraint(fields=["tenant", "label"], name="webhook_label_in_tenant")]

    def __str__(self) -> str:
        return self.label

    @property
    def is_stopped(self) -> bool:
        """Whether the hub stopped it, as in `STOPPED`."""
        return self.paused_at is not None and self.pause_reason not in CHOSEN


class Delivery(models.Model):
    """An attempt to deliver a changeset, or a test event, which has no number. Kept for 30 days.

    Neither the address nor anything that was sent or answered is here: a status at most, and a word for the fault.
    """

    webhook = models.ForeignKey(Webhook, models.CASCADE, db_index=False, related_name="deliveries")
    number = models.BigIntegerField(null=True)
    attempt = models.IntegerField()
    status = models.SmallIntegerField(null=True)
    fault = models.CharField(max_length=10, choices=Fault.choices, default="")
    milliseconds = models.IntegerField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        indexes = [models.Index(fields=["webhook", "id"], name="delivery_of_webhook")]

    def __str__(self) -> str:
        return f"attempt {self.attempt}"
