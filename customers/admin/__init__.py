"""Customers in the admin: the list and the page, the editing of opt-ins, the search, merging,
duplicates, the consent ledger."""

from customers.admin import customers, duplicates, ledger

__all__ = ["customers", "duplicates", "ledger"]
