"""The one way to write: the tenant's lock, the rows, the changeset and the consent ledger; and erasure."""
