"""The sandbox of a tenant: a twin with the same configuration, where partners and staff try things out."""
