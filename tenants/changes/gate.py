"""The gate of the API: closed while an operator moves what it stands on; callers are asked to come back.

A request tries it as it is authorised (tenants/sql/authorise.sql), in the same statement.
"""

from hub.sql.execute import execute

GATE = 0x687562  # "hub", the advisory lock that is the gate
CLOSE = "SELECT pg_advisory_lock(%(gate)s)"
OPEN = "SELECT pg_advisory_unlock_all()"


def close_gate() -> None:
    """Close the gate until `open_gate`, or until this connection ends. Requests that are inside go on."""
    execute(CLOSE, {"gate": GATE})


def open_gate() -> None:
    """Open the gate that this connection closed."""
    execute(OPEN)
