"""Files of records on their way in: the job of each, its bytes where no folder is shared, the rows it rejected."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from tenants.models.changes import Entity
from tenants.models.tenants import ApiKey, TenantOwned


class ImportState(models.TextChoices):
    """How far an import is. Those that have ended (finished, failed, cancelled) stay as they are."""

    UPLOADING = "uploading"
    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FileFormat(models.TextChoices):
    """What a file of records is."""

    NDJSON = "ndjson", "NDJSON"
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"


class Import(TenantOwned):
    """A file of records, and the job that stores them in chunks (tenants.imports).

    `packing` is how the file is packed: "", gzip or zstd; `size` how many bytes of it have come, `announced` how many
    there will be, where that is known. `options` say how its rows are read: for a table its encoding, delimiter,
    mapping of headers and so on (tenants.imports.options); nothing for NDJSON. `layout` is what was found of a table as
    it was run: its `header`, its `dialect`, in which rejected rows go back, and the `options` in full.
    `position` counts the rows of the file that chunks have dealt with, each in the transaction that stores it: a job
    that was killed goes on there. Of the records in them `read` = created + updated + unchanged + rejected + `folded`:
    those that another record of the same chunk was folded into, or a forgotten person's, which are skipped.
    `changes` are the first differences that a dry run shows; they hold personal values, and an erasure clears them.
    `consents` say how many consents of customers a dry run would give and take: {"EmailOptin": [given, withdrawn]}.
    `beat_at` is when whoever uploads or runs it was last seen, `held_by` who runs it.
    `message` says why it failed. Changesets of its chunks have its `trace_id`.
    """

    entity = models.CharField("records", max_length=10, choices=Entity.choices)
    format = models.CharField(max_length=6, choices=FileFormat.choices)
    packing = models.CharField(max_length=4, default="", db_default="")
    file_name = models.CharField("file", max_length=200, default="", db_default="")
    size = models.BigIntegerField(default=0, db_default=0)
    announced = models.BigIntegerField(null=True)
    options = models.JSONField(default=dict)
    layout = models.JSONField(default=dict)
    is_dry_run = models.BooleanField("dry run", default=False, db_default=False)
    state = models.CharField(max_length=9, choices=ImportState.choices, default=ImportState.UPLOADING)
    has_file = models.BooleanField(default=True, db_default=True)
    position = models.BigIntegerField(default=0, db_default=0)
    read = models.BigIntegerField(default=0, db_default=0)
    created = models.BigIntegerField(default=0, db_default=0)
    updated = models.BigIntegerField(default=0, db_default=0)
    unchanged = models.BigIntegerField(default=0, db_default=0)
    rejected = models.BigIntegerField(default=0, db_default=0)
    folded = models.BigIntegerField(default=0, db_default=0)
    bytes_read = models.BigIntegerField(default=0, db_default=0)  # of `size`, for the time that is left
    changes = models.JSONField(default=list)
    consents = models.JSONField(default=dict)
    message = models.CharField(max_length=500, default="", db_default="")
    reason = models.CharField(max_length=200, default="", db_default="")
    actor = models.CharField("by", max_length=200)
    api_key = models.ForeignKey(
        ApiKey, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    trace_id = models.CharField(max_length=32)
    is_cancelled = models.BooleanField("asked to end", default=False, db_default=False)
    held_by = models.CharField(max_length=100, default="", db_default="")
    created_at = models.DateTimeField("uploaded")
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        verbose_name = "import"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="imports_of_tenant"),
            models.Index(fields=["tenant"], condition=models.Q(has_file=True), name="imports_with_file"),
            models.Index(fields=["state"], condition=models.Q(state__in=["waiting", "running"]), name="imports_to_run"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(state="running"), name="one_import_runs_in_tenant"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name or f"import {self.pk}"


class FilePart(TenantOwned):
    """A piece of a file, from byte `start` of it on: where no folder is shared (FILES), files are in the database."""

    import_id = models.BigIntegerField()
    start = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "import_id", "start"], name="part_once_in_file"),
        ]


class RejectedRow(TenantOwned):
    """A record of a file that was not stored, as it came, with all that is wrong with it.

    `line` is where it begins: lines count from 1, a table's header is line 1. `sent` is the text of an NDJSON line, or
    for a table a JSON array of rows, each an array of cells: a record may be several rows. `faults` are as in a
    QuarantinedRecord, and so are `names`: what an erasure looks for. Kept for 30 days after its import.
    """

    import_id = models.BigIntegerField()
    line = models.BigIntegerField()
    sent = models.TextField()
    faults = models.JSONField(default=list)  # [{"field": "Language", "code": "too_long", "text": "The field …"}]
    is_withdrawal = models.BooleanField(default=False, db_default=False)
    names = ArrayField(models.TextField(), default=list)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "import_id", "line"], name="rejected_once_in_file"),
        ]
        indexes = [GinIndex(fields=["names"], name="rejected_names")]  # there may be a million, and one is erased


class ImportMapping(TenantOwned):
    """How a tenant last read a table with these headers (`digest`): its Import.options, for the next file like it."""

    entity = models.CharField(max_length=10, choices=Entity.choices)
    digest = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "entity", "digest"], name="mapping_once_in_tenant"),
        ]
