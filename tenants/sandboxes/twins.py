"""Sandboxes are made and configured: as the tenant they are of, and again so when somebody asks for it.

In between a sandbox's configuration is its own: what is to be changed is tried there first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field

from tenants.audit.events import Actor, change_of, record
from tenants.changes.changesets import Origin
from tenants.changes.emptying import NotASandbox, mark_sandbox
from tenants.configuration import change_priority
from tenants.keys import create_key
from tenants.models import SANDBOX, AuditKind, Priority, Tenant
from tenants.provisioning import MOST_SLUG, free_slug

KEY_LABEL = "First key"
MOST_NAME = 200
# What a sandbox has of its own. All other columns of a tenant are its configuration, new ones, too.
OWN = {"id", "name", "slug", "is_enabled", "sandbox_of", "created_at"}
CONFIGURATION: Sequence["Field[Any, Any]"] = [
    column for column in Tenant._meta.concrete_fields if column.name not in OWN
]
NESTED = "A sandbox has no sandbox."
TAKEN = "{tenant} has a sandbox already: {sandbox}."


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that a sandbox and its tenant have differently: what it is called, and both values as shown."""

    name: str
    label: str
    sandbox: str
    tenant: str


def sandbox_of(tenant: Tenant) -> Tenant | None:
    """Return a tenant's sandbox; None where it has none."""
    return Tenant.objects.filter(sandbox_of=tenant.pk).first()


def tenant_of(sandbox: Tenant) -> Tenant:
    """Return the tenant that a sandbox is of. Raises NotASandbox."""
    if sandbox.sandbox_of_id is None:
        raise NotASandbox
    return Tenant.objects.get(pk=sandbox.sandbox_of_id)


def create_sandbox(tenant: Tenant, *, by: Actor) -> tuple[Tenant, str]:
    """Create a tenant's sandbox and its first key; return the sandbox and the key's text.

    Of the tenant nothing is copied but its configuration. Raises ValidationError, and creates nothing, for a tenant
    that has a sandbox or is one.
    """
    with transaction.atomic():
        original = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
        _require_none(original)
        sandbox = Tenant(
            name=original.name[: MOST_NAME - len(SANDBOX)] + SANDBOX,
            slug=free_slug(f"{original.slug[: MOST_SLUG - 14]}-sandbox"),
            sandbox_of=original,
            **{column.attname: getattr(original, column.attname) for column in CONFIGURATION},
        )
        sandbox.save(force_insert=True)
        mark_sandbox(sandbox)
        record(AuditKind.TENANT_CREATED, by, tenant_id=sandbox.pk)
        record(AuditKind.SANDBOX_CREATED, by, tenant_id=original.pk)
        return sandbox, create_key(sandbox, label=KEY_LABEL, by=by)[1]


def _require_none(tenant: Tenant) -> None:
    """Raise ValidationError for a tenant that can't have a sandbox, or not another one."""
    if tenant.is_sandbox:
        raise ValidationError(NESTED)
    if existing := sandbox_of(tenant):
        raise ValidationError(TAKEN.format(tenant=tenant, sandbox=existing.slug))


def differences(sandbox: Tenant) -> list[Difference]:
    """Return what a sandbox has otherwise than the tenant it is of. Raises NotASandbox."""
    tenant = tenant_of(sandbox)
    return [
        Difference(column.name, str(column.verbose_name), _shown(sandbox, column), _shown(tenant, column))
        for column in _differing(sandbox, tenant)
    ]


def copy_configuration(sandbox: Tenant, *, origin: Origin) -> int:
    """Configure a sandbox as the tenant it is of, and return how many settings that changed.

    Its keys, members and data stay. Raises NotASandbox, and CustomersCollide, with nothing changed, where the tenant's
    identifier priority would give customers of the sandbox one and the same key.
    """
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenant_of(sandbox).pk)
        sandbox = Tenant.objects.select_for_update(no_key=True).get(pk=sandbox.pk)
        changed = _differing(sandbox, tenant)
        details = [
            change_of(column.name, getattr(sandbox, column.attname), getattr(tenant, column.attname))
            for column in changed
        ]
        if sandbox.priority != tenant.priority:
            change_priority(sandbox, Priority(tenant.priority), origin=origin)
        values = {column.attname: getattr(tenant, column.attname) for column in changed}
        if values:
            by = Actor(origin.user_id, origin.trace_id)
            Tenant.objects.filter(pk=sandbox.pk, sandbox_of=tenant).update(**values)
            record(AuditKind.SANDBOX_COPIED, by, tenant_id=tenant.pk, details=details)
    return len(changed)


def switch(tenant: Tenant) -> None:
    """Enable or disable a tenant's sandbox as the tenant has been."""
    Tenant.objects.filter(sandbox_of=tenant.pk).update(is_enabled=tenant.is_enabled)


def _differing(sandbox: Tenant, tenant: Tenant) -> list["Field[Any, Any]"]:
    return [column for column in CONFIGURATION if getattr(sandbox, column.attname) != getattr(tenant, column.attname)]


def _shown(tenant: Tenant, column: "Field[Any, Any]") -> str:
    """Return a setting as a person reads it."""
    value = getattr(tenant, column.attname)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    chosen = dict(column.flatchoices).get(value, value) if column.choices else value
    return str(chosen) if chosen not in ("", None) else "none"
