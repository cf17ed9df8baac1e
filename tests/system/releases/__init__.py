"""Backups of hubs of former versions, which every later version must be able to go on with.

Two are of before the first release, whose number they have not: 0.1.0, the first state whose migrations are still those
of today (tenants 0003), and 0.9.0, which has rows of nearly all that came since (tenants 0030). Both show today what an
upgrade does.
"""
