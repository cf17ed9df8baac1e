"""What records were before a write changed or deleted them: what an undo goes by, for a week."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from tenants.models.changes import Entity
from tenants.models.tenants import TenantOwned


class BeforeImage(TenantOwned):
    """A record as a changeset found it: its row, and of a document its parts, as they were stored.

    `names` is what the image says a person is named by, which an erasure looks for: CustomerId, e-mail, the digits of
    a phone, former ones; null where it names nobody. `grants` are the consents of the image that an undo may still give
    back: who withdraws one loses it here, too, where the customer has nothing left to change (customers.restoring).
    `kept_until`: of a merge, which can be taken back for longer than a week (customers.merging).
    """

    changeset_number = models.BigIntegerField()
    entity = models.CharField(max_length=10, choices=Entity.choices)
    record = models.BigIntegerField("hub id of the record")
    image = models.JSONField()
    names = ArrayField(models.TextField(), null=True)
    grants = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    kept_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "entity", "record", "changeset_number"], name="image_of_record"),
            models.Index(fields=["tenant", "record"], name="image_that_grants", condition=~models.Q(grants=0)),
            models.Index(fields=["kept_until"], name="image_of_merge", condition=models.Q(kept_until__isnull=False)),
            GinIndex(
                fields=["names"],
                name="image_by_name",
                condition=models.Q(names__isnull=False),
                gin_pending_list_limit=256,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} #{self.record} before number {self.changeset_number}"
