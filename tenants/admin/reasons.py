"""Why records are changed in the admin: the form that asks at every door, and where a tenant wants an answer."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from tenants.admin.forms import ReasonForm
from tenants.models import Tenant


def wants_reason(tenant_ids: Iterable[UUID]) -> bool:
    """Tell whether one of the tenants wants a reason for every change."""
    return Tenant.objects.filter(pk__in=set(tenant_ids), requires_reason=True).exists()


def reason_form(records: Iterable[Any], data: Mapping[str, Any] | None = None) -> ReasonForm:
    """Return the form that asks why records of tenants are changed, filled with what was sent."""
    return ReasonForm(data, required=wants_reason(record.tenant_id for record in records))
