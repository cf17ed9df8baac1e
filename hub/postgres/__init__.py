"""The embedded PostgreSQL, for when no DATABASE_URL names one. Nothing of Django and of the hub is imported here."""
