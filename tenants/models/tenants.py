"""Tenants, who may call for them, and who looks after them."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from hub.sql.cidr import CidrField
from tenants.networks import MOST_NETWORKS
from tenants.networks import in_words as networks_in_words
from tenants.scopes import EVERYTHING, Scope
from tenants.scopes import in_words as scopes_in_words
from tenants.validators import validate_country, validate_customer_field, validate_time_zone

SANDBOX = " (sandbox)"  # at the end of the name of one


class Priority(models.TextChoices):
    """The identifier that names a tenant's customers (document 000, "How Customer Matching Works")."""

    CUSTOMER_ID = "customerid", "CustomerId"
    EMAIL = "email", "E-mail"


class ConsentPolicy(models.TextChoices):
    """What becomes of a source's opt-in that staff have taken back since."""

    SOURCE_WINS = "source", "The source wins: whatever it sends is stored, also when staff have opted somebody out"
    OPT_OUT_STICKS = (
        "staff",
        "Staff's opt-out sticks: the value a source had sent before does not undo it, only another one does",
    )


def standard_per_minute() -> int:
    """Return the standard tier's requests a minute."""
    return int(settings.RATE_TIERS["standard"][0])


def standard_per_hour() -> int:
    """Return the standard tier's requests an hour."""
    return int(settings.RATE_TIERS["standard"][1])


class Tenant(models.Model):
    """A retail company whose back ends push data and whose staff look after it; or its sandbox, `sandbox_of` it.

    A sandbox has keys and data of its own. Its name says what it is, whatever it is called.
    """

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
    consent_policy = models.CharField(
        max_length=10,
        choices=ConsentPolicy.choices,
        default=ConsentPolicy.SOURCE_WINS,
        help_text="A source is whatever sends customers: the API, a vendor's plug-in. What it sends again and again in"
        " full may be older than what a customer told your staff on the phone. What is held back is named in the"
        " warnings of the answer. Opt-outs are stored under either policy, whoever sends them, and opt-ins after an"
        " opt-out by staff stand on the home page.",
    )
    is_enabled = models.BooleanField("enabled", default=True)
    requires_factor = models.BooleanField(
        "require a second factor",
        default=False,
        help_text="Whoever sees this tenant needs an authenticator app or a passkey, and is led to set one up.",
    )
    keeps_images = models.BooleanField(
        "keep before-images of API batches",
        default=False,
        db_default=False,
    )
    requires_reason = models.BooleanField(
        "require a reason",
        default=False,
        db_default=False,
        help_text="Whoever changes a record in the admin has to say why. Why stands in the history and in the ledger.",
    )
    sandbox_of = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="sandbox"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(sandbox_of=models.F("id")), name="sandbox_of_another_tenant")
        ]

    def __str__(self) -> str:
        is_named_so = not self.is_sandbox or self.name.endswith(SANDBOX)
        return self.name if is_named_so else f"{self.name}{SANDBOX}"

    @property
    def is_sandbox(self) -> bool:
        """Tell whether nothing here is real: what is tried out before it is done to another tenant."""
        return self.sandbox_of_id is not None


NO_NETWORKS = models.Value("{}", output_field=ArrayField(CidrField()))


class ApiKey(models.Model):
    """A tenant's key. Only the SHA-256 digest of its text and the first characters are stored.

    `scopes` are bits of tenants.scopes.Scope; of `networks` there are none where it may be used from anywhere.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=100)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    prefix = models.CharField(max_length=8, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    scopes = models.PositiveSmallIntegerField(default=EVERYTHING, db_default=EVERYTHING, editable=False)
    networks = ArrayField(CidrField(), default=list, db_default=NO_NETWORKS, editable=False)  # none: from anywhere
    last_used_at = models.DateTimeField("last used", null=True, editable=False)
    last_used_address = models.GenericIPAddressField("last used from", null=True, editable=False)
    last_used_route = models.CharField("last used for", max_length=220, default="", db_default="", editable=False)
    expires_at = models.DateTimeField("expires", null=True, blank=True)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scopes__gte=1, scopes__lte=EVERYTHING), name="apikey_may_do_something"
            ),
            models.CheckConstraint(
                condition=models.Q(networks__len__lte=MOST_NETWORKS), name="apikey_networks_bounded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix}…)"

    @property
    def may(self) -> str:
        """What it may do, in short words."""
        return scopes_in_words(Scope(self.scopes))

    @property
    def whence(self) -> str:
        """From where it may be used, in short words."""
        return networks_in_words(self.networks)


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
