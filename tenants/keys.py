"""API keys: made, shown once, kept as digests."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from tenants.audit.events import SERVER, Actor, record
from tenants.models import ApiKey, AuditKind, Tenant

PREFIX_LENGTH = 8


def digest(key: str) -> bytes:
    """Return the SHA-256 digest of a key's text as it came in a header."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def new_text() -> str:
    """Return the text of a new key. It does not begin with a dash: commands would take it for an option."""
    while (text := secrets.token_urlsafe(32)).startswith("-"):
        pass
    return text


def create_key(
    tenant: Tenant, *, label: str, expires_at: datetime | None = None, by: Actor = SERVER
) -> tuple[ApiKey, str]:
    """Create a key and return it with its text (URL-safe base64 of 32 random bytes), which is stored nowhere.

    Raises ValidationError for a label that is blank or too long.
    """
    text = new_text()
    key = ApiKey(tenant=tenant, label=label, digest=digest(text), prefix=text[:PREFIX_LENGTH], expires_at=expires_at)
    key.clean_fields(exclude=["tenant"])
    with transaction.atomic():
        key.save(force_insert=True)
        record(AuditKind.KEY_CREATED, by, tenant_id=tenant.pk, api_key_id=key.pk)
    return key, text


def revoke_key(key: ApiKey, *, by: Actor = SERVER) -> None:
    """Revoke a key; it works no more from the next request on."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            record(AuditKind.KEY_REVOKED, by, tenant_id=key.tenant_id, api_key_id=key.pk)


def roll_key(key: ApiKey, *, overlap: timedelta, by: Actor = SERVER) -> tuple[ApiKey, str]:
    """Replace a key: return a new one of the same label with its text; the old one works for `overlap` more at most."""
    until = timezone.now() + overlap
    with transaction.atomic():
        fresh, text = create_key(key.tenant, label=key.label, by=by)
        ends = min(key.expires_at, until) if key.expires_at else until
        ApiKey.objects.filter(pk=key.pk).update(expires_at=ends)
        details = [f"key #{fresh.pk} takes its place", f"expires_at: {ends:%Y-%m-%d %H:%M} UTC"]
        record(AuditKind.KEY_ROLLED, by, tenant_id=key.tenant_id, api_key_id=key.pk, details=details)
    return fresh, text
