"""The orders of a tenant, with their line items."""
