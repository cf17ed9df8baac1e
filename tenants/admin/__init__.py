"""The admin: its home page, a module for each page about tenants, and what the pages of records stand on."""

from tenants.admin import changesets, invitations, keys, members, refusals, tenants

__all__ = ["changesets", "invitations", "keys", "members", "refusals", "tenants"]
