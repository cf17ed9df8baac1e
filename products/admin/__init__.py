"""Products in the admin."""

from products.admin import products

__all__ = ["products"]
