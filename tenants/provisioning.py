"""New tenants, with the key they start with."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.text import slugify

from tenants.audit.events import SERVER, record
from tenants.keys import create_key
from tenants.models import AuditKind, Priority, Tenant

MOST_SLUG = 63


def create_tenant(
    name: str,
    *,
    slug: str = "",
    priority: str = Priority.CUSTOMER_ID,
    required: Sequence[str] = (),
    per_minute: int | None = None,
    per_hour: int | None = None,
    time_zone: str = "UTC",
    country: str = "",
    label: str = "First key",
) -> tuple[Tenant, str]:
    """Create a tenant and its first key, which is called `label`; return the tenant and the key's text.

    Without a slug one is made from the name; `required` names the customer fields demanded in every record; without
    limits the tenant has the standard tier; `country` is the default country, by its ISO 3166 code. Raises
    ValidationError for unusable values, and creates nothing.
    """
    limits = {"per_minute": per_minute, "per_hour": per_hour}
    tenant = Tenant(
        name=name,
        slug=slug or free_slug(name),
        priority=priority,
        required_fields=list(required),
        time_zone=time_zone,
        default_country=country,
        **{field: limit for field, limit in limits.items() if limit is not None},
    )
    with transaction.atomic():
        store_tenant(tenant)
        return tenant, create_key(tenant, label=label)[1]


def store_tenant(tenant: Tenant) -> None:
    """Store a new tenant, which has no key yet. Raises ValidationError for unusable values."""
    tenant.full_clean()
    with transaction.atomic():
        tenant.save(force_insert=True)
        record(AuditKind.TENANT_CREATED, SERVER, tenant_id=tenant.pk)


def first_tenant(name: str) -> tuple[Tenant, bool]:
    """Return the tenant of that name, and whether it had to be made: as a new one is by itself, and without a key.

    Raises ValidationError for a name that cannot be used.
    """
    found = Tenant.objects.filter(name=name, sandbox_of=None).order_by("created_at").first()
    if found is not None:
        return found, False
    tenant = Tenant(name=name, slug=free_slug(name))
    store_tenant(tenant)
    return tenant, True


def named_tenant(text: str) -> Tenant | None:
    """Return the tenant with an id, a slug, or a name that no other has."""
    named = Tenant.objects.alias(id_text=Cast("id", TextField()))
    if found := named.filter(Q(slug=text) | Q(id_text=text.lower())).first():
        return found
    called = list(Tenant.objects.filter(name=text)[:2])
    return called[0] if len(called) == 1 else None


def free_slug(name: str) -> str:
    """Return a slug made from a name that no tenant has: `cafe-noir`, `cafe-noir-2`, …"""
    base = slugify(name)[: MOST_SLUG - 6].strip("-_").replace("_", "-") or "tenant"
    taken = set(Tenant.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(slug for slug in candidates if slug not in taken)


def parse_expiry(text: str) -> datetime:
    """Return the moment a key expires, from an ISO 8601 date or date and time (UTC where it names no zone).

    Raises ValueError for any other text.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def one_line(error: ValidationError) -> str:
    """Return validation errors in one line, a model's as `name: text; name: text`."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
