"""Who did what to accounts and tenants, and who looked at whom."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models

from tenants.models.changes import Entity
from tenants.models.tenants import ApiKey, TenantOwned


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
    SANDBOX_CREATED = "sandbox_created", "Sandbox created"
    SANDBOX_FILLED = "sandbox_filled", "Sandbox filled with sample data"
    SANDBOX_EMPTIED = "sandbox_emptied", "Sandbox emptied"
    SANDBOX_COPIED = "sandbox_copied", "Configuration copied to the sandbox"
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
    EXPORTED = "exported", "Records exported"
    WEBHOOK_CREATED = "webhook_created", "Webhook created"
    WEBHOOK_CHANGED = "webhook_changed", "Webhook changed"
    WEBHOOK_PAUSED = "webhook_paused", "Webhook paused"
    WEBHOOK_RESUMED = "webhook_resumed", "Webhook resumed"
    WEBHOOK_REDELIVERED = "webhook_redelivered", "Webhook set back"
    WEBHOOK_ROTATED = "webhook_rotated", "Webhook's secret rotated"
    WEBHOOK_TESTED = "webhook_tested", "Webhook sent a test event"
    WEBHOOK_DELETED = "webhook_deleted", "Webhook deleted"


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
    PROOF = "proof", "its consent proof (CSV)"
    DOSSIER = "dossier", "everything held about the person"
    LIST = "list", "the list in the admin"
    CHANGESET = "changeset", "a changeset's page"
    API_LIST = "api_list", "API, list"
    API_RECORD = "api_record", "API, one record"
    CUSTOBAR = "custobar", "Custobar, list"
    API_FEED = "api_feed", "API, records of changes"
    QUARANTINE = "quarantine", "the quarantine"
    IMPORT = "import", "a file, on its way in"
    EXPORT = "export", "an export"


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
