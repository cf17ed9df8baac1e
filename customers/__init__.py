"""The customers of a tenant, their consents and their erasure; the vendors' dialects."""
