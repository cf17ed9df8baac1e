"""The products of a tenant, with their variants."""
