"""The admin: its home page, a module for each page about tenants, and what the pages of records stand on."""

from tenants.admin import (
    accounts,
    audit,
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
    view_pages,
    webhooks,
)

__all__ = [
    "accounts",
    "audit",
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
    "view_pages",
    "webhooks",
]
