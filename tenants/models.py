"""Who may call, how much, and what has changed since."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from tenants.validators import validate_country, validate_customer_field, validate_time_zone


class Priority(models.TextChoices):
    """The identifier that names a tenant's customers (document 000, "How Customer Matching Works")."""

    CUSTOMER_ID = "customerid", "CustomerId"
    EMAIL = "email", "E-mail"


def standard_per_minute() -> int:
    """Return the standard tier's requests a minute."""
    return int(settings.RATE_TIERS["standard"][0])


def standard_per_hour() -> int:
    """Return the standard tier's requests an hour."""
    return int(settings.RATE_TIERS["standard"][1])


class Tenant(models.Model):
    """A retail company whose back ends push data and whose staff look after it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    slug = models.CharField(
        max_length=63,
        unique=True,
        validators=[RegexValidator("^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$", "Use lower-case letters, digits and dashes.")],
    )
    priority = models.CharField(
        "identifier priority", max_length=10, choices=Priority.choices, default=Priority.CUSTOMER_ID
    )
    required_fields = ArrayField(
        # No choices, and room: a new customer field migrates no tenants.
        models.CharField(max_length=100, validators=[validate_customer_field]),
        default=list,
        blank=True,
        help_text="Customer fields demanded in every record.",
    )
    per_minute = models.PositiveIntegerField(
        "requests a minute", default=standard_per_minute, validators=[MinValueValidator(1)]
    )
    per_hour = models.PositiveIntegerField(
        "requests an hour", default=standard_per_hour, validators=[MinValueValidator(1)]
    )
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    default_country = models.CharField(
        max_length=2,
        default="",
        blank=True,
        validators=[validate_country],
        help_text="Whose country code a national phone number gets in the Custobar dialect.",
    )
    is_enabled = models.BooleanField("enabled", default=True)
    requires_factor = models.BooleanField(
        "require a second factor",
        default=False,
        help_text="Whoever sees this tenant needs an authenticator app or a passkey, and is led to set one up.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A tenant's key. Only the SHA-256 digest of its text and the first characters are stored."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=100)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    prefix = models.CharField(max_length=8, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)
    expires_at = models.DateTimeField("expires", null=True, blank=True)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix}…)"


class Role(models.TextChoices):
    """What a member may do: viewers read, staff edit and delete records, admins configure too."""

    VIEWER = "viewer"
    STAFF = "staff"
    ADMIN = "admin"


class Membership(models.Model):
    """A user's role on a tenant. Users are no tenant's, so the database knows no foreign key from here to tenants."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, db_constraint=False, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    accepted_at = models.DateTimeField("accepted", null=True, editable=False)  # null: never asked, so not shown by name

    class Meta:
        verbose_name = "member"
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="membership_of_user_in_tenant")]

    def __str__(self) -> str:
        return f"{self.user} on {self.tenant}: {self.role}"


class Invitation(models.Model):
    """A role on a tenant, offered once to whoever has the link; only the SHA-256 digest of its text is stored.

    Like memberships it is the coordinator's, with no foreign key to tenants.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, db_constraint=False, related_name="invitations")
    email = models.EmailField("e-mail")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    is_mailed = models.BooleanField("sent by mail", default=False, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", editable=False)
    created_at = models.DateTimeField("invited", auto_now_add=True)
    expires_at = models.DateTimeField("expires", editable=False)
    accepted_at = models.DateTimeField("accepted", null=True, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(revoked_at=None), name="invitation_ends_once"
            )
        ]

    def __str__(self) -> str:
        return f"invitation to {self.tenant} as {self.role}"  # Django's log keeps it: no e-mail


class TenantOwned(models.Model):
    """A row that belongs to one tenant; see hub/sql/tenancy.py for what that means in the database."""

    tenant = models.ForeignKey(Tenant, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")

    class Meta:
        abstract = True


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
    """

    tenant = models.OneToOneField(Tenant, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+")
    number = models.BigIntegerField()
    priority = models.CharField(max_length=10, choices=Priority.choices, null=True)
    forgotten_by = ArrayField(models.CharField(max_length=20, choices=Source.choices, blank=True), null=True)
    erased_at = models.DateTimeField(null=True)


class Changeset(TenantOwned):
    """One write transaction that changed something: the change feed, the audit trail and the receipt of a batch.

    It names records by hub id, never by a personal value, so that erasing a person never has to rewrite it.
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
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="changeset_number_in_tenant")]
        indexes = [models.Index(fields=["tenant", "entity", "number"], name="changeset_by_entity")]

    def __str__(self) -> str:
        return f"{self.operation} of {self.entity}, number {self.number}"


class ConsentChange(TenantOwned):
    """One change of a customer's six flags: before → after, when, and through which changeset."""

    changeset_number = models.BigIntegerField()
    customer = models.BigIntegerField("hub id of the customer")
    before = models.SmallIntegerField()
    after = models.SmallIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["tenant", "customer"], name="consent_change_of_customer")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class RateCounter(models.Model):
    """Requests counted in the current minute and hour: an unlogged table, written by authorise.sql alone."""

    bucket = models.TextField(primary_key=True)
    minute = models.DateTimeField()
    in_minute = models.IntegerField()
    hour = models.DateTimeField()
    in_hour = models.IntegerField()


class FailureCounter(models.Model):
    """Wrong passwords counted in a budget: an unlogged table, written by tenants/attempts.py alone.

    No attempt is looked at before `ready_at`; from `forgotten_at` on it is as if there had been none.
    """

    bucket = models.TextField(primary_key=True)
    forgotten_at = models.DateTimeField()
    ready_at = models.DateTimeField()


class RefusedRequest(TenantOwned):
    """A request that was answered with an error: what a tenant needs to find its own mistakes, without any value."""

    api_key = models.ForeignKey(ApiKey, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    method = models.CharField(max_length=10)
    route = models.CharField(max_length=200)
    status = models.SmallIntegerField()
    codes = ArrayField(models.CharField(max_length=200), default=list)
    trace_id = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["tenant", "created_at"], name="refused_request_of_tenant")]

    def __str__(self) -> str:
        return f"{self.status} {self.method} {self.route}"


class DailyCount(TenantOwned):
    """What a tenant's changesets of a day (in its time zone) and entity add up to; `last_number` is the last counted.

    `changesets`, `received` and `last_at` are about what partners sent, `last_number` about all changes.
    """

    day = models.DateField()
    entity = models.CharField(max_length=10, choices=Entity.choices)
    changesets = models.BigIntegerField()
    received = models.BigIntegerField()
    last_number = models.BigIntegerField()
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "entity"], name="daily_count_of_entity")]


class HealthSnapshot(TenantOwned):
    """The figures of tenants/sql/health_*.sql as they were last measured on a day, after the changeset `number`.

    `orders` are hub ids of the newest orders behind a figure: {"orders_without_customer": [9, 7], …}.
    """

    day = models.DateField()
    figures = models.JSONField(default=dict)
    worst_skus = models.JSONField(default=list)
    orders = models.JSONField(default=dict)
    number = models.BigIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="health_snapshot_of_day")]


class Forgotten(TenantOwned):
    """A keyed hash of an identifier of a person who must never come back: through any door, or through one source."""

    source = models.CharField(max_length=20, choices=Source.choices, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source", "digest"], name="forgotten_digest_in_tenant")
        ]

    def __str__(self) -> str:
        return self.digest


class ErasureKey(models.Model):
    """One row: the fingerprint of the key that keyed hashes are made with, which tenants.changes.fingerprint checks."""

    is_only = models.BooleanField(primary_key=True, default=True, editable=False)
    fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(is_only=True), name="only_erasure_key")]

    def __str__(self) -> str:
        return self.fingerprint


class AuditKind(models.TextChoices):
    """What the audit knows of: first what happens to accounts, then what happens to a tenant."""

    LOGGED_IN = "logged_in", "Logged in"
    LOGIN_FAILED = "login_failed", "Log-in failed"
    LOCKED_OUT = "locked_out", "Locked out: too many attempts"
    LOGGED_OUT = "logged_out", "Logged out"
    SESSION_ENDED = "session_ended", "Session ended"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    FACTOR_ADDED = "factor_added", "Second factor added"
    FACTOR_REMOVED = "factor_removed", "Second factor removed"
    USER_ADDED = "user_added", "User added"
    USER_CHANGED = "user_changed", "User changed"
    TENANT_CREATED = "tenant_created", "Tenant created"
    TENANT_CHANGED = "tenant_changed", "Configuration changed"
    KEY_CREATED = "key_created", "Key created"
    KEY_CHANGED = "key_changed", "Key changed"
    KEY_ROLLED = "key_rolled", "Key rolled"
    KEY_REVOKED = "key_revoked", "Key revoked"
    MEMBER_ADDED = "member_added", "Member added"
    MEMBER_ROLE = "member_role", "Member's role changed"
    MEMBER_REMOVED = "member_removed", "Member removed"
    MEMBER_LEFT = "member_left", "Member left"
    INVITATION_MADE = "invitation_made", "Invitation made"
    INVITATION_ACCEPTED = "invitation_accepted", "Invitation accepted"
    INVITATION_REVOKED = "invitation_revoked", "Invitation revoked"
    EXPORTED = "exported", "Exported"


ACCOUNT_KINDS = frozenset(
    {
        AuditKind.LOGGED_IN,
        AuditKind.LOGIN_FAILED,
        AuditKind.LOCKED_OUT,
        AuditKind.LOGGED_OUT,
        AuditKind.SESSION_ENDED,
        AuditKind.PASSWORD_CHANGED,
        AuditKind.FACTOR_ADDED,
        AuditKind.FACTOR_REMOVED,
        AuditKind.USER_ADDED,
        AuditKind.USER_CHANGED,
    }
)
ACCOUNT_CHOICES = [(kind.value, kind.label) for kind in AuditKind if kind in ACCOUNT_KINDS]
TENANT_CHOICES = [(kind.value, kind.label) for kind in AuditKind if kind not in ACCOUNT_KINDS]


class AuditEvent(TenantOwned):
    """What somebody did to a tenant's configuration, keys or members. Appended by tenants.audit, never changed.

    It names users and keys by id, and of values only those of which none can be personal. Without a user it was a
    command on the server.
    """

    kind = models.CharField(max_length=20, choices=TENANT_CHOICES)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    api_key = models.ForeignKey(
        ApiKey, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    details = ArrayField(models.TextField(), default=list)
    trace_id = models.CharField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "configuration event"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.get_kind_display()


class AccountEvent(models.Model):
    """What happened to an account: log-ins, passwords, factors. Appended by tenants.audit alone.

    No tenant owns it: a failed log-in may name nobody, and a superuser is of no tenant. `tenants` are those whose
    member the user was when it happened, whose admins may see it; none for superusers. Failures and lock-outs of an
    hour are one row for each account, and one for all unknown names, so that strangers can't fill the table.
    """

    kind = models.CharField(max_length=20, choices=ACCOUNT_CHOICES)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    tenants = ArrayField(models.UUIDField(), default=list)
    details = ArrayField(models.TextField(), default=list)
    hour = models.DateTimeField(null=True)
    times = models.IntegerField()
    trace_id = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    last_at = models.DateTimeField("last")

    class Meta:
        ordering = ["-id"]
        indexes = [GinIndex(fields=["tenants"], name="account_event_of_tenants")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "user", "hour"],
                condition=models.Q(hour__isnull=False),
                nulls_distinct=False,
                name="account_events_of_an_hour",
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Way(models.TextChoices):
    """How somebody came to see personal data."""

    PAGE = "page", "its page"
    LIST = "list", "the list in the admin"
    CHANGESET = "changeset", "a changeset's page"
    API_LIST = "api_list", "API, list"
    API_RECORD = "api_record", "API, one record"
    CUSTOBAR = "custobar", "Custobar, list"


class Look(TenantOwned):
    """Who saw personal data on a day (UTC), in which way and how often; a page names its record, by hub id.

    `requests` were answered with `records` records in all.
    """

    day = models.DateField()
    entity = models.CharField(max_length=10, choices=Entity.choices)
    way = models.CharField(max_length=10, choices=Way.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    api_key = models.ForeignKey(
        ApiKey, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    record = models.BigIntegerField("hub id", null=True)
    requests = models.BigIntegerField()
    records = models.BigIntegerField()
    created_at = models.DateTimeField()
    last_at = models.DateTimeField("last")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "record", "entity", "day", "way", "user", "api_key"],
                nulls_distinct=False,
                name="look_of_a_day",
            )
        ]
        indexes = [BrinIndex(fields=["created_at"], name="look_by_time")]

    def __str__(self) -> str:
        return f"{self.get_entity_display()}, {self.get_way_display()}"
