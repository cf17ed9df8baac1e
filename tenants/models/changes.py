"""What was written: the change log, the consent ledger, and what a write must know."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.models.tenants import ApiKey, Priority, Tenant, TenantOwned


class Entity(models.TextChoices):
    """What a changeset is about."""

    CUSTOMERS = "customers"
    ORDERS = "orders"
    PRODUCTS = "products"


class Operation(models.TextChoices):
    """What was done."""

    UPSERT = "upsert"
    EDIT = "edit"
    DELETE = "delete"
    ERASE = "erase"
    REKEY = "rekey"
    UNDO = "undo"
    MERGE = "merge"


class Source(models.TextChoices):
    """Through what it was done."""

    API = "api", "API"
    ADMIN = "admin"
    IMPORT = "import"
    JERICOMMERCE = "jericommerce"
    CUSTOBAR = "custobar"


class Feed(models.Model):
    """The number of a tenant's last changeset. Its row lock, held to the commit, makes numbers gapless and ordered.

    And what a write must know once it has the tenant's lock, which stands beside the tenant's records wherever these
    are: the identifier priority since it was changed, and through which sources somebody was forgotten ("": all).
    `erased_at`: when somebody was last erased whose remains are on disk yet (tenants.changes.remains).
    `expired`: the number of the last changeset that is no longer kept, 0 while all are (tenants.changes.expiry): those
    from the next one to `number` are there, without a gap.
    `heard_until`: how long withdrawals are noted at before-images, for undos to know of them (tenants.changes.images).
    `is_sandbox`: the tenant is one, all that is here may be emptied; `is_emptying`: it is being emptied, nobody may
    write (tenants.changes.emptying).
    """

    tenant = models.OneToOneField(Tenant, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+")
    number = models.BigIntegerField()
    expired = models.BigIntegerField(default=0, db_default=0)
    priority = models.CharField(max_length=10, choices=Priority.choices, null=True)
    forgotten_by = ArrayField(models.CharField(max_length=20, choices=Source.choices, blank=True), null=True)
    erased_at = models.DateTimeField(null=True)
    heard_until = models.DateTimeField(null=True)
    is_sandbox = models.BooleanField(default=False, db_default=False)
    is_emptying = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_emptying=False) | models.Q(is_sandbox=True), name="only_sandboxes_are_emptied"
            )
        ]


class Changeset(TenantOwned):
    """One write transaction that changed something: the change feed, the audit trail and the receipt of a batch.

    It names records by hub id, never by a personal value, so that erasing a person never has to rewrite it.
    `undoes` is the number of the changeset that it took back.
    """

    number = models.BigIntegerField()
    entity = models.CharField(max_length=10, choices=Entity.choices)
    operation = models.CharField(max_length=10, choices=Operation.choices)
    source = models.CharField(max_length=20, choices=Source.choices)
    actor = models.CharField(max_length=200)
    api_key = models.ForeignKey(ApiKey, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False
    )
    received = models.IntegerField()
    unchanged = models.IntegerField()
    created_ids = ArrayField(models.BigIntegerField(), default=list)
    updated_ids = ArrayField(models.BigIntegerField(), default=list)
    deleted_ids = ArrayField(models.BigIntegerField(), default=list)
    trace_id = models.CharField(max_length=32)
    reason = models.CharField(max_length=200, db_default="")
    undoes = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="changeset_number_in_tenant")]
        indexes = [
            models.Index(fields=["tenant", "entity", "number"], name="changeset_by_entity"),
            models.Index(fields=["tenant", "reason"], name="changeset_by_reason", condition=~models.Q(reason="")),
            models.Index(
                fields=["tenant", "undoes"], name="changeset_that_undoes", condition=models.Q(undoes__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} of {self.entity}, number {self.number}"


class ConsentChange(TenantOwned):
    """What one write did to a customer's six flags: before → after, when, through what, by whom and why.

    `channels` are the flags it is about: those that changed or, where the customer was created (`before` is null),
    those that were supplied. `against_staff` are those granted by a source after staff had withdrawn them.
    `merged_from` is whom the row was about before that customer was merged into this one (customers.merging).
    It stands by itself: it lives as long as the customer, its changeset no longer than the feed.
    """

    changeset_number = models.BigIntegerField()
    customer = models.BigIntegerField("hub id of the customer")
    before = models.SmallIntegerField(null=True)
    after = models.SmallIntegerField()
    channels = models.SmallIntegerField()
    against_staff = models.SmallIntegerField(db_default=0)
    source = models.CharField(max_length=20, choices=Source.choices, db_default="")
    actor = models.CharField(max_length=200, db_default="")
    reason = models.CharField(max_length=200, db_default="")
    merged_from = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "customer"], name="consent_change_of_customer"),
            models.Index(
                fields=["tenant", "created_at"],
                name="consent_change_against_staff",
                condition=~models.Q(against_staff=0),
            ),
            models.Index(fields=["tenant", "reason"], name="consent_change_by_reason", condition=~models.Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
