"""Customers in the admin: the list and the page, the editing of opt-ins, the search, the consent ledger."""

from customers.admin import customers, ledger

__all__ = ["customers", "ledger"]
