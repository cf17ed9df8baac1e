"""Records that were left out of a batch whose good ones were taken."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from tenants.models.changes import Entity, Source
from tenants.models.tenants import ApiKey, TenantOwned


class QuarantineState(models.TextChoices):
    """What became of a record that was left out."""

    WAITING = "waiting"
    CORRECTED = "corrected"
    DISMISSED = "dismissed"


class QuarantinedRecord(TenantOwned):
    """A record that a batch left out, as it was sent, with all that was wrong with it.

    `record` is JSON text, which may hold what no table can, escaped; not `is_whole` where it was too big to be kept as
    it came. `identifiers` are those that can be read, `names` everything in it that a person may be named by, in its
    normal form: what an erasure looks for, and by index the page of a customer. `digest` is of the record and its
    faults: the same record sent again adds to `times`, and the place in its batch, the trace and so on are those of the
    last time, `last_at`. Kept for 30 days after that. `decided_…` say who corrected or dismissed it,
    `corrected_number` in which changeset.
    """

    entity = models.CharField(max_length=10, choices=Entity.choices)
    source = models.CharField(max_length=20, choices=Source.choices)
    digest = models.CharField(max_length=64)
    record = models.TextField("as it was sent")
    is_whole = models.BooleanField(default=True, db_default=True)
    is_withdrawal = models.BooleanField("withdraws consent", default=False, db_default=False)
    identifiers = models.JSONField(default=dict)
    names = ArrayField(models.TextField(), default=list)
    faults = models.JSONField(default=list)  # [{"field": "Language", "code": "too_long", "text": "The field …"}]
    codes = ArrayField(models.TextField(), default=list)  # ["Language: too_long"]
    index = models.IntegerField("place in its batch")
    times = models.IntegerField("times sent", default=1, db_default=1)
    actor = models.CharField(max_length=200)
    api_key = models.ForeignKey(
        ApiKey, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    trace_id = models.CharField(max_length=32)
    changeset_number = models.BigIntegerField("changeset", null=True)
    state = models.CharField(
        max_length=10, choices=QuarantineState.choices, default=QuarantineState.WAITING, db_default="waiting"
    )
    decided_by = models.CharField(max_length=200, default="", db_default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, default="", db_default="")
    corrected_number = models.BigIntegerField("corrected in changeset", null=True)
    created_at = models.DateTimeField("first sent")
    last_at = models.DateTimeField("last sent")

    class Meta:
        verbose_name = "quarantined record"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "digest"], name="quarantined_once_in_tenant")]
        indexes = [GinIndex(fields=["names"], name="quarantined_by_name")]

    def __str__(self) -> str:
        return ", ".join(map(str, self.identifiers.values())) or f"record without an identifier, #{self.pk}"
