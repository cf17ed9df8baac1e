"""API keys: made, shown once, kept as digests, ended for good."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Least, Now
from django.utils import timezone

from tenants.audit.events import SERVER, Actor, record
from tenants.models import ApiKey, AuditKind, Tenant
from tenants.networks import Network
from tenants.networks import in_words as networks_in_words
from tenants.scopes import Scope
from tenants.scopes import in_words as scopes_in_words

PREFIX_LENGTH = 8
TEST = "test_"  # how the text of a sandbox's key begins, and no other's
SUGGESTED_LIFE = timedelta(days=365)
NEVER_USED, UNUSED = timedelta(days=30), timedelta(days=90)
LIVE = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=Now()))  # as authorise.sql has it
PAST = "That is past. To end a key now, revoke it."
MAY_NOTHING = "A key that may do nothing is none: tick at least one, or revoke it."


class DeadKey(Exception):
    """The key was revoked, or its end has passed: nothing brings it back."""


def digest(key: str) -> bytes:
    """Return the SHA-256 digest of a key's text as it came in a header."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def new_text() -> str:
    """Return the text of a new key: never one that begins like a sandbox's.

    Nor does it begin with a dash: commands would take it for an option.
    """
    while (text := secrets.token_urlsafe(32)).startswith(("-", TEST)):
        pass
    return text


def create_key(
    tenant: Tenant,
    *,
    label: str,
    expires_at: datetime | None = None,
    scopes: Scope = Scope.ALL,
    networks: Sequence[Network] = (),
    by: Actor = SERVER,
) -> tuple[ApiKey, str]:
    """Create a key and return it with its text (URL-safe base64 of 32 random bytes), which is stored nowhere.

    It may do what `scopes` say, from `networks`, or from anywhere without any. That of a sandbox's key begins with
    `test_`: the digest is of all of it, the characters stored are those after that. Raises ValidationError for a label
    that is blank or too long, for an end that is past, and for no scope.
    """
    if not scopes:
        raise ValidationError({"scopes": MAY_NOTHING})
    if expires_at and expires_at <= timezone.now():
        raise ValidationError({"expires_at": PAST})
    own = new_text()
    text, prefix = f"{TEST}{own}" if tenant.is_sandbox else own, own[:PREFIX_LENGTH]
    key = ApiKey(
        tenant=tenant,
        label=label,
        digest=digest(text),
        prefix=prefix,
        expires_at=expires_at,
        scopes=int(scopes),
        networks=list(networks),
    )
    key.clean_fields(exclude=["tenant"])
    with transaction.atomic():
        key.save(force_insert=True)
        record(AuditKind.KEY_CREATED, by, tenant_id=tenant.pk, api_key_id=key.pk, details=_narrowed(scopes, networks))
    return key, text


def _narrowed(scopes: Scope, networks: Sequence[Network]) -> list[str]:
    """Say of a new key what it may do and from where, as far as that is less than everything from anywhere."""
    said = [f"scopes: {scopes_in_words(scopes)}"] if scopes != Scope.ALL else []
    return [*said, f"networks: {networks_in_words(networks)}"] if networks else said


def beginning(key: ApiKey) -> str:
    """Return how a key's text begins, as far as that is stored."""
    return f"{TEST}{key.prefix}" if key.tenant.is_sandbox else key.prefix


def suggested_expiry() -> datetime:
    """Return when a key that is made now had better end: in a year, at midnight where times are written in."""
    return timezone.localtime(timezone.now() + SUGGESTED_LIFE).replace(hour=0, minute=0, second=0, microsecond=0)


def revoke_key(key: ApiKey, *, by: Actor = SERVER) -> None:
    """Revoke a key; it works no more from the next request on."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            record(AuditKind.KEY_REVOKED, by, tenant_id=key.tenant_id, api_key_id=key.pk)


def edit_key(key: ApiKey, **values: Any) -> None:
    """Set of a live key's `label`, `expires_at`, `scopes` and `networks` those that are given, and leave the others.

    Raises DeadKey for one that is dead as the statement runs.
    """
    _change(key, **values)


def roll_key(
    key: ApiKey, *, overlap: timedelta, expires_at: datetime | None = None, by: Actor = SERVER
) -> tuple[ApiKey, str]:
    """Replace a key: return a new one with its text; the old one works for `overlap` more at most.

    The new one has its label, scopes and networks as they are now, whatever the page that asks for it has seen. Without
    an overlap the old one is revoked. Raises DeadKey, and makes nothing, where it is dead already.
    """
    now = timezone.now()
    with transaction.atomic():
        if overlap:
            _change(key, expires_at=Least("expires_at", now + overlap))  # the earlier; of a null, the other
        else:
            _change(key, revoked_at=now)
        key.refresh_from_db(fields=["label", "expires_at", "revoked_at", "scopes", "networks"])
        fresh, text = create_key(
            key.tenant,
            label=key.label,
            expires_at=expires_at,
            scopes=Scope(key.scopes),
            networks=key.networks,
            by=by,
        )
        ends = "revoked" if key.revoked_at else f"expires_at: {key.expires_at:%Y-%m-%d %H:%M} UTC"
        details = [f"key #{fresh.pk} takes its place", ends]
        record(AuditKind.KEY_ROLLED, by, tenant_id=key.tenant_id, api_key_id=key.pk, details=details)
    return fresh, text


def _change(key: ApiKey, **values: Any) -> None:
    """Change a key where it is alive, by the database's clock and in the one statement: who is dead stays so."""
    if not ApiKey.objects.filter(LIVE, pk=key.pk).update(**values):
        raise DeadKey


def unused_keys(keys: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
    """Keep those live keys that nobody seems to need: never used in 30 days, or not for 90."""
    never = Q(last_used_at=None, created_at__lt=Now() - NEVER_USED)
    return keys.filter(LIVE, never | Q(last_used_at__lt=Now() - UNUSED))
