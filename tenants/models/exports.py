"""Lists of the admin on their way out: the job of each export that is made in the background, and its file."""

from django.conf import settings
from django.db import models

from tenants.models.tenants import TenantOwned


class ExportState(models.TextChoices):
    """How far an export is. Only one that is ready has a file."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REMOVED = "removed", "removed by an erasure"
    EXPIRED = "expired"


class Export(TenantOwned):
    """A list that somebody takes along as a file, and the job that writes the file (tenants.exports).

    `listing` is the label of the list's model, `query` the part of its address that filters, searches and sorts it.
    One that `may_name` somebody is cleared by any erasure, and then the export is not `is_repeatable`. `filters` names
    what the list is filtered by, without the values. `columns` are the titles of the columns; `by_part`: a row for each
    line or variant.
    `expected` counts the records of the list as it was when the job began, `read` those that are written, `rows` the
    rows these became, `size` the bytes of them; `looked` how many were read of each entity that is about persons.
    `held_by` says who runs it, `beat_at` when that was last seen, `begun` how often it was taken up.
    """

    listing = models.CharField("list", max_length=60)
    query = models.TextField(default="", db_default="")
    may_name = models.BooleanField(default=False, db_default=False)
    filters = models.JSONField(default=list)
    columns = models.JSONField(default=list)
    by_part = models.BooleanField(default=False, db_default=False)
    format = models.CharField(max_length=4)
    state = models.CharField(max_length=9, choices=ExportState.choices, default=ExportState.WAITING)
    is_repeatable = models.BooleanField(default=True, db_default=True)
    message = models.CharField(max_length=200, default="", db_default="")
    expected = models.BigIntegerField(null=True)
    read = models.BigIntegerField(default=0, db_default=0)
    rows = models.BigIntegerField(default=0, db_default=0)
    size = models.BigIntegerField(default=0, db_default=0)
    looked = models.JSONField(default=dict)
    begun = models.IntegerField(default=0, db_default=0)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    trace_id = models.CharField(max_length=32)
    held_by = models.CharField(max_length=100, default="", db_default="")
    created_at = models.DateTimeField("asked for")
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        verbose_name = "export"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "user", "-id"], name="exports_of_user"),
            models.Index(
                fields=["state"], condition=models.Q(state__in=["waiting", "running"]), name="exports_to_make"
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"


class ExportPart(TenantOwned):
    """A piece of an export's file, from byte `start` of it on.

    Files of exports are in the database wherever imports have theirs: an erasure takes them in its transaction.
    """

    export_id = models.BigIntegerField()
    start = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "export_id", "start"], name="part_once_in_export"),
        ]
