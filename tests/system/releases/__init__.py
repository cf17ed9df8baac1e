"""Backups of hubs of former versions, which every later version must be able to go on with."""
