"""Orders in the admin."""

from orders.admin import orders

__all__ = ["orders"]
