"""The admin: its home page, a module for each page about tenants, and what the pages of records stand on."""

from tenants.admin import (
    accounts,
    audit,
    certificates,
    changesets,
    deliveries,
    imports,
    invitations,
    jobs,
    keys,
    looks,
    members,
    quarantine,
    requests,
    strangers,
    tenants,
    webhooks,
)

__all__ = [
    "accounts",
    "audit",
    "certificates",
    "changesets",
    "deliveries",
    "imports",
    "invitations",
    "jobs",
    "keys",
    "looks",
    "members",
    "quarantine",
    "requests",
    "strangers",
    "tenants",
    "webhooks",
]
