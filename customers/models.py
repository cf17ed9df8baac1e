"""The customers of a tenant."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from hub.sql.tenancy import TenantForeignKey
from tenants.models import TenantOwned

MOST_NOTE = 4000  # characters


class Customer(TenantOwned):
    """A person a tenant knows, named by `match_key` (see tenants.identity).

    `given` has a bit for each column of customers.ingest.CUSTOMERS, set where a value was ever supplied.
    `previous_flags` are the six flags before the row's last change: what the consent ledger compares.
    `overridden` are the flags that a source sent last in another value than is stored, "never sent" counting as false:
    staff changed them since. `withdrawn_by_staff` are those that staff withdrew the last time they said anything of
    them; of one that is granted by now it means nothing (customers.flags).
    `former_ids` and `former_emails` are what the customer was known by before (customers.former), null for most.
    The indexes of attributes, tags and mailing lists serve the admin's search, that of what was an erasure; rows
    without any are not in them.
    """

    match_key = models.TextField(editable=False)
    customer_id = models.CharField("customer id", max_length=100, null=True)
    email = models.CharField("e-mail", max_length=255, null=True)
    name = models.CharField(max_length=100, null=True)
    surname = models.CharField(max_length=300, null=True)
    phone = models.CharField(max_length=20, null=True)
    language = models.CharField(max_length=10, null=True)
    username = models.CharField(max_length=500, null=True)
    email_optin = models.BooleanField("e-mail opt-in", default=False)
    sms_optin = models.BooleanField("SMS opt-in", default=False)
    whatsapp_optin = models.BooleanField("WhatsApp opt-in", default=False)
    app_push_optin = models.BooleanField("app push opt-in", default=False)
    gdpr_optin = models.BooleanField("GDPR opt-in", default=False)
    is_excluded = models.BooleanField("excluded", default=False)
    attributes = models.JSONField(default=dict)
    tags = ArrayField(models.TextField(), default=list)
    mailing_lists = ArrayField(models.TextField(), default=list)
    given = models.IntegerField(default=0, editable=False)
    previous_flags = models.SmallIntegerField(null=True, editable=False)
    overridden = models.SmallIntegerField(db_default=0, editable=False)
    withdrawn_by_staff = models.SmallIntegerField(db_default=0, editable=False)
    former_ids = ArrayField(models.TextField(), null=True, editable=False)
    former_emails = ArrayField(models.TextField(), verbose_name="former e-mails", null=True, editable=False)
    created_at = models.DateTimeField("created", editable=False)
    updated_at = models.DateTimeField("updated", editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "match_key"], name="customer_match_key_in_tenant")]
        indexes = [
            models.Index(
                fields=["tenant", "customer_id"],
                name="customer_by_customer_id",
                condition=models.Q(customer_id__isnull=False),
            ),
            models.Index(fields=["tenant", "email"], name="customer_by_email", condition=models.Q(email__isnull=False)),
            models.Index(fields=["tenant", "phone"], name="customer_by_phone", condition=models.Q(phone__isnull=False)),
            GinIndex(
                fields=["attributes"],
                opclasses=["jsonb_path_ops"],
                name="customer_by_attribute",
                condition=~models.Q(attributes={}),
            ),
            GinIndex(fields=["former_ids"], name="customer_by_former_id", condition=models.Q(former_ids__isnull=False)),
            GinIndex(
                fields=["former_emails"],
                name="customer_by_former_email",
                condition=models.Q(former_emails__isnull=False),
            ),
            GinIndex(fields=["tags"], name="customer_by_tag", condition=~models.Q(tags=[])),
            GinIndex(fields=["mailing_lists"], name="customer_by_mailing_list", condition=~models.Q(mailing_lists=[])),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.name, self.surname])) or self.customer_id or self.email or f"#{self.pk}"

    @property
    def named_by(self) -> list[str]:
        """The identifiers it has."""
        return [value for value in (self.customer_id, self.email, self.phone) if value]


class SearchedWords(TenantOwned):
    """What a customer is searched by beside identifiers and tags, in the plain spelling of hub.records.plain.

    `id` is the customer's hub id; the row goes with the customer's. The background worker keeps it
    (customers.searching), so that no write pays for its index. The index on the tenant serves small tenants, and words
    that many have, of whom the newest are found by walking it.
    """

    words = models.TextField()

    class Meta:
        indexes = [
            GinIndex(
                fields=["words"], opclasses=["gin_trgm_ops"], gin_pending_list_limit=1024, name="searched_by_part"
            ),
            models.Index(fields=["tenant", "id"], name="searched_of_tenant"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class SearchPosition(TenantOwned):
    """How far a tenant's searched words are: what its changesets up to `number` say of customers is in them.

    `filled_to` is the hub id up to which customers are gone through from the first on, null once all are.
    """

    number = models.BigIntegerField()
    filled_to = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="search_position_of_tenant")]

    def __str__(self) -> str:
        return f"up to {self.number}"


class CustomerNote(TenantOwned):
    """What staff wrote down about a customer, for their colleagues: in no feed and no answer of the API.

    The database deletes it with the customer, in the same statement, and takes none for one who is gone.
    `author` is the name that the user had then.
    """

    customer = TenantForeignKey(Customer, models.CASCADE, related_name="notes")
    text = models.TextField(max_length=MOST_NOTE)
    author = models.CharField(max_length=200)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "note"
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["tenant", "customer", "created_at"], name="note_of_customer")]

    def __str__(self) -> str:
        return f"note #{self.pk}"


class Duplicate(TenantOwned):
    """Two customers who may be one person, by hub id, the older one first; `reasons` are the bits of Reason.

    The worker finds them (customers.duplicates). `is_dismissed`: staff said that they are two; it is remembered until
    one of them goes.
    """

    first = models.BigIntegerField("hub id")
    second = models.BigIntegerField("hub id of the other")
    reasons = models.SmallIntegerField()
    is_dismissed = models.BooleanField("not a duplicate", default=False)
    created_at = models.DateTimeField("found")

    class Meta:
        verbose_name = "possible duplicate"
        constraints = [models.UniqueConstraint(fields=["tenant", "first", "second"], name="duplicate_in_tenant")]
        indexes = [models.Index(fields=["tenant", "second"], name="duplicate_by_second")]

    def __str__(self) -> str:
        return f"#{self.first} and #{self.second}"
