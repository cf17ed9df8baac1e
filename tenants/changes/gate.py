"""The gate of the API: closed while an operator moves what it stands on; callers are asked to come back.

A request tries it as it is authorised (tenants/sql/authorise.sql), in the same statement.
"""

from hub.sql.execute import execute

GATE = 0x687562  # "hub", the advisory lock that is the gate
CLOSE = "SELECT pg_advisory_lock(%(gate)s)"
OPEN = "SELECT pg_advisory_unlock_all()"
TURN = 0x7475726E  # "turn", the lock of whoever changes what all hubs share, but no rows
WAIT_FOR_TURN = "SELECT pg_advisory_xact_lock(%(turn)s)"


def close_gate() -> None:
    """Close the gate until `open_gate`, or until this connection ends. Requests that are inside go on."""
    execute(CLOSE, {"gate": GATE})


def open_gate() -> None:
    """Open the gate that this connection closed."""
    execute(OPEN)


def wait_for_turn() -> None:
    """Let one transaction at a time go on from here, of those that ask: several machines may be started at once."""
    execute(WAIT_FOR_TURN, {"turn": TURN})
