"""The admin: its home page, a module for each page about tenants, and what the pages of records stand on."""

from tenants.admin import changesets, keys, members, refusals, tenants

__all__ = ["changesets", "keys", "members", "refusals", "tenants"]
