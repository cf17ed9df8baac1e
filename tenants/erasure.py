"""Erased persons: what stands in place of an identifier, and the memory of those who must never come back."""

import hmac

from django.conf import settings

from tenants.models import Tenant

ERASED = "erased-"


def keyed_hash(tenant: Tenant, kind: str, value: str) -> str:
    """Return 64 hex digits that stand for an identifier of a tenant's customer, not computable without ERASURE_KEY."""
    message = f"{tenant.pk}\0{kind}\0{value}".encode()
    return hmac.digest(settings.ERASURE_KEY.encode(), message, "sha256").hex()


def pseudonym(tenant: Tenant, customer_id: str) -> str:
    """Return what stands in an anonymous sale in place of its CustomerId."""
    return ERASED + keyed_hash(tenant, "CustomerId", customer_id)
